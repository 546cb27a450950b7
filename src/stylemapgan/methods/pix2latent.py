"""pix2latent: search for a latent and for where its picture belongs.

A generator of faces in the middle shows no face in the corner. So pix2latent searches not only
for z but also for a transform t, a scale and a shift of the generated picture, such that

    L(z, t) = |m (t(G(z)) - x)| + 10 LPIPS(m t(G(z)), m x)

is small; m weighs pixels: 1 for what matters, 0.3 elsewhere. Gradient descent alone ends in the
nearest valley, and evolution alone is slow in many dimensions. *BasinCMA* nests them: CMA-ES draws
a population, each of its points descends for some steps, and CMA-ES learns from the losses and
from where the points have come to. At the end the best point descends once more.

Here t moves the generated picture over the photo, instead of the photo over the picture, so that
the loss is always of the photo's pixels; where the picture ends, its border is repeated. LPIPS is
replaced by the same distance in features of EfficientNet-Lite0 (see `backbone.perceptual`), where
m weighs positions. There are no classes.

Source: Huh, Zhang, Zhu, Paris and Hertzmann, "Transforming and Projecting Images into
Class-conditional Generative Networks", ECCV 2020 (arXiv 2005.01703). CMA-ES: Hansen and Ostermeier,
Evolutionary Computation 2001, by its authors' package `cma`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from stylemapgan.checkpoints.method_file import MethodCheckpoint
from stylemapgan.images.levels import to_numpy
from stylemapgan.methods.abstract import Latent
from stylemapgan.methods.backbone.basin_cma import (
    AbstractBasinCMASettings,
    Points,
    basin_cma,
    load_cma,
)
from stylemapgan.methods.backbone.mapping import mean_w_plus, truncate
from stylemapgan.methods.backbone.minimising import Rows
from stylemapgan.methods.backbone.opening import Backbone, open_backbone
from stylemapgan.methods.backbone.optimiser import PHOTO, AbstractOptimiser, OnStep, Photos
from stylemapgan.methods.backbone.perceptual import (
    PerceptualFeatures,
    PerPicture,
    unit_error,
    weighted_mean,
)
from stylemapgan.methods.backbone.placed_parts import PlacedPart, composite, union

POINT = "point"
"""z and the transform of each photo, one after the other."""
W_PLUS = "w_plus"
"""Style vectors, in the place of those that z is mapped to."""
TRANSFORM = 3
"""Numbers of a transform: doublings of the size, and shifts down and to the right, in halves of
the picture's side; each divided by `transform_spread`."""


@dataclass(frozen=True, kw_only=True)
class Pix2LatentSettings(AbstractBasinCMASettings):
    """Figures of the paper, but for the spreads of transforms and edits."""

    perceptual_weight: float = 10.0
    """Weight of the perceptual distance beside the absolute error of pixels."""
    least_weight: float = 0.3
    """Weight of pixels outside the mask; inside it is 1."""
    spread: float = 1.0
    """Standard deviation of the first population around z = 0."""
    transform_spread: float = 0.1
    """Standard deviation of transforms in the first population: of doublings of the size, and of
    shifts in halves of the picture's side."""
    edit_spread: float = 0.3
    """Standard deviation of an edit's first population around the source's point."""


@final
class Pix2Latent(AbstractOptimiser[Pix2LatentSettings, Backbone]):
    """Searches for z and for a scale and shift of its picture, by BasinCMA.

    Photos are searched for one after another, since the points of a population descend at once.
    """

    name: ClassVar[str] = "pix2latent"
    about: ClassVar[str] = (
        "pix2latent (Huh et al., ECCV 2020): searches for z and the picture's scale and shift, "
        "by evolution and gradient descent."
    )
    defaults: ClassVar[Pix2LatentSettings] = Pix2LatentSettings()
    most_at_once: ClassVar[int] = 1

    @staticmethod
    def open_networks(checkpoint: MethodCheckpoint) -> Backbone:
        """Build the networks of a backbone's model file."""
        return open_backbone(checkpoint)

    def start(self) -> None:
        """Load the perceptual network."""
        load_cma()  # to say at once if it is missing
        self._features = self.backbone.like(PerceptualFeatures())

    def invert(self, photos: Photos, on_step: OnStep) -> dict[str, Tensor]:
        """Search around z = 0, with all pixels of equal weight."""
        length = self.backbone.config.style_channels + TRANSFORM
        start = self.backbone.as_tensor(np.zeros((1, length)))
        objective = self.objective(photos, torch.ones_like(photos[:, :1]))
        return {POINT: basin_cma(start, self.settings.spread, objective, self.settings, on_step)}

    def paste(self, source: Latent, parts: Sequence[PlacedPart]) -> dict[str, np.ndarray]:
        """Paste pixels into photos and search around the sources' points; the mask weighs more."""
        pasted = composite(
            self.array(source, PHOTO), parts, lambda reference: self.array(reference, PHOTO)
        )
        start = self.array(source, POINT)
        return {**self.optimised(self._search_around, start, pasted, union(parts)), PHOTO: pasted}

    def generate(self, latent: Latent) -> Photos:
        """Generate pictures and move them where they belong."""
        point = self.tensor(latent, POINT)
        if W_PLUS in latent.arrays:
            return self._placed(self.tensor(latent, W_PLUS), point)
        return self.pictures(point)

    def pictures(self, points: Points) -> Photos:
        """Generate pictures of points."""
        z = points[:, :-TRANSFORM]
        return self._placed(self.backbone.generator.mapping(z), points)

    def sample(self, count: int, seed: int) -> Latent:
        """Draw z; pictures are not moved."""
        return Latent({POINT: to_numpy(F.pad(self.z(count, seed), (0, TRANSFORM)))})

    def truncate(self, latent: Latent, psi: float) -> Latent:
        """Pull style vectors towards their mean; those of a z are no other z's."""
        mapping = self.backbone.generator.mapping
        point = self.array(latent, POINT)
        with torch.no_grad():
            w_plus = mapping(self.tensor(latent, POINT)[:, :-TRANSFORM])
            pulled = truncate(w_plus, mean_w_plus(mapping), psi)
        return Latent({POINT: point, W_PLUS: to_numpy(pulled)})

    def objective(
        self, photo: Photos, mask: Float[Tensor, "1 1 size size"]
    ) -> Callable[[Points, Rows], PerPicture]:
        """Give the loss of points for one photo.

        Args:
            photo: What they should show.
            mask: What matters.
        """
        weights = mask.clamp(min=self.settings.least_weight)
        with torch.no_grad():
            theirs = self._features(photo)

        def loss(points: Points, rows: Rows) -> PerPicture:
            del rows  # all points are for the same photo
            pictures = self.pictures(points)
            pixels = weighted_mean((pictures - photo).abs(), weights)
            pairs = zip(self._features(pictures), theirs, strict=True)
            distance = sum(unit_error(*pair, weights) for pair in pairs) / len(theirs)
            return pixels + self.settings.perceptual_weight * distance

        return loss

    def _search_around(
        self, start: Points, pasted: Photos, mask: Tensor, on_step: OnStep
    ) -> dict[str, Tensor]:
        objective, spread = self.objective(pasted, mask), self.settings.edit_spread
        return {POINT: basin_cma(start, spread, objective, self.settings, on_step)}

    def _placed(self, w_plus: Tensor, points: Points) -> Photos:
        pictures = self.backbone.generator.synthesize(w_plus, self.noise)
        return moved(pictures, self.settings.transform_spread * points[:, -TRANSFORM:])


def moved(pictures: Photos, transforms: Float[Tensor, "photos 3"]) -> Photos:
    """Scale pictures about their centre, then shift them; beyond them their border is repeated.

    Args:
        pictures: Pictures.
        transforms: Doublings of the size, and shifts down and to the right, in halves of the side.
    """
    shrinking = torch.exp2(-transforms[:, 0])  # from a place in the result to one in the picture
    none = torch.zeros_like(shrinking)
    down, right = transforms[:, 1], transforms[:, 2]
    across = torch.stack([shrinking, none, -shrinking * right], dim=1)
    along = torch.stack([none, shrinking, -shrinking * down], dim=1)
    shape = [len(transforms), *pictures.shape[1:]]
    grid = F.affine_grid(torch.stack([across, along], dim=1), shape, align_corners=False)
    return F.grid_sample(pictures, grid, padding_mode="border", align_corners=False)

"""In-Domain inversion: latents that the generator's own encoder agrees with.

A latent that reproduces a photo's pixels may lie where the generator never trained, and edits of
it then lose their meaning. Three steps keep latents inside the generator's domain:

1. a generator whose mapping network gives every layer its own style vector;
2. a *domain-guided encoder*, trained on photos with the generator frozen: its reconstructions
   must also convince the discriminator. Both come with the backbone's model file;
3. *domain-regularised optimisation* of a photo: from w_plus = E(x) descend on

    L(w_plus) = mean (x - G(w_plus))^2 + 5e-5 mean (phi(x) - phi(G(w_plus)))^2
              + 2 mean (w_plus - E(G(w_plus)))^2

The paper's phi is conv4_3 of VGG16 on pixels from 0 to 255. Here it is block 4 of
EfficientNet-Lite0, whose numbers have a root mean square of 1, times 57: so much wider do pixels
from 0 to 255 spread than those that VGG16 is trained on, whose standard deviation is 1. Without
that factor the published weight would switch phi off.

An edit is *semantic diffusion*: paste the reference's pixels into the source, encode, and descend
on the errors inside the pasted area only. Around it the encoder's picture is free to fit.

Source: Zhu, Shen, Zhao and Zhou, "In-Domain GAN Inversion for Real Image Editing", ECCV 2020
(arXiv 2004.00049), section 3 (encoder, optimisation) and 4 (semantic diffusion).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np
import torch
from torch import Tensor

from stylemapgan.methods.abstract import Latent
from stylemapgan.methods.backbone.minimising import (
    AbstractOptimiserSettings,
    Objective,
    Rows,
    minimise,
)
from stylemapgan.methods.backbone.optimiser import PHOTO, OnStep, Photos
from stylemapgan.methods.backbone.perceptual import (
    PerceptualFeatures,
    PerPicture,
    Weights,
    squared_error,
)
from stylemapgan.methods.backbone.placed_parts import PlacedPart, composite, union
from stylemapgan.methods.backbone.w_plus_optimiser import (
    W_PLUS,
    AbstractWPlusOptimiser,
    StyleVectors,
)

FEATURE_SCALE = 57.0
"""Standard deviation of pixels from 0 to 255 in ImageNet, 0.225 * 255."""


@dataclass(frozen=True, kw_only=True)
class InDomainSettings(AbstractOptimiserSettings):
    """Figures of the paper."""

    steps: int = 100
    """Most steps of Adam for each photo, and for each edit; the paper's table has 1,000."""
    learning_rate: float = 0.01
    """Learning rate of Adam."""
    perceptual_weight: float = 5e-5
    """Weight of the features' error, for pixels from 0 to 255."""
    domain_weight: float = 2.0
    """Weight of the distance between a latent and what the encoder makes of its picture."""


@final
class InDomain(AbstractWPlusOptimiser[InDomainSettings]):
    """Optimises w_plus from the encoder's, and holds it to what the encoder sees."""

    name: ClassVar[str] = "in-domain"
    about: ClassVar[str] = (
        "In-Domain GAN inversion (Zhu et al., ECCV 2020): optimises style vectors from a "
        "domain-guided encoder's, and keeps them where the encoder agrees."
    )
    defaults: ClassVar[InDomainSettings] = InDomainSettings()

    def start(self) -> None:
        """Load the perceptual network."""
        self._features = self.backbone.like(PerceptualFeatures())

    def invert(self, photos: Photos, on_step: OnStep) -> dict[str, Tensor]:
        """Descend from the encoder's latent, with the regularisation."""
        features = self.features(photos)

        def loss(w_plus: StyleVectors, rows: Rows) -> PerPicture:
            pictures = self.synthesize(w_plus)
            errors = self.errors(pictures, photos[rows], features[rows])
            return errors + self.settings.domain_weight * self.outside(w_plus, pictures)

        return self._descend(photos, loss, on_step)

    def paste(self, source: Latent, parts: Sequence[PlacedPart]) -> dict[str, np.ndarray]:
        """Diffuse what is pasted into the photos."""
        pasted = composite(
            self.array(source, PHOTO), parts, lambda reference: self.array(reference, PHOTO)
        )
        return {**self.optimised(self.diffuse, pasted, union(parts)), PHOTO: pasted}

    def diffuse(self, pasted: Photos, mask: Tensor, on_step: OnStep) -> dict[str, Tensor]:
        """Descend from the encoder's latent on the errors inside the mask.

        Args:
            pasted: Photos with pixels of references.
            mask: Where those are, (photos, 1, size, size).
            on_step: To call with the number of steps done.
        """
        features = self.features(pasted)

        def loss(w_plus: StyleVectors, rows: Rows) -> PerPicture:
            return self.errors(self.synthesize(w_plus), pasted[rows], features[rows], mask[rows])

        return self._descend(pasted, loss, on_step)

    def features(self, photos: Photos) -> Tensor:
        """Compute phi."""
        return FEATURE_SCALE * self._features(photos)[-1]

    def errors(
        self, pictures: Photos, photos: Photos, features: Tensor, weights: Weights = None
    ) -> PerPicture:
        """Compare pixels and features.

        Args:
            pictures: What latents show.
            photos: What they should show.
            features: Of the photos.
            weights: How much each pixel counts.
        """
        perceptual = squared_error(self.features(pictures), features, weights)
        pixels = squared_error(pictures, photos, weights)
        return pixels + self.settings.perceptual_weight * perceptual

    def outside(self, w_plus: StyleVectors, pictures: Photos) -> PerPicture:
        """Measure how far latents are from what the encoder makes of their pictures."""
        return (w_plus - self.backbone.encoder(pictures)).square().mean(dim=(1, 2))

    def _descend(self, photos: Photos, loss: Objective, on_step: OnStep) -> dict[str, Tensor]:
        with torch.no_grad():
            encoded = self.backbone.encoder(photos)
        return {W_PLUS: minimise(encoded, loss, self.settings.descent(len(photos)), on_step).values}

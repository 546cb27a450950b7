"""Neural Collage: copy a part of one picture into another by its features.

A generator's activations say what is where. So a part of a reference appears in a source if the
activations of both are blended after each layer, under a mask m of that layer's size:

    h <- (1 - s m) h_source + s m h_reference

The strength s of a layer says what is copied: in the first layers shape and arrangement, in the
last ones colour and texture. Layers of strength 0 fit the part into its surroundings.

A second edit (`translate`) leaves activations alone and changes how they are styled: the scales
and shifts of each layer become maps, at each position a mixture of those of several photos. In
the paper they are mixtures of classes; here of photos' style vectors, since there are no classes.

A photo's latent is found in two steps: the encoder, and descent on the discriminator's features D:

    L(w_plus) = -cos(D(G(w_plus)), D(x)) + 0.2 mean (G(w_plus) - x)^2

In the paper the latent is z; here it is w_plus, as the encoder finds it. D are the activations of
the discriminator's trunk at its coarsest resolution. At the end the edited area is put into the
photo by Poisson blending, so that all else keeps the photo's pixels.

Source: Suzuki, Koyama, Miyato, Yonetsuji and Zhu, "Spatially Controllable Image Synthesis with
Internal Representation Collaging", 2018 (arXiv 1811.10153).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from stylemapgan.editing import operations
from stylemapgan.errors import ConfigError
from stylemapgan.images.levels import to_numpy
from stylemapgan.methods.abstract import Latent
from stylemapgan.methods.backbone.minimising import AbstractOptimiserSettings, Rows, minimise
from stylemapgan.methods.backbone.modulation import Style
from stylemapgan.methods.backbone.optimiser import PHOTO, PICTURE, OnStep, Photos
from stylemapgan.methods.backbone.perceptual import PerPicture, squared_error
from stylemapgan.methods.backbone.placed_parts import PlacedPart, union
from stylemapgan.methods.backbone.synthesis import VectorSynthesis
from stylemapgan.methods.backbone.w_plus_optimiser import (
    W_PLUS,
    AbstractWPlusOptimiser,
    StyleVectors,
)
from stylemapgan.methods.baselines import PoissonBlending

Maps = Float[Tensor, "photos 1 height width"]
Features = Float[Tensor, "photos channels rows columns"]


@dataclass(frozen=True, kw_only=True)
class NeuralCollageSettings(AbstractOptimiserSettings):
    """Figures of the paper, but for the strengths, which its users choose for each edit."""

    steps: int = 200
    """Most steps of Adam for each photo."""
    learning_rate: float = 0.075
    """Learning rate of Adam."""
    pixel_weight: float = 0.2
    """Weight of the pixels' error beside the cosine of the discriminator's features."""
    strengths: tuple[float, ...] = (1.0, 1.0, 1.0)
    """Strength of blending at each resolution from the coarsest, 0 to 1; 0 at those not listed."""

    def __post_init__(self) -> None:
        if not all(0 <= strength <= 1 for strength in self.strengths):
            raise ConfigError(f"strengths must be from 0 to 1, got {self.strengths}.")


@final
class NeuralCollage(AbstractWPlusOptimiser[NeuralCollageSettings]):
    """Blends activations layer by layer, and puts the result into the photo."""

    name: ClassVar[str] = "neural-collage"
    about: ClassVar[str] = (
        "Neural Collage (Suzuki et al., 2018): optimises style vectors on the discriminator's "
        "features, blends activations under the mask, and pastes by Poisson blending."
    )
    defaults: ClassVar[NeuralCollageSettings] = NeuralCollageSettings()

    def start(self) -> None:
        """Prepare Poisson blending."""
        self._poisson = PoissonBlending(self.image_size)

    def invert(self, photos: Photos, on_step: OnStep) -> dict[str, Tensor]:
        """Descend from the encoder's latent; keep what the latent shows, too."""
        with torch.no_grad():
            encoded = self.backbone.encoder(photos)
            features = self.features(photos)

        def loss(w_plus: StyleVectors, rows: Rows) -> PerPicture:
            return self.loss(w_plus, photos[rows], features[rows])

        found = minimise(encoded, loss, self.settings.descent(len(photos)), on_step)
        with torch.no_grad():
            return {W_PLUS: found.values, PICTURE: self.synthesize(found.values)}

    def features(self, pictures: Photos) -> Float[Tensor, "photos features"]:
        """Compute the discriminator's last activations, of each picture by itself."""
        return self.backbone.discriminator.features(pictures)[-1].flatten(1)

    def loss(
        self, w_plus: StyleVectors, photos: Photos, features: Float[Tensor, "photos features"]
    ) -> PerPicture:
        """Compute the loss of each photo.

        Args:
            w_plus: Style vectors.
            photos: What they should show.
            features: Of the photos.
        """
        pictures = self.synthesize(w_plus)
        cosine = F.cosine_similarity(self.features(pictures), features)
        return self.settings.pixel_weight * squared_error(pictures, photos) - cosine

    def paste(self, source: Latent, parts: Sequence[PlacedPart]) -> dict[str, np.ndarray]:
        """Transplant features, then blend the edited area into the photos."""
        with torch.no_grad():
            collage = self.transplant(source, parts)
        area = (union(parts) > 0).astype(np.float32)
        pasted = self._poisson.paste(self.array(source, PHOTO), to_numpy(collage), area)
        return {PICTURE: pasted, PHOTO: pasted}

    def transplant(self, source: Latent, parts: Sequence[PlacedPart]) -> Photos:
        """Generate sources with parts of references, by their features alone."""
        masks = [self.backbone.as_tensor(part.mask) for part in parts]
        shifts = [part.shift for part in parts]
        theirs = [self.tensor(part.reference, W_PLUS) for part in parts]
        network, noise = self.backbone.generator.synthesis, self.noise
        activations = [network.features(w_plus, noise) for w_plus in theirs]
        styles = network.styles(self.tensor(source, W_PLUS))
        h = network.start(len(source))
        for number in range(len(styles)):
            h = network.through_layer(number, h, styles[number], noise)
            strength = self._strength(number)
            for mask, shift, each in zip(masks, shifts, activations, strict=True):
                h = blend_features(h, each[number], strength * mask, shift)
        return network.continue_from(h, len(styles), styles, noise)

    def translate(
        self, source: Latent, references: Sequence[Latent], maps: Sequence[Maps]
    ) -> Photos:
        """Style a photo's layers by a mixture of photos, which differs from position to position.

        Args:
            source: Latents of photos.
            references: For each style latents of as many photos.
            maps: How much of each style there is at each pixel, from 0 to 1; the rest, so that
                the sum is 1, is the source's own.
        """
        network = self.backbone.generator.synthesis
        styles = [network.styles(self.tensor(each, W_PLUS)) for each in (source, *references)]
        shares = [1 - torch.stack(list(maps)).sum(dim=0), *maps]
        with torch.no_grad():
            return network.image_of(mixed_styles(network, styles, shares), self.noise)

    def _strength(self, layer: int) -> float:
        resolution, strengths = layer // 2, self.settings.strengths
        return strengths[resolution] if resolution < len(strengths) else 0.0


def blend_features(
    ours: Features, theirs: Features, mask: Maps, shift: tuple[int, int] = (0, 0)
) -> Features:
    """Blend activations of one layer.

    Args:
        ours: Of the sources.
        theirs: Of the references.
        mask: Where to take the references', in pixels of the picture; a position of the layer
            takes the mean of the pixels it lies on.
        shift: How far the references' move down and to the right, in pixels.
    """
    rows, columns = ours.shape[-2:]
    height, width = mask.shape[-2:]
    cells = int(shift[0] * rows / height), int(shift[1] * columns / width)  # toward zero
    weight = F.interpolate(mask, size=(rows, columns), mode="area")
    return (1 - weight) * ours + weight * operations.move(theirs, cells)


def mixed_styles(
    network: VectorSynthesis, styles: Sequence[Sequence[Style]], shares: Sequence[Maps]
) -> list[Style]:
    """Mix the styles of several photos at each position.

    Args:
        network: Knows the size of each layer.
        styles: For each photo the styles of all layers.
        shares: For each photo how much of it there is at each pixel.
    """
    mixed = []
    for layer in range(network.config.layers):
        side = network.config.constant_size * 2 ** (layer // 2)
        weights = [F.interpolate(share, size=(side, side), mode="area") for share in shares]
        pairs = list(zip(weights, (each[layer] for each in styles), strict=True))
        scale = torch.stack([weight * style.scale for weight, style in pairs]).sum(dim=0)
        shift = torch.stack([weight * style.shift for weight, style in pairs]).sum(dim=0)
        mixed.append(Style(scale, shift))
    return mixed

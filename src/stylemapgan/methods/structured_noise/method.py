"""Structured Noise as a method: photos to codes by optimisation, edits of local codes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from stylemapgan.checkpoints.method_file import MethodCheckpoint
from stylemapgan.editing.edit import Edit, Part
from stylemapgan.editing.mask_cells import shrink_by_mean
from stylemapgan.errors import EditError
from stylemapgan.images.levels import to_numpy
from stylemapgan.methods.abstract import Latent
from stylemapgan.methods.backbone.mapping import mean_w_plus
from stylemapgan.methods.backbone.minimising import AbstractOptimiserSettings, Rows, minimise
from stylemapgan.methods.backbone.opening import AbstractFrozenNetworks, digest_of
from stylemapgan.methods.backbone.optimiser import AbstractOptimiser, OnStep, Photos
from stylemapgan.methods.backbone.perceptual import (
    PerceptualFeatures,
    PerPicture,
    chosen,
    squared_error,
)
from stylemapgan.methods.backbone.placed_parts import PlacedPart
from stylemapgan.methods.network_files import fill_networks, shapes_of
from stylemapgan.methods.structured_noise.networks import Codes, StructuredGenerator, join
from stylemapgan.methods.structured_noise.recipe import METHOD, truncate
from stylemapgan.types import Mask

LOCAL = "local"
Numbers = Float[Tensor, "photos numbers"]


@dataclass(frozen=True, kw_only=True)
class StructuredNoiseSettings(AbstractOptimiserSettings):
    """How codes of photos are found; the paper edits generated pictures, so figures are ours."""

    steps: int = 1_000
    """Most steps of Adam for each photo."""
    learning_rate: float = 0.01
    """Learning rate of Adam, whose betas are 0.9 and 0.999."""
    perceptual_weight: float = 1.0
    """Weight of the features' error."""
    pixel_weight: float = 1.0
    """Weight of the pixels' error."""


@dataclass(frozen=True, kw_only=True, eq=False)
class StructuredNetworks(AbstractFrozenNetworks[StructuredGenerator]):
    """The generator alone."""

    @property
    def networks(self) -> tuple[nn.Module, ...]:
        """The generator."""
        return (self.generator,)


@final
class StructuredNoise(AbstractOptimiser[StructuredNoiseSettings, StructuredNetworks]):
    """Optimises all codes from their means, and edits local codes.

    A latent holds the four codes, the style as w.
    """

    name: ClassVar[str] = METHOD
    about: ClassVar[str] = (
        "Structured Noise (Alharbi and Wonka, CVPR 2020): optimises a grid of codes, and edits "
        "those under the mask."
    )
    defaults: ClassVar[StructuredNoiseSettings] = StructuredNoiseSettings()

    @staticmethod
    def open_networks(checkpoint: MethodCheckpoint) -> StructuredNetworks:
        """Build the generator of a model file."""
        generator = StructuredGenerator(shapes_of(checkpoint, METHOD))
        fill_networks(checkpoint, {"generator": generator})
        return StructuredNetworks(generator=generator, digest=digest_of(checkpoint))

    def start(self) -> None:
        """Load the perceptual network."""
        self._features = self.backbone.like(PerceptualFeatures())

    def invert(self, photos: Photos, on_step: OnStep) -> dict[str, Tensor]:
        """Descend from the mean codes, all of them at once."""
        with torch.no_grad():
            features = self._features(photos)

        def loss(numbers: Numbers, rows: Rows) -> PerPicture:
            return self.loss(numbers, photos[rows], chosen(features, rows))

        start = self.mean.expand(len(photos), -1)
        found = minimise(start, loss, self.settings.descent(len(photos)), on_step)
        return self.backbone.generator.split(found.values)._asdict()

    def loss(self, numbers: Numbers, photos: Photos, features: Sequence[Tensor]) -> PerPicture:
        """Compute the loss of each photo, that of Image2StyleGAN.

        Args:
            numbers: All codes in a row, the style as w.
            photos: What they should show.
            features: Of the photos.
        """
        pictures = self._synthesize(self.backbone.generator.split(numbers))
        pairs = zip(self._features(pictures), features, strict=True)
        perceptual = sum(squared_error(*pair) for pair in pairs)
        pixels = squared_error(pictures, photos)
        return self.settings.perceptual_weight * perceptual + self.settings.pixel_weight * pixels

    def generate(self, latent: Latent) -> Photos:
        """Generate pictures of codes."""
        return self._synthesize(self.codes(latent))

    def paste(self, source: Latent, parts: Sequence[PlacedPart]) -> dict[str, np.ndarray]:
        """Take the references' local codes where the mask is: a cell as much as it is covered.

        Raises:
            EditError: A part moves; in another cell its codes would mean something else.
        """
        local = self.array(source, LOCAL)
        for part in parts:
            if any(part.shift):
                raise EditError(
                    f"The method {self.name} cannot move parts, got a shift of {part.shift} "
                    "pixels: codes mean something else in another cell."
                )
            weight = shrink_by_mean(part.mask, *local.shape[-2:])
            local = (1 - weight) * local + weight * self.array(part.reference, LOCAL)
        return {LOCAL: local}

    def resample(self, source: Latent, mask: Mask, seed: int) -> Latent:
        """Draw local codes under a mask anew: the paper's own edit.

        Args:
            source: Codes of photos or of generated pictures.
            mask: Where, in pixels of the model's pictures: one for all, or one for each source.
            seed: Of the new codes.

        Raises:
            EditError: The mask does not fit.
        """
        drawn = self.sample(len(source), seed)
        return self.edit(source, Edit(parts=(Part(reference=drawn, mask=mask),)))

    def sample(self, count: int, seed: int) -> Latent:
        """Draw all codes; the style goes through the mapping network."""
        generator = self.backbone.generator
        with torch.no_grad():
            return _latent(generator.mapped(generator.split(self.z(count, seed))))

    def truncate(self, latent: Latent, psi: float) -> Latent:
        """Pull codes towards their means."""
        return _latent(truncate(self.backbone.generator, self.codes(latent), psi))

    def codes(self, latent: Latent) -> Codes:
        """Get the codes of a latent, on the device of the networks."""
        return Codes(*(self.tensor(latent, name) for name in Codes._fields))

    @property
    def mean(self) -> Float[Tensor, "1 numbers"]:
        """Mean codes in a row: 0 for all but w."""
        generator = self.backbone.generator
        w = mean_w_plus(generator.mapping)[:, 0]
        codes = generator.split(w.new_zeros(1, generator.z_channels))
        return join(codes._replace(style=w))

    def _synthesize(self, codes: Codes) -> Photos:
        return self.backbone.generator.synthesize(codes, self.noise)


def _latent(codes: Codes) -> Latent:
    return Latent({name: to_numpy(tensor) for name, tensor in codes._asdict().items()})

"""Image2StyleGAN: a style vector for each layer, found by gradient descent from the mean.

A photo's latent is w_plus, free of the mapping network: each layer of the synthesis network gets
a style vector of its own. All of them start at the mean style vector and descend on

    L(w_plus) = sum_j mean (phi_j(G(w_plus)) - phi_j(x))^2 + mean (G(w_plus) - x)^2

over four layers phi_j of a network for recognition, and pixels. The noise inputs of G are fixed.
The paper's layers are conv1_1, conv1_2, conv3_2 and conv4_2 of VGG16; here the stem and the
blocks 0, 2 and 4 of EfficientNet-Lite0 stand for them (see `backbone.perceptual`).

Because w_plus is so free it can show nearly any picture, also some that are no faces at all. For
the same reason an edit need not look natural: the latents between and beside photos were never
trained.

Source: Abdal, Qin and Wonka, "Image2StyleGAN: How to Embed Images Into the StyleGAN Latent
Space?", ICCV 2019 (arXiv 1904.03189), sections 4 (edits) and 5 (loss and optimisation).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np
import torch
from torch import Tensor

from stylemapgan.methods.abstract import Latent
from stylemapgan.methods.backbone.minimising import AbstractOptimiserSettings, Rows, minimise
from stylemapgan.methods.backbone.optimiser import PHOTO, OnStep, Photos
from stylemapgan.methods.backbone.perceptual import (
    PerceptualFeatures,
    PerPicture,
    chosen,
    squared_error,
)
from stylemapgan.methods.backbone.placed_parts import PlacedPart, composite
from stylemapgan.methods.backbone.w_plus_optimiser import (
    W_PLUS,
    AbstractWPlusOptimiser,
    StyleVectors,
)


@dataclass(frozen=True, kw_only=True)
class Image2StyleGANSettings(AbstractOptimiserSettings):
    """Figures of the paper, section 5."""

    steps: int = 5_000
    """Most steps of Adam for each photo, and again for each edit."""
    learning_rate: float = 0.01
    """Learning rate of Adam, whose betas are 0.9 and 0.999."""
    perceptual_weight: float = 1.0
    """Weight of the features' error."""
    pixel_weight: float = 1.0
    """Weight of the pixels' error."""


@final
class Image2StyleGAN(AbstractWPlusOptimiser[Image2StyleGANSettings]):
    """Optimises w_plus from the mean, on features and pixels.

    The paper has no edit by mask. The one here keeps to its means: the pictures of both latents
    are blended under the mask, and the source's latent descends again, towards the blend.
    """

    name: ClassVar[str] = "image2stylegan"
    about: ClassVar[str] = (
        "Image2StyleGAN (Abdal et al., ICCV 2019): optimises a style vector for each layer."
    )
    defaults: ClassVar[Image2StyleGANSettings] = Image2StyleGANSettings()

    def start(self) -> None:
        """Load the perceptual network."""
        self._features = self.backbone.like(PerceptualFeatures())

    def invert(self, photos: Photos, on_step: OnStep) -> dict[str, Tensor]:
        """Descend from the mean style vectors."""
        return self._descend(self.mean.expand(len(photos), -1, -1), photos, on_step)

    def paste(self, source: Latent, parts: Sequence[PlacedPart]) -> dict[str, np.ndarray]:
        """Blend what the latents show, and descend from the source's latent to the blend."""
        blend = composite(self.decode(source), parts, self.decode)
        found = self.optimised(self._descend, self.array(source, W_PLUS), blend)
        return {**found, PHOTO: blend}

    def loss(self, w_plus: StyleVectors, photos: Photos, features: Sequence[Tensor]) -> PerPicture:
        """Compute the loss of each photo.

        Args:
            w_plus: Style vectors.
            photos: What they should show.
            features: Of the photos.
        """
        pictures = self.synthesize(w_plus)
        pairs = zip(self._features(pictures), features, strict=True)
        perceptual = sum(squared_error(*pair) for pair in pairs)
        pixels = squared_error(pictures, photos)
        return self.settings.perceptual_weight * perceptual + self.settings.pixel_weight * pixels

    def _descend(self, start: StyleVectors, photos: Photos, on_step: OnStep) -> dict[str, Tensor]:
        with torch.no_grad():
            features = self._features(photos)

        def loss(w_plus: StyleVectors, rows: Rows) -> PerPicture:
            return self.loss(w_plus, photos[rows], chosen(features, rows))

        return {W_PLUS: minimise(start, loss, self.settings.descent(len(photos)), on_step).values}


def cross_over(coarse: StyleVectors, fine: StyleVectors, layer: int) -> StyleVectors:
    """Transfer a style: layers before `layer` from one photo, the others from another.

    Source: section 4.2; the first nine of 18 layers are the photo's, the others the style's.
    """
    return torch.cat([coarse[:, :layer], fine[:, layer:]], dim=1)


def transfer(
    w_plus: StyleVectors, without: StyleVectors, having: StyleVectors, amount: float
) -> StyleVectors:
    """Transfer an expression: add the difference between two photos of one person.

    Source: section 4.3, w = w1 + amount * (w3 - w2).
    """
    return w_plus + amount * (having - without)

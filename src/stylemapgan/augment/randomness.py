"""Random numbers for a batch that several processes, or several passes of one, compute."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from stylemapgan.types import WHOLE, Share


@dataclass(frozen=True)
class BatchRandomness:
    """Draws numbers for the whole batch, and returns the rows of one share.

    Shares whose generators start in equal states together get the numbers that one process with
    the whole batch would get. Numbers are drawn in float32 on the CPU, so they are equal on every
    device.
    """

    generator: torch.Generator
    """A generator on the CPU; each share has its own, in the same state."""
    share: Share = WHOLE
    """The share of the batch; all shares have the same size."""

    def uniform(
        self, images_in_share: int, *shape: int, device: torch.device | None = None
    ) -> Float[Tensor, "images *shape"]:
        """Draw numbers in [0, 1), `shape` of them for each image."""
        return self._draw(torch.rand, (images_in_share, *shape), device)

    def normal(
        self, images_in_share: int, *shape: int, device: torch.device | None = None
    ) -> Float[Tensor, "images *shape"]:
        """Draw numbers of mean 0 and standard deviation 1, `shape` of them for each image."""
        return self._draw(torch.randn, (images_in_share, *shape), device)

    def _draw(
        self, draw: Callable[..., Tensor], shape: tuple[int, ...], device: torch.device | None
    ) -> Tensor:
        whole = (shape[0] * self.share.count, *shape[1:])
        drawn = draw(whole, generator=self.generator, dtype=torch.float32)
        return drawn[self.share.rows].to(device)


@dataclass(frozen=True)
class Chances:
    """Draws parameters of a transformation for each image, neutral ones with probability 1 - p.

    Parameters are on the CPU, and the same numbers are drawn whatever p is.
    """

    randomness: BatchRandomness
    images: int
    p: float

    def taken(self) -> Bool[Tensor, " images"]:
        """Draw for each image whether the transformation is applied."""
        return self.randomness.uniform(self.images) < self.p

    def normal(self, deviation: float, *shape: int) -> Float[Tensor, "images *shape"]:
        """Draw from a normal distribution around 0, else 0."""
        return self._sometimes(self.randomness.normal(self.images, *shape) * deviation, neutral=0.0)

    def lognormal(self, octaves: float) -> Float[Tensor, " images"]:
        """Draw a factor whose binary logarithm has this standard deviation, else 1."""
        return self._sometimes(2 ** (self.randomness.normal(self.images) * octaves), neutral=1.0)

    def uniform(self, reach: float, *shape: int) -> Float[Tensor, "images *shape"]:
        """Draw between -reach and reach, else 0."""
        drawn = self.randomness.uniform(self.images, *shape)
        return self._sometimes((2 * drawn - 1) * reach, neutral=0.0)

    def angle(self) -> Float[Tensor, " images"]:
        """Draw an angle from the full circle, in radians, else 0."""
        return self.uniform(math.pi)

    def choice(self, count: int) -> Float[Tensor, " images"]:
        """Draw a whole number from 0 to count - 1, else 0."""
        drawn = self.randomness.uniform(self.images)
        return self._sometimes((drawn * count).floor(), neutral=0.0)

    def _sometimes(self, drawn: Tensor, *, neutral: float) -> Tensor:
        taken = self.taken().view(-1, *[1] * (drawn.ndim - 1))
        return torch.where(taken, drawn, neutral)

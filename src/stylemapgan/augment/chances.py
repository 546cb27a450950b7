"""Random settings of a transformation that only some images undergo."""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from stylemapgan.augment.randomness import BatchRandomness


@dataclass(frozen=True)
class Chances:
    """Draw a setting for each image; with probability 1 - p it is the one that changes nothing.

    Settings are on the CPU, and the same numbers are drawn whatever p is.
    """

    randomness: BatchRandomness
    images: int
    p: float

    def taken(self) -> Bool[Tensor, " images"]:
        """Decide for each image whether it undergoes the transformation."""
        return self.randomness.uniform(self.images) < self.p

    def normal(self, deviation: float, *shape: int) -> Float[Tensor, "images *shape"]:
        """Draw from a normal distribution around 0, else 0."""
        return self._sometimes(self.randomness.normal(self.images, *shape) * deviation, neutral=0.0)

    def lognormal(self, octaves: float) -> Float[Tensor, " images"]:
        """Draw a factor whose binary logarithm deviates by so many octaves, else 1."""
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

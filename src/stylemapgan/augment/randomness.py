"""Random numbers for a batch that several processes, or several turns of one, work on."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from stylemapgan.types import WHOLE, Share


@dataclass(frozen=True)
class BatchRandomness:
    """Draw for the whole batch, hand out the rows of one share.

    Shares whose generators start in equal states together get exactly the numbers that one
    process with the whole batch gets. Drawn in float32 on the CPU, so they are equal on every
    device too.
    """

    generator: torch.Generator
    """On the CPU; each share has its own, in the same state."""
    share: Share = WHOLE
    """The images at hand; all shares are of the same size."""

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

"""Twice the resolution and back, with nothing lost on the way.

Both directions are matrices, applied to columns and rows, that know about the mirrored border.
"""

import torch
from jaxtyping import Float, Shaped
from torch import Tensor

from stylemapgan.augment.wavelets import SYM6

TAPS = len(SYM6)
CENTRE = sum(k * tap for k, tap in enumerate(SYM6)) / sum(SYM6)
"""Pixel i of an image lies at sample 2i + CENTRE of the enlarged image."""


def enlarged_size(size: int) -> int:
    """Samples across an enlarged image: those that shrinking looks at."""
    return 2 * size + TAPS - 2


def enlarge(
    images: Float[Tensor, "batch 3 size size"],
) -> Float[Tensor, "batch 3 fine fine"]:
    """Double the resolution, with a few samples of the mirrored border around it."""
    size, margin = images.shape[-1], TAPS // 2 - 1
    pixels = torch.arange(-margin, size + margin, device=images.device)[:, None]
    taps = torch.arange(TAPS, device=images.device)
    rows = 2 * pixels + taps + 2 * margin  # (pixels, taps)
    matrix = images.new_zeros(enlarged_size(size) + 4 * margin, size)
    places = (rows, mirror(pixels, size).expand_as(rows))
    matrix.index_put_(places, images.new_tensor(SYM6).expand(rows.shape), accumulate=True)
    matrix = 2**0.5 * matrix[2 * margin : -2 * margin]  # (fine, size)
    return matrix @ images @ matrix.mT


def shrink(
    images: Float[Tensor, "batch 3 fine fine"],
) -> Float[Tensor, "batch 3 size size"]:
    """Halve the resolution; undoes `enlarge`."""
    fine = images.shape[-1]
    size = (fine - TAPS) // 2 + 1
    pixels = torch.arange(size, device=images.device)[:, None]
    columns = 2 * pixels + torch.arange(TAPS, device=images.device)  # (pixels, taps)
    taps = images.new_tensor(SYM6).expand(columns.shape)
    matrix = images.new_zeros(size, fine).scatter_(1, columns, taps) / 2**0.5
    return matrix @ images @ matrix.mT


def mirror(positions: Shaped[Tensor, "..."], size: int) -> Shaped[Tensor, "..."]:
    """Reflect positions beyond the first and last pixel back in, as often as it takes."""
    period = 2 * (size - 1)
    positions = positions.remainder(period)
    return torch.minimum(positions, period - positions)

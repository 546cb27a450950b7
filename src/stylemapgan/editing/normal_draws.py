"""Normal random numbers as PyTorch draws them, without PyTorch.

`torch.randn` on a CPU takes the Mersenne Twister that NumPy's legacy generator is, too, and turns
its numbers into normal ones by Box and Muller's method: sixteen at a time from single-precision
uniform numbers, or, for fewer than sixteen values, two at a time in double precision. The numbers
here equal PyTorch's but for rounding.
"""

import numpy as np
from jaxtyping import Float

BLOCK = 16
"""Values that are made together; fewer are made another way."""
SINGLE_BITS = 24
"""Random bits of a uniform number in single precision."""
DOUBLE_BITS = 53
"""Random bits of a uniform number in double precision."""


def standard_normal(rows: int, length: int, seed: int) -> Float[np.ndarray, "rows length"]:
    """Draw rows one after another, each as `torch.randn(length, generator=...)` would.

    Args:
        rows: How many.
        length: Values in each row.
        seed: As for `torch.Generator().manual_seed`; its lowest 32 bits count.
    """
    random = np.random.RandomState(seed % 2**32)
    if length < BLOCK:
        drawn = _two_at_a_time(random, rows * length).reshape(rows, length)
    else:
        drawn = np.stack([_in_blocks(random, length) for _ in range(rows)])
    return drawn.astype(np.float32)


def _in_blocks(random: np.random.RandomState, length: int) -> np.ndarray:
    """Draw a row; where blocks do not fill it, its last sixteen values are drawn anew."""
    uniform = _single(random, length)
    whole = length - length % BLOCK
    normal = _block_normal(uniform[:whole].reshape(-1, BLOCK)).ravel()
    if whole == length:
        return normal
    last = _block_normal(_single(random, BLOCK)[None])[0]
    return np.concatenate([normal[: length - BLOCK], last])


def _block_normal(uniform: np.ndarray) -> np.ndarray:
    first, second = np.split(uniform, 2, axis=-1)
    radius, angle = np.sqrt(-2 * np.log1p(-first)), 2 * np.pi * second
    return np.concatenate([radius * np.cos(angle), radius * np.sin(angle)], axis=-1)


def _two_at_a_time(random: np.random.RandomState, count: int) -> np.ndarray:
    """Draw few values; a pair's second one waits for whoever draws next."""
    angle, radius = _double(random, count + count % 2).reshape(-1, 2).T
    angle, radius = 2 * np.pi * angle, np.sqrt(-2 * np.log1p(-radius))
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1).ravel()[:count]


def _single(random: np.random.RandomState, count: int) -> np.ndarray:
    bits = random.randint(0, 2**32, count, dtype=np.uint32)
    return (bits % 2**SINGLE_BITS) / 2**SINGLE_BITS


def _double(random: np.random.RandomState, count: int) -> np.ndarray:
    high, low = random.randint(0, 2**32, (count, 2), dtype=np.uint32).astype(np.uint64).T
    return ((high << np.uint64(32) | low) % np.uint64(2**DOUBLE_BITS)) / 2**DOUBLE_BITS

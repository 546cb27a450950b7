"""Grey pictures of more than eight bits: sixteen bits, or fractions from 0 to 1."""

import numpy as np
from jaxtyping import Float32
from PIL import Image

DEEP_MODES = ("I", "I;16", "I;16B", "I;16L", "I;16N", "F")
"""Pillow's names for grey levels that do not fit a byte."""
ROUNDING = 1e-4
"""How far beyond 0 and 1 fractions may lie: filters leave such traces."""
BITS, MEANING, SAMPLE_FORMAT = 258, 262, 339
"""Numbers of TIFF tags: bits of a sample, what its numbers mean, which kind of number it is."""
WHITE_IS_ZERO = 0
SIGNED = 2


class PixelError(ValueError):
    """The pixels of a picture make no sense; completes a sentence that begins with its name."""


def is_deep(picture: Image.Image) -> bool:
    """Tell whether a picture's levels have to be scaled by `deep_levels`."""
    return picture.mode in DEEP_MODES


def deep_levels(picture: Image.Image) -> Float32[np.ndarray, "height width"]:
    """Scale deep grey to levels from 0, black, to 1, white.

    Args:
        picture: In one of the `DEEP_MODES`, as its file was opened.

    Raises:
        PixelError: No rule says which number is white.
    """
    numbers = np.asarray(picture)
    levels = _fractions(numbers) if picture.mode == "F" else _from_integers(numbers, picture)
    levels = np.clip(levels, 0, 1).astype(np.float32)
    return 1 - levels if _tag(picture, MEANING) == WHITE_IS_ZERO else levels


def _fractions(numbers: np.ndarray) -> np.ndarray:
    if not np.isfinite(numbers).all():
        raise PixelError("holds numbers that are not finite (NaN or infinity); repair it first.")
    low, high = float(numbers.min()), float(numbers.max())
    if low < -ROUNDING or high > 1 + ROUNDING:
        raise PixelError(
            f"holds numbers from {low:g} to {high:g}; expected are 0, black, to 1, white: "
            "scale it, or save it with 8 or 16 bits."
        )
    return numbers


def _from_integers(numbers: np.ndarray, picture: Image.Image) -> np.ndarray:
    bits = _tag(picture, BITS)
    if picture.mode == "I" and picture.format == "TIFF":  # of other files only 16 bits arrive here
        kind = "signed " if _tag(picture, SAMPLE_FORMAT) == SIGNED else ""
        raise PixelError(
            f"holds {kind}integers of {bits} bits, and nothing says which is white; "
            "save it with 8 or 16 bits, without sign."
        )
    largest = 2**bits - 1 if bits is not None else 65535
    return numbers.astype(np.float32) / np.float32(largest)


def _tag(picture: Image.Image, number: int) -> int | None:
    """Read a whole number from a TIFF file's tags, the first of several."""
    tags = getattr(picture, "tag_v2", None)
    value = None if tags is None else tags.get(number)
    first = next(iter(value), None) if isinstance(value, tuple) else value
    return first if isinstance(first, int) else None

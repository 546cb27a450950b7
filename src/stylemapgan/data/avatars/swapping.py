"""Exchange parts between drawn faces; photographs have no such true result."""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, UInt8

from stylemapgan.data.avatars.drawn_faces import PARTS, Face, random_face
from stylemapgan.data.avatars.rendering import render
from stylemapgan.errors import DataError

TRIPLES_STREAM = 1
"""Stream of random numbers for triples, apart from that of faces."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Triple:
    """Two faces, a part, and the true picture of the source with the reference's part."""

    source: Face
    reference: Face
    part: str
    source_pixels: UInt8[np.ndarray, "size size 3"]
    reference_pixels: UInt8[np.ndarray, "size size 3"]
    truth_pixels: UInt8[np.ndarray, "size size 3"]
    mask: Bool[np.ndarray, "size size"]
    """Where source and truth differ."""

    @property
    def truth(self) -> Face:
        """The face that `truth_pixels` shows."""
        return swap(self.source, self.reference, self.part)


def swap(source: Face, reference: Face, part: str) -> Face:
    """Take one part and its colour from the reference, all else from the source.

    Raises:
        DataError: The part does not exist.
    """
    if part not in PARTS:
        raise DataError(f"There is no part {part!r}; choose from {', '.join(PARTS)}.")
    return replace(source, **{field: getattr(reference, field) for field in PARTS[part]})


def make_triple(source: Face, reference: Face, part: str, size: int) -> Triple:
    """Draw both faces and the true result; the mask is empty where the part looks the same."""
    source_pixels = render(source, size)
    truth_pixels = render(swap(source, reference, part), size)
    return Triple(
        source=source,
        reference=reference,
        part=part,
        source_pixels=source_pixels,
        reference_pixels=render(reference, size),
        truth_pixels=truth_pixels,
        mask=(source_pixels != truth_pixels).any(axis=-1),
    )


def draw_triple(seed: int, index: int, size: int) -> Triple:
    """Draw triple number `index` of a seed; parts alternate and always differ visibly.

    Args:
        seed: A whole number of at least 0; triples use other faces than `draw_face`.
        index: A whole number of at least 0.
        size: Height and width of the pictures, in pixels.
    """
    random = np.random.default_rng((seed, index, TRIPLES_STREAM))
    part = list(PARTS)[index % len(PARTS)]
    while True:
        source, reference = random_face(random), random_face(random)
        if swap(source, reference, part) == source:
            continue
        triple = make_triple(source, reference, part, size)
        if triple.mask.any():
            return triple

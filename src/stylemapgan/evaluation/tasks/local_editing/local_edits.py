"""Local edits of test photos: which pairs, which masks, and how methods carry them out.

The mask of an edit lies where the reference should appear, in both pictures: they are aligned.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Int64

from stylemapgan.editing.edit import Edit, Part
from stylemapgan.evaluation.context import EvaluationContext
from stylemapgan.evaluation.data import TestData
from stylemapgan.methods.abstract import AbstractMethod, Latent
from stylemapgan.types import Images

LEAST_SHARE = 0.002
"""Share of the picture that a part must cover to be exchanged: 8 of 64x64 pixels."""
LEAST_EDITS = 2
"""Fewer edits have no interval."""
HALVES = ("right half", "lower half")
"""What edits exchange alternately where no parts are asked for."""

Rows = slice | Int64[np.ndarray, " rows"]


@dataclass(frozen=True, eq=False)
class EditPictures:
    """Pictures that the results of some edits are compared with."""

    source: Float32[np.ndarray, "edits 3 size size"]
    reference: Float32[np.ndarray, "edits 3 size size"]
    mask: Float32[np.ndarray, "edits 1 size size"]
    """1 where the reference should appear, else 0."""


@dataclass(frozen=True, eq=False)
class LocalEdits:
    """Pairs of test photos, and what each source takes from its reference."""

    data: TestData
    sources: Int64[np.ndarray, " edits"]
    """Rows of the test photos that are edited."""
    references: Int64[np.ndarray, " edits"]
    """Rows of the photos they borrow from."""
    parts: tuple[str, ...]
    """What each edit exchanges: the name of a part, or one of `HALVES`."""

    def __len__(self) -> int:
        return len(self.sources)

    @property
    def names(self) -> tuple[str, ...]:
        """Name every edit: `a.png + hair of b.png`."""
        photos = self.data.names
        edits = zip(self.sources, self.parts, self.references, strict=True)
        return tuple(f"{photos[own]} + {part} of {photos[other]}" for own, part, other in edits)

    def pictures(self, rows: Rows) -> EditPictures:
        """Get the pictures of some edits."""
        return EditPictures(
            source=self.data.images(self.sources[rows]),
            reference=self.data.images(self.references[rows]),
            mask=self.masks(rows),
        )

    def masks(self, rows: Rows) -> Float32[np.ndarray, "rows 1 size size"]:
        """Make the masks of some edits: 1 where the reference should appear, else 0."""
        return np.stack([self._mask(row) for row in np.arange(len(self))[rows].tolist()])

    def carry_out(self, context: EvaluationContext, method: AbstractMethod, rows: Rows) -> Images:
        """Edit photos by a method."""
        latents = context.latents(method)
        edit = paste(latents[self.references[rows]], self.masks(rows))
        return context.edit(method, latents[self.sources[rows]], edit)

    def _mask(self, row: int) -> Float32[np.ndarray, "1 size size"]:
        part, size = self.parts[row], self.data.photos.size
        if part in HALVES:
            columns, rows = np.meshgrid(np.arange(size), np.arange(size))
            inside = (columns if part == "right half" else rows) >= size // 2
        else:
            map_of_parts = self.data.part_maps(self.references[row : row + 1])[0]
            inside = map_of_parts == self.data.part_names.index(part)
        return inside[None].astype(np.float32)


def paste(reference: Latent, mask: Float32[np.ndarray, "edits 1 size size"]) -> Edit:
    """Describe the edit that takes what the masks cover from references where they are."""
    return Edit(parts=(Part(reference=reference, mask=mask),))


def too_few_edits(context: EvaluationContext) -> str | None:
    """Say so if fewer edits are asked for than an interval needs."""
    if context.config.edits < LEAST_EDITS:
        return f"Intervals need at least {LEAST_EDITS} edits, got --edits {context.config.edits}."
    return None


def halves_of(
    data: TestData,
    sources: Int64[np.ndarray, " edits"],
    references: Int64[np.ndarray, " edits"],
) -> LocalEdits:
    """Let every source take half of its reference: alternately the right and the lower one."""
    parts = tuple(HALVES[row % len(HALVES)] for row in range(len(sources)))
    return LocalEdits(data, sources, references, parts)


def parts_of(
    data: TestData,
    sources: Int64[np.ndarray, " edits"],
    references: Int64[np.ndarray, " edits"],
    seed: int,
) -> LocalEdits:
    """Let every source take one part of its reference; only where there are maps of parts.

    The part is drawn from those that cover at least 0.2 % of the reference. Pairs whose
    reference has no such part, or whose only part is the whole picture, are left out.
    """
    draws = np.random.default_rng(seed).random(len(sources))
    kinds = len(data.part_names)
    parts: list[str] = []
    for row, draw in zip(references, draws, strict=True):
        covered = np.bincount(data.part_maps(np.array([row])).ravel(), minlength=kinds)[:kinds]
        share = covered / data.photos.size**2
        known = np.flatnonzero((share >= LEAST_SHARE) & (share < 1))
        parts.append(data.part_names[known[int(draw * len(known))]] if len(known) else "")
    counts = [row for row, part in enumerate(parts) if part]
    return LocalEdits(
        data, sources[counts], references[counts], tuple(parts[row] for row in counts)
    )

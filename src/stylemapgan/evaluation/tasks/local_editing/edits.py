"""Local edits of test photos: which pairs, which masks, and the ways to carry them out.

The mask of an edit lies where the reference should appear, in both pictures: they are aligned.
Beside the two spaces of the model stand two ways that need none, so that its figures mean
something.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Int64

from stylemapgan.editing import operations
from stylemapgan.evaluation.context import EvaluationContext
from stylemapgan.evaluation.data import TestData
from stylemapgan.types import Images

LEAST_SHARE = 0.002
"""Share of the picture that a part covers at least, to be exchanged: 8 of 64x64 pixels."""
LEAST_EDITS = 2
"""Fewer have no interval."""
HALVES = ("right half", "lower half")
"""What is exchanged in turn where no parts are asked for."""

Rows = slice | Int64[np.ndarray, " rows"]


@dataclass(frozen=True, eq=False)
class LocalEdits:
    """Pairs of test photos, and what each source takes of its reference."""

    data: TestData
    sources: Int64[np.ndarray, " edits"]
    """Rows of the test photos that are edited."""
    references: Int64[np.ndarray, " edits"]
    """Rows of those they borrow from."""
    parts: tuple[str, ...]
    """What each edit exchanges: the name of a part, or one of `HALVES`."""

    def __len__(self) -> int:
        return len(self.sources)

    @property
    def names(self) -> tuple[str, ...]:
        """Name every edit: `a.png + hair of b.png`."""
        photos = self.data.names
        told = zip(self.sources, self.parts, self.references, strict=True)
        return tuple(f"{photos[own]} + {part} of {photos[other]}" for own, part, other in told)

    def masks(self, rows: Rows) -> Float32[np.ndarray, "rows 1 size size"]:
        """Make the masks of some edits: 1 where the reference should appear, else 0."""
        return np.stack([self._mask(row) for row in np.arange(len(self))[rows].tolist()])

    def _mask(self, row: int) -> Float32[np.ndarray, "1 size size"]:
        part, size = self.parts[row], self.data.photos.size
        if part in HALVES:
            columns, rows = np.meshgrid(np.arange(size), np.arange(size))
            inside = (columns if part == "right half" else rows) >= size // 2
        else:
            map_of_parts = self.data.part_maps(self.references[row : row + 1])[0]
            inside = map_of_parts == self.data.part_names.index(part)
        return inside[None].astype(np.float32)


@dataclass(frozen=True, eq=False)
class OpenedEdits:
    """All that some edits need."""

    source: Float32[np.ndarray, "edits 3 size size"]
    reference: Float32[np.ndarray, "edits 3 size size"]
    mask: Float32[np.ndarray, "edits 1 size size"]
    source_stylemap: Float32[np.ndarray, "edits style rows columns"]
    reference_stylemap: Float32[np.ndarray, "edits style rows columns"]


def too_few_edits(context: EvaluationContext) -> str | None:
    """Say so if fewer edits are asked for than an interval needs."""
    if context.config.edits < LEAST_EDITS:
        return f"Intervals need at least {LEAST_EDITS} edits, asked for {context.config.edits}."
    return None


def halves_of(
    data: TestData,
    sources: Int64[np.ndarray, " edits"],
    references: Int64[np.ndarray, " edits"],
) -> LocalEdits:
    """Let every source take half of its reference: the right, then the lower one, in turn."""
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


def open_edits(context: EvaluationContext, edits: LocalEdits, rows: Rows) -> OpenedEdits:
    """Get pictures, masks and stylemaps of some edits."""
    sources, references = edits.sources[rows], edits.references[rows]
    return OpenedEdits(
        source=context.data.images(sources),
        reference=context.data.images(references),
        mask=edits.masks(rows),
        source_stylemap=context.stylemaps[sources],
        reference_stylemap=context.stylemaps[references],
    )


def in_w(context: EvaluationContext, opened: OpenedEdits) -> Images:
    """Blend stylemaps as they are; see `operations.blend`."""
    pair = opened.source_stylemap, opened.reference_stylemap
    return context.decode(operations.blend(*pair, opened.mask))


def in_w_plus(context: EvaluationContext, opened: OpenedEdits) -> Images:
    """Blend resized stylemaps; see `operations.blend_w_plus`."""
    ours, theirs = context.resize(opened.source_stylemap), context.resize(opened.reference_stylemap)
    mask = context.editor.as_mask(opened.mask)
    return context.synthesize(operations.blend_w_plus(ours, theirs, mask))


def copy_pixels(context: EvaluationContext, opened: OpenedEdits) -> Images:
    """Paste the reference's pixels: true everywhere, and cut out with scissors."""
    del context
    return np.where(opened.mask > 0, opened.reference, opened.source)


def do_nothing(context: EvaluationContext, opened: OpenedEdits) -> Images:
    """Give the source back."""
    del context
    return opened.source


SPACES: Mapping[str, Callable[[EvaluationContext, OpenedEdits], Images]] = {
    "w": in_w,
    "w-plus": in_w_plus,
}
"""What the model does."""
BASELINES: Mapping[str, Callable[[EvaluationContext, OpenedEdits], Images]] = {
    "copy pixels": copy_pixels,
    "do nothing": do_nothing,
}
"""What anybody can do."""
METHODS = {**SPACES, **BASELINES}

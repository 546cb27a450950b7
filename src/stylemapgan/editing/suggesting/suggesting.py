"""Rank a library by how well a region of its photos would fit a source."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Bool, Float32, Int64

from stylemapgan.editing.directions import Direction
from stylemapgan.editing.edit_masks import PlainMask
from stylemapgan.editing.suggesting.comparing import (
    MOST_CHANGE,
    CellRows,
    cells_of,
    changes,
    seams,
)
from stylemapgan.editing.suggesting.library import Library, LibraryPhoto
from stylemapgan.editing.suggesting.regions import Regions, regions
from stylemapgan.editing.suggesting.suggest_config import SuggestConfig
from stylemapgan.types import Stylemap

NEAR_DUPLICATE = 0.1
"""Pictures whose cells differ by less than this, on average, are one picture to the eye."""
CHUNK = 4096
"""Photos that are compared at once; a cell of them takes a megabyte of memory."""
POOL = 16
"""Best photos kept for each that is suggested: near duplicates among them are left out."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Query:
    """A source, and what is to be replaced in it."""

    stylemap: Stylemap
    """The source's, a batch of one."""
    mask: PlainMask
    """Where the reference shows, in pixels of the model's image."""
    toward: Direction | None = None
    """What the region should become, such as a smile; None is any change."""
    sha256: bytes | None = None
    """Hash of the source's file: a photo is no reference for itself."""


@dataclass(frozen=True, kw_only=True)
class Suggestion:
    """A reference, and why it was suggested."""

    row: int
    """Its row in the library."""
    photo: LibraryPhoto
    score: float
    """Higher is better: the weighted change minus the seam, and minus `doubt`."""
    seam: float
    """How much harder or softer than in the two pictures colours will step across the border: the
    reference's inside, the source's outside. A mean length in RGB from -1 to 1."""
    change: float
    """How much changes inside the mask, from 0 to 1; toward a direction: from -1 to 1."""


def suggest(library: Library, query: Query, config: SuggestConfig) -> list[Suggestion]:
    """Find the photos whose region would fit a source best.

    The seam of every photo is computed, and the change inside of those whose seam still lets them
    be among the best, so the ranking is exact. Left out are the source itself, photos that the
    model does not know (`outside`), and near duplicates of the source and of better suggestions.

    Args:
        library: Photos that were encoded by the model of the query.
        query: The source and the mask.
        config: What counts, and how many are suggested.

    Returns:
        Best first; fewer than `config.top` if the library holds no more.

    Raises:
        EditError: The mask is empty or does not fit the model.
    """
    found, where = _best(library, query, config), regions_of(query)
    chosen = _without_duplicates(library, cells_of(query.stylemap), found, where, config.top)
    return [_suggestion(library, row, found) for row in chosen]


@dataclass(frozen=True, kw_only=True, eq=False)
class Scored:
    """Some photos of a library and their scores; see `Suggestion`."""

    rows: Int64[np.ndarray, " photos"]
    score: Float32[np.ndarray, " photos"]
    seam: Float32[np.ndarray, " photos"]
    change: Float32[np.ndarray, " photos"]

    def best(self, count: int) -> "Scored":
        """Keep the highest scores; of equal ones those of earlier photos."""
        order = np.lexsort((self.rows, -self.score))[:count]
        return Scored(**{name: values[order] for name, values in vars(self).items()})

    def joined(self, other: "Scored") -> "Scored":
        """Add other photos."""
        pairs = ((name, (values, getattr(other, name))) for name, values in vars(self).items())
        return Scored(**{name: np.concatenate(both) for name, both in pairs})


@dataclass(frozen=True, kw_only=True, eq=False)
class Scoring:
    """Scores the photos of a library that may be suggested."""

    library: Library
    query: Query
    config: SuggestConfig

    def __call__(self, photos: slice, least: float = -np.inf) -> Scored:
        """Score some photos, without those that cannot reach a score whatever changes inside.

        Raises:
            EditError: The mask is empty or does not fit the model.
        """
        seam = seams(self.library, photos, self._source, self._where.border)
        cost = seam + np.float32(self.config.doubt) * self.library.is_doubtful[photos]
        reach = self.config.change * MOST_CHANGE - cost
        kept = np.flatnonzero(self._allowed[photos] & (reach >= least))
        rows = kept + photos.start
        change = changes(self.library, rows, self._source, self._where, self.query.toward)
        score = (self.config.change * change - cost[kept]).astype(np.float32)
        return Scored(rows=rows, score=score, seam=seam[kept], change=change)

    @cached_property
    def _where(self) -> Regions:
        return regions_of(self.query)

    @cached_property
    def _source(self) -> CellRows:
        return cells_of(self.query.stylemap)

    @cached_property
    def _allowed(self) -> Bool[np.ndarray, " library"]:
        return self.library.may_be_suggested(self.query.sha256)


def _best(library: Library, query: Query, config: SuggestConfig) -> Scored:
    """Keep the best of all photos, with room for near duplicates among them."""
    score = Scoring(library=library, query=query, config=config)
    best, count = NOTHING, POOL * config.top
    for start in range(0, len(library), CHUNK):
        least = -np.inf if len(best.rows) < count else float(best.score[-1])
        best = best.joined(score(slice(start, start + CHUNK), least)).best(count)
    return best


NOTHING = Scored(
    rows=np.zeros(0, np.int64),
    **dict.fromkeys(("score", "seam", "change"), np.zeros(0, np.float32)),
)
"""No photo, to begin with."""


def regions_of(query: Query) -> Regions:
    """Find out which cells count."""
    return regions(query.mask, query.stylemap.shape[-1])


def _without_duplicates(
    library: Library, source: CellRows, found: Scored, where: Regions, count: int
) -> list[int]:
    """Choose the best photos that differ from the source and from each other.

    Returns:
        Their rows.
    """
    used = np.flatnonzero(where.coverage)
    weights = where.shares[used]
    kept, rows = [source[used]], []
    for row in found.rows.tolist():
        cells = library.cells[used, row].astype(np.float32)
        if not _is_among(cells, kept, library.spread, weights):
            kept.append(cells)
            rows.append(row)
        if len(rows) == count:
            break
    return rows


def _is_among(
    cells: CellRows,
    others: Sequence[CellRows],
    spread: Float32[np.ndarray, " channels"],
    weights: Float32[np.ndarray, " cells"],
) -> bool:
    squared = np.square((np.stack(others) - cells) / spread).mean(axis=2)  # (others, cells)
    return bool((squared @ weights).min() < NEAR_DUPLICATE)


def _suggestion(library: Library, row: int, found: Scored) -> Suggestion:
    at = int(np.flatnonzero(found.rows == row)[0])
    return Suggestion(
        row=row,
        photo=library.photo(row),
        score=float(found.score[at]),
        seam=float(found.seam[at]),
        change=float(found.change[at]),
    )

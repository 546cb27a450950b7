"""Rank a library by how well a region of its photos would fit a source."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np
from jaxtyping import Bool, Float32, Int64

from stylemapgan.editing.directions import Direction
from stylemapgan.editing.edit_masks import PlainMask
from stylemapgan.editing.suggesting.comparing import CellRows, Differences, cells_of, compare
from stylemapgan.editing.suggesting.library import Library, LibraryPhoto
from stylemapgan.editing.suggesting.regions import Regions, regions
from stylemapgan.editing.suggesting.suggest_config import SuggestConfig
from stylemapgan.types import Stylemap

NEAR_DUPLICATE = 0.1
"""Pictures whose cells differ by less than this, on average, are one picture to the eye."""
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

    Every photo is compared. Left out are the source itself, photos that the model does not know
    (`outside`), and near duplicates of the source and of better suggestions.

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


def score(library: Library, query: Query, config: SuggestConfig) -> Iterator[Scored]:
    """Score all photos that may be suggested, some thousand at a time.

    Raises:
        EditError: The mask is empty or does not fit the model.
    """
    where = regions_of(query)
    allowed = library.may_be_suggested(query.sha256)
    for differences in compare(library, query.stylemap, where, query.toward):
        yield _score(library, differences, allowed, config)


def _best(library: Library, query: Query, config: SuggestConfig) -> Scored:
    """Keep the best of all photos, with room for near duplicates among them."""

    def better(best: Scored, further: Scored) -> Scored:
        return best.joined(further).best(POOL * config.top)

    return reduce(better, score(library, query, config), NOTHING)


NOTHING = Scored(
    rows=np.zeros(0, np.int64),
    **dict.fromkeys(("score", "seam", "change"), np.zeros(0, np.float32)),
)
"""No photo, to begin with."""


def regions_of(query: Query) -> Regions:
    """Find out which cells count."""
    return regions(query.mask, query.stylemap.shape[-1])


def _score(
    library: Library,
    differences: Differences,
    allowed: Bool[np.ndarray, " library"],
    config: SuggestConfig,
) -> Scored:
    photos = slice(differences.start, differences.start + len(differences.seam))
    change = _change(differences)
    doubt = config.doubt * library.is_doubtful[photos]
    total = (config.change * change - differences.seam - doubt).astype(np.float32)
    rows = np.arange(photos.start, photos.stop)
    everything = Scored(rows=rows, score=total, seam=differences.seam, change=change)
    kept = np.flatnonzero(allowed[photos])
    return Scored(**{name: values[kept] for name, values in vars(everything).items()})


def _change(differences: Differences) -> Float32[np.ndarray, " photos"]:
    """Measure what changes inside the mask; twice as much is not twice as good."""
    if differences.amount is None:
        return differences.inside / (1 + differences.inside)
    return differences.amount / (1 + np.abs(differences.amount))


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

"""What an approximate index would find of the best references: `pip install usearch`.

An index compares whole vectors by one measure. Two were tried, over the colours of all cells:

    whole   squared distance of all colours, whatever the region
    border  squared distance of the colours just inside the border, which differs with every region:
            an inner product of (2ws, -w) with (r, r²), for weights w, source s and reference r

Each suggests candidates, whose scores would then be computed exactly.
"""

import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np
from jaxtyping import Float32, Int64

from stylemapgan.editing import AbstractEditor
from stylemapgan.editing.suggesting import Query, SuggestConfig, suggest
from stylemapgan.editing.suggesting.library import Library
from stylemapgan.editing.suggesting.suggesting import Scoring, regions_of
from stylemapgan.errors import StyleMapGANError
from stylemapgan.images import box_mask

BOXES = ((20, 34, 24, 14), (16, 18, 32, 14), (0, 0, 64, 24), (24, 24, 16, 16))
"""Regions, for pictures of 64 pixels: mouth, eyes, hair, nose."""
BOXES_SIZE = 64
CANDIDATES = (200, 1_000)
BEST = 10
CONNECTIVITY, WHILE_BUILDING, WHILE_SEARCHING = 32, 128, 512
"""Of the index, twice as thorough as its defaults and more."""

Vectors = Float32[np.ndarray, "photos numbers"]
Search = Callable[[int], Int64[np.ndarray, " candidates"]]
"""Gives so many candidates, best first."""


@dataclass(frozen=True, kw_only=True)
class Recall:
    """How many of the best references are among the candidates."""

    index: str
    candidates: int
    recall: float
    """Mean share of the exact best ones."""


class Indices:
    """A library in approximate indices."""

    def __init__(self, library: Library) -> None:
        by_photo = library.shown.transpose(2, 0, 1).reshape(len(library), -1)
        self.vectors: Vectors = np.ascontiguousarray(by_photo)
        self.whole = _index(self.vectors, "l2sq")
        self.border = _index(np.concatenate([self.vectors, self.vectors**2], axis=1), "ip")

    def searches(self, row: int, query: Query) -> dict[str, Search]:
        """Give ways to find candidates for a photo of the library."""
        where, source = regions_of(query), self.vectors[row]
        weights = np.zeros(len(where.coverage), np.float32)
        np.add.at(weights, where.border.inside, where.border.weight)
        weights = np.repeat(weights, 3)
        wanted = np.concatenate([2 * weights * source, -weights])
        wanted /= np.linalg.norm(wanted)
        apart = np.square(self.vectors - source) @ weights
        return {
            "whole": lambda count: self.whole.search(source, count, threads=1).keys,
            "border": lambda count: self.border.search(wanted, count, threads=1).keys,
            "border, without an index": lambda count: np.argsort(apart)[:count],
        }


def recalls(
    editor: AbstractEditor,
    library: Library,
    sources: int,
    on_progress: Callable[[int, int], None],
) -> tuple[list[Recall], float]:
    """Search for some photos of the library, drawn at random, and for each region.

    Returns:
        What indices find, and the median processor time of an exact search, in seconds.
    """
    indices, found, seconds = Indices(library), defaultdict(list), []
    drawn = np.random.default_rng(0).choice(len(library), sources, replace=False)
    for done, row in enumerate(drawn.tolist()):
        on_progress(done, sources)
        for query in _queries(editor, library, row):
            start = time.process_time()
            suggest(library, query, SuggestConfig(top=BEST))
            seconds.append(time.process_time() - start)
            score = Scoring(library=library, query=query, config=SuggestConfig())
            exact = score(slice(0, len(library)))
            best = exact.best(BEST).rows
            searches = indices.searches(row, query)
            by_seam = exact.rows[np.argsort(exact.seam)]
            searches["seam, exact"] = lambda count, order=by_seam: order[:count]
            for name, search in searches.items():
                for count in CANDIDATES:
                    found[name, count].append(float(np.isin(best, search(count)).mean()))
    on_progress(sources, sources)
    measured = [
        Recall(index=name, candidates=count, recall=round(float(np.mean(shares)), 3))
        for (name, count), shares in found.items()
    ]
    return measured, round(float(np.median(seconds)), 4)


def _queries(editor: AbstractEditor, library: Library, row: int) -> Iterator[Query]:
    scale = editor.image_size / BOXES_SIZE
    for box in BOXES:
        left, top, width, height = (round(edge * scale) for edge in box)
        mask = box_mask((left, top, width, height), editor.image_size)
        yield Query(stylemap=library.stylemap(row), mask=mask)


def _index(vectors: Vectors, metric: str) -> Any:
    try:
        usearch = import_module("usearch.index")
    except ModuleNotFoundError:
        raise StyleMapGANError("This needs usearch: pip install usearch") from None
    index = usearch.Index(
        ndim=vectors.shape[1],
        metric=metric,
        dtype="f32",
        connectivity=CONNECTIVITY,
        expansion_add=WHILE_BUILDING,
        expansion_search=WHILE_SEARCHING,
    )
    index.add(np.arange(len(vectors)), vectors, threads=1)
    return index

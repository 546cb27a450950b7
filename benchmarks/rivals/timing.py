"""How much processor time methods take for one photo."""

import time
from collections.abc import Callable
from statistics import median

from benchmarks.rivals.demonstrations import Demonstrations
from stylemapgan.editing import Edit, Part
from stylemapgan.methods.abstract import AbstractMethod

RUNS = {"one pass": 10, "optimisation": 2}
"""Repetitions behind each time, by what encoding a photo takes."""


def time_method(method: AbstractMethod, shown: Demonstrations) -> dict[str, float]:
    """Measure the processor time of a photo's reconstruction and of an edit: medians, in seconds.

    An edit begins with encoded photos, as a session of editing does.
    """
    fresh, runs = method.for_timing(), RUNS[method.capabilities.time]
    found = {}

    def reconstruct(row: int) -> None:
        fresh.decode(fresh.encode(shown.photos[row : row + 1]))

    if method.can("reconstructs"):
        found["photo"] = _median_time(reconstruct, len(shown.photos), runs)
    if method.can("edits_by_mask"):
        sources, references = method.encode(shown.sources), method.encode(shown.references)

        def edit(row: int) -> None:
            rows = slice(row, row + 1)
            part = Part(reference=references[rows], mask=shown.masks[rows])
            fresh.decode(fresh.edit(sources[rows], Edit(parts=(part,))))

        found["edit"] = _median_time(edit, len(shown.sources), runs)
    return found


def _median_time(work: Callable[[int], None], rows: int, runs: int) -> float:
    seconds = []
    for run in range(runs):
        begin = time.process_time()
        work(run % rows)
        seconds.append(time.process_time() - begin)
    return median(seconds)

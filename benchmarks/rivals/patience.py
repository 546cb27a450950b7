"""Error of reconstructions against the processor time that each photo gets."""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.machine import describe_machine
from benchmarks.rivals.demonstrations import Demonstrations, read_demonstrations
from benchmarks.rivals.entries import Entry, first_entries
from benchmarks.rivals.measuring import Bench
from benchmarks.rivals.training import newest_snapshot
from stylemapgan.config.optimising import AS_PUBLISHED, OptimisationConfig
from stylemapgan.config.refining import RefineConfig
from stylemapgan.editing import Editor
from stylemapgan.editing.refinement import refine
from stylemapgan.errors import DataError
from stylemapgan.images.atomic import replacing
from stylemapgan.images.levels import to_numpy
from stylemapgan.methods.abstract import AbstractMethod
from stylemapgan.types import Images

STEPS = (1, 3, 10, 30, 100, 300, 1_000, 3_000, 10_000)
"""Steps for each photo after which the error is measured, each time from the start."""
LONGEST = 60.0
"""Seconds a photo after which a curve ends."""
PHOTOS = 4
"""Photos that a point is the mean of."""
REFINED = "w-plus"
"""The method of StyleMapGAN whose stylemap can be refined."""

Work = Callable[[], Images]
"""Reconstructs all photos."""


@dataclass(frozen=True, kw_only=True)
class Point:
    """What a number of steps costs and brings."""

    steps: int
    """Steps for each photo; 0 for one pass of an encoder."""
    seconds: float
    """Processor time for each photo."""
    mse: float
    """Mean squared error on [-1, 1]."""


@dataclass(frozen=True, kw_only=True)
class Curve:
    """A method's points, in the order of their steps."""

    entry: str
    points: tuple[Point, ...]


def measure_curve(bench: Bench, entry: Entry) -> Curve:
    """Measure a method with more and more steps, and write the curve beside the results."""
    folder = bench.data / entry.cell.data
    shown = read_demonstrations(entry.cell.data, folder, bench.budget.image_size)
    photos = shown.photos[:PHOTOS]
    weights = newest_snapshot(bench.output / entry.cell.name)
    points: list[Point] = []
    for steps, work in _works(entry, weights, shown):
        begin = time.process_time()
        pictures = work()
        seconds = (time.process_time() - begin) / len(photos)
        error = float(np.square(np.clip(pictures, -1, 1) - photos).mean())
        if points and error == points[-1].mse:
            break  # the method takes no more steps than these
        points.append(Point(steps=steps, seconds=seconds, mse=error))
        if seconds > LONGEST:
            break
    curve = Curve(entry=entry.name, points=tuple(points))
    write_curve(bench.output / "results" / "patience", curve)
    return curve


def write_curve(folder: Path, curve: Curve) -> None:
    """Write a curve, with the machine."""
    folder.mkdir(parents=True, exist_ok=True)
    values = {**asdict(curve), "machine": asdict(describe_machine())}
    with replacing(folder / f"{curve.entry}.json") as unfinished:
        unfinished.write_text(json.dumps(values, indent=1) + "\n", "utf-8")


def read_curves(folder: Path) -> list[Curve]:
    """Read all curves of a folder, in the order of the tables.

    Raises:
        DataError: A file is damaged.
    """
    found = []
    for entry in first_entries():
        path = folder / f"{entry.name}.json"
        if path.exists():
            try:
                values = json.loads(path.read_text("utf-8"))
                points = tuple(Point(**point) for point in values["points"])
            except (KeyError, TypeError, ValueError) as error:
                raise DataError(f"{path} is damaged ({error}): measure again.") from None
            found.append(Curve(entry=entry.name, points=points))
    return found


def _works(entry: Entry, weights: Path, shown: Demonstrations) -> Iterator[tuple[int, Work]]:
    """List the numbers of steps, and what reconstructs the photos with them."""
    method = entry.open(weights, AS_PUBLISHED)
    if method.capabilities.time == "one pass":
        yield 0, partial(_reconstruct, method, shown)
    else:
        for steps in STEPS:
            limited = method.cut_short(OptimisationConfig(steps=steps)).for_timing()
            yield steps, partial(_reconstruct, limited, shown)
    if entry.method == REFINED:
        editor = Editor.load(weights, precision="32-true")
        for steps in STEPS:
            yield steps, partial(_refine, editor, shown.photos[:PHOTOS], RefineConfig(steps=steps))


def _reconstruct(method: AbstractMethod, shown: Demonstrations) -> Images:
    return to_numpy(method.decode(shown.encode(method, "photos", slice(PHOTOS))))


def _refine(editor: Editor, photos: Images, config: RefineConfig) -> Images:
    refined = [refine(editor, photo[None], config).stylemap for photo in photos]
    return np.concatenate([to_numpy(editor.decode(stylemap)) for stylemap in refined])

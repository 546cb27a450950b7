"""`python -m benchmarks.own_portraits FACES`: how well the square around a face is found.

FACES holds folders of square, aligned portraits. They are put into larger canvases at known
places, turns and scales (see `portrait_canvases`), and every finder looks for them. A finder
misses a portrait if it finds nothing, or a square whose centre is more than half a side away;
errors are those of the others. With `--model` squares are refined, too. Needs the extras `faces`
and `directions`: photos that come with scikit-learn surround the portraits.
"""

import argparse
import math
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np
from rich.console import Console

from benchmarks.machine import describe_source
from benchmarks.portrait_canvases import PlacedPortrait, placed_portraits
from stylemapgan.cli.bars import Bar
from stylemapgan.editing import AbstractEditor, open_editor
from stylemapgan.editing.framing import find_square
from stylemapgan.editing.photo import FINDERS, Find, FullPhoto, Square
from stylemapgan.errors import ImageError
from stylemapgan.machine.precision import processor_name

MISSED = 0.5
"""A square whose centre is farther from the true one, in sides, is a miss."""
SIDE, CENTRE = 0.1, 0.03
"""What nine in ten portraits are to stay below: error of the side, and of the centre in sides."""
HEADER = (
    "| portraits | finder | missed | side p50 / p90 | within 10 % | centre p50 / p90 | within 3 % "
    "| rotation p50 / p90 | ms a photo |"
)

Finder = Callable[[FullPhoto], Square]


@dataclass(frozen=True)
class Errors:
    """How far found squares are off."""

    missed: int = 0
    seconds: list[float] = field(default_factory=list)
    side: list[float] = field(default_factory=list)
    """|found / true - 1|."""
    centre: list[float] = field(default_factory=list)
    """Distance of the centres, in true sides."""
    rotation: list[float] = field(default_factory=list)
    """Degrees."""

    @property
    def count(self) -> int:
        """How many portraits were looked for."""
        return len(self.seconds)

    def add(self, found: Square | None, true: Square, seconds: float) -> None:
        """Count one portrait; None means that the finder found nothing."""
        self.seconds.append(seconds)
        if found is None:
            return
        centre = math.hypot(found.x - true.x, found.y - true.y) / true.side
        if centre <= MISSED:
            self.side.append(abs(found.side / true.side - 1))
            self.centre.append(centre)
            self.rotation.append(abs((found.rotation - true.rotation + 180) % 360 - 180))

    def cells(self) -> list[str]:
        """Give the figures of a row of the table."""
        missed = 1 - len(self.side) / self.count
        if not self.side:
            return [f"{missed:.1%}", *("" for _ in range(5)), f"{1000 * self._usual:.0f}"]
        return [
            f"{missed:.1%}",
            _quantiles(self.side, percent=True),
            f"{np.mean(np.array(self.side) <= SIDE):.0%}",
            _quantiles(self.centre, percent=True),
            f"{np.mean(np.array(self.centre) <= CENTRE):.0%}",
            _quantiles(self.rotation, percent=False),
            f"{1000 * self._usual:.0f}",
        ]

    @property
    def _usual(self) -> float:
        return float(np.median(self.seconds))


def measure(
    portraits: Sequence[PlacedPortrait], finder: Finder, show: Callable[[int], None]
) -> Errors:
    """Find the square of each portrait.

    Args:
        portraits: Photos with their true squares.
        finder: Finds a square, or raises an `ImageError`.
        show: Called with how many are done.
    """
    errors = Errors()
    for number, portrait in enumerate(portraits):
        begun = time.perf_counter()
        try:
            found = finder(portrait.photo)
        except ImageError:
            found = None
        errors.add(found, portrait.square, time.perf_counter() - begun)
        show(number + 1)
    return errors


def surrounding_photos() -> list[Path]:
    """Find photos without faces: the two that come with scikit-learn."""
    import sklearn.datasets

    folder = Path(sklearn.datasets.__file__).parent / "images"
    return sorted(folder.glob("*.jpg"))


def read_groups(faces: Path, half: str, most: int | None) -> dict[str, list[Path]]:
    """List portraits: half of the synthetic ones, and validation or training portraits.

    Args:
        faces: Folder with `synthetic`, `val` and `train`.
        half: `report` for every second synthetic portrait and `val`; `tune` for the others and
            `train`.
        most: Most portraits of each, spread evenly.
    """
    first, real = (1, "val") if half == "report" else (0, "train")
    groups = {
        "synthetic": sorted((faces / "synthetic").glob("*.jpg"))[first::2],
        real: sorted((faces / real).glob("*.jpg")),
    }
    if most is None:
        return groups
    return {name: files[:: math.ceil(len(files) / most)] for name, files in groups.items()}


def finders_with(model: str | None) -> dict[str, Finder]:
    """List the finders; with a model also that of its framing, refined."""
    finders: dict[str, Finder] = {**FINDERS}
    if model is None:
        return finders
    editor = open_editor(model)
    if editor.framing is None:
        raise SystemExit(f"{model} has no framing: learn one with `stylemapgan framing`.")
    finders[f"{editor.framing.find}, refined"] = _refined(editor, editor.framing.find)
    return finders


def _refined(editor: AbstractEditor, find: Find) -> Finder:
    return lambda photo: find_square(editor, photo, find)


def main() -> int:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("faces", type=Path)
    parser.add_argument("--half", choices=("report", "tune"), default="report")
    parser.add_argument("--model", help="also refine what the face finder finds by this model")
    parser.add_argument("--most", type=int, help="most portraits of each kind")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    others, finders = surrounding_photos(), finders_with(given.model)
    print(f"{processor_name()}; commit {describe_source().commit}; seed {given.seed}.\n")
    print(HEADER)
    print("| --- | --- |" + " ---: |" * 7, flush=True)
    with Bar(Console(stderr=True)) as bar:
        for group, files in read_groups(given.faces, given.half, given.most).items():
            portraits = []
            for portrait in placed_portraits(files, others, given.seed):
                portraits.append(portrait)
                bar.show(f"placing {group}", len(portraits), len(files))
            for name, finder in finders.items():
                show = partial(bar.show, f"{group}, {name}", total=len(files))
                errors = measure(portraits, finder, show)
                cells = (f"{group}, {errors.count}", name, *errors.cells())
                print("| " + " | ".join(cells) + " |", flush=True)
    return 0


def _quantiles(values: Sequence[float], *, percent: bool) -> str:
    middle, most = np.quantile(values, (0.5, 0.9))
    return f"{middle:.1%} / {most:.1%}" if percent else f"{middle:.1f} / {most:.1f}"


if __name__ == "__main__":
    sys.exit(main())

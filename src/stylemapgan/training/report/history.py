"""The history of a run, read from its folder."""

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float64

from stylemapgan.config import RunConfig, read_toml
from stylemapgan.errors import TrainingError
from stylemapgan.training.journal import Journal


@dataclass(frozen=True, eq=False)
class Curve:
    """Values over images seen."""

    x: Float64[np.ndarray, " points"]
    y: Float64[np.ndarray, " points"]

    def __len__(self) -> int:
        return len(self.x)

    def since(self, images_seen: int) -> "Curve":
        """Return the part from `images_seen` on."""
        return Curve(self.x[self.x >= images_seen], self.y[self.x >= images_seen])

    def last(self, share: float) -> "Curve":
        """Return the newest share of the points, at least one if there is any."""
        start = min(int(len(self) * (1 - share)), len(self) - 1) if len(self) else 0
        return Curve(self.x[start:], self.y[start:])

    def halves(self) -> tuple[float, float]:
        """Compute the means of the older and the newer half."""
        middle = len(self) // 2
        return float(self.y[:middle].mean()), float(self.y[middle:].mean())

    @property
    def mean(self) -> float:
        """Mean of all values."""
        return float(self.y.mean())


@dataclass(frozen=True)
class History:
    """Configuration and journal of a run."""

    config: RunConfig
    entries: list[dict[str, Any]]
    """Lines of the journal."""
    snapshots: tuple[str, ...] = ()
    """File names of the remaining snapshots, oldest first."""
    samples: tuple[Path, ...] = field(default=())
    """Sample sheets, oldest first."""

    @property
    def images_seen(self) -> int:
        """Images seen so far."""
        return self.entries[-1]["images"]

    @cached_property
    def losses(self) -> dict[str, Curve]:
        """Every loss, by name."""
        return self._curves("losses")

    @cached_property
    def validation(self) -> dict[str, Curve]:
        """Every validation figure, by name."""
        return self._curves("validation")

    @cached_property
    def learning_rates(self) -> dict[str, Curve]:
        """Learning rates of all optimisers, by what they train."""
        return self._curves("learning_rates")

    @cached_property
    def phases(self) -> dict[str, int]:
        """Images seen at which phases begin, by name; empty in journals that lack them."""
        noted = [entry["phases"] for entry in self.entries if "phases" in entry]
        return noted[-1] if noted else {}

    @cached_property
    def speed(self) -> Curve:
        """Images per second."""
        key = "images_per_second"
        return _curve([(entry["images"], entry[key]) for entry in self.entries if key in entry])

    @cached_property
    def machines(self) -> list[tuple[int, dict[str, str]]]:
        """Machines the run computed on, each with the images seen when it started there."""
        return [(entry["images"], entry["machine"]) for entry in self.entries if "machine" in entry]

    @cached_property
    def logged_warnings(self) -> list[tuple[int, str]]:
        """Warnings that the run logged, each with the images seen."""
        return [
            (entry["images"], str(entry["warning"])) for entry in self.entries if "warning" in entry
        ]

    @property
    def seconds(self) -> float:
        """Time spent on updates, from the speed and the images between log entries."""
        steps = np.diff(self.speed.x, prepend=0)
        is_timed = self.speed.y > 0
        return float((steps[is_timed] / self.speed.y[is_timed]).sum())

    def loss(self, name: str) -> Curve:
        """Return one loss; empty if the run did not compute it."""
        return self.losses.get(name, _curve([]))

    def _curves(self, kind: str) -> dict[str, Curve]:
        points: dict[str, list[tuple[int, int | float]]] = {}
        for entry in self.entries:
            for name, value in entry.get(kind, {}).items():
                points.setdefault(name, []).append((entry["images"], value))
        return {name: _curve(each) for name, each in points.items()}


def read_history(folder: Path) -> History:
    """Read what a run has written so far.

    Raises:
        TrainingError: The folder does not hold a run, or its journal has no losses yet.
        ConfigError: Its configuration cannot be read.
    """
    config_file = folder / "config.toml"
    if not config_file.is_file():
        raise TrainingError(
            f"{folder} does not hold a run: config.toml is missing. "
            "Give a folder that `stylemapgan train --run` wrote."
        )
    config = read_toml(config_file)
    entries = Journal(folder / "journal.jsonl").entries()
    if not any("losses" in entry for entry in entries):
        raise TrainingError(
            f"The journal of {folder} has no losses yet; try again after a few updates."
        )
    return History(
        config=config,
        entries=entries,
        snapshots=tuple(sorted(path.name for path in (folder / "snapshots").glob("*.safetensors"))),
        samples=tuple(sorted((folder / "samples").glob("*.png"))),
    )


def _curve(points: list[tuple[int, int | float]]) -> Curve:
    x, y = np.array(points, dtype=np.float64).reshape(-1, 2).T
    return Curve(x, y)


ENOUGH = 100
"""Log entries of a loss that a check needs; fewer are too noisy."""


@dataclass(frozen=True)
class Concern:
    """A warning of a check: what it found, why it matters, and what to change."""

    title: str
    text: str

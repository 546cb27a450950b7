"""What a run's folder tells about the run."""

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
        """The part from a point on."""
        return Curve(self.x[self.x >= images_seen], self.y[self.x >= images_seen])

    def last(self, share: float) -> "Curve":
        """The newest share of the points; at least one, where there is one."""
        start = min(int(len(self) * (1 - share)), len(self) - 1) if len(self) else 0
        return Curve(self.x[start:], self.y[start:])

    def halves(self) -> tuple[float, float]:
        """Mean of the older and of the newer half."""
        middle = len(self) // 2
        return float(self.y[:middle].mean()), float(self.y[middle:].mean())

    @property
    def mean(self) -> float:
        """Mean of all values."""
        return float(self.y.mean())


@dataclass(frozen=True)
class History:
    """Settings and journal of a run."""

    config: RunConfig
    entries: list[dict[str, Any]]
    """Lines of the journal."""
    snapshots: tuple[str, ...] = ()
    """File names of the snapshots that are still there, oldest first."""
    samples: tuple[Path, ...] = field(default=())
    """Sample sheets, oldest first."""

    @property
    def images_seen(self) -> int:
        """How far the run is."""
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
    def speed(self) -> Curve:
        """Images per second."""
        key = "images_per_second"
        return _curve([(entry["images"], entry[key]) for entry in self.entries if key in entry])

    @cached_property
    def machines(self) -> list[tuple[int, dict[str, str]]]:
        """What the run computed on, and from where on."""
        return [(entry["images"], entry["machine"]) for entry in self.entries if "machine" in entry]

    @cached_property
    def told(self) -> list[tuple[int, str]]:
        """What the run warned of, and when."""
        return [
            (entry["images"], str(entry["warning"])) for entry in self.entries if "warning" in entry
        ]

    @property
    def seconds(self) -> float:
        """Time spent on updates, from the speed and the images between two looks."""
        steps = np.diff(self.speed.x, prepend=0)
        is_timed = self.speed.y > 0
        return float((steps[is_timed] / self.speed.y[is_timed]).sum())

    def loss(self, name: str) -> Curve:
        """One loss; empty if the run never had it."""
        return self.losses.get(name, _curve([]))

    def _curves(self, kind: str) -> dict[str, Curve]:
        points: dict[str, list[tuple[int, int | float]]] = {}
        for entry in self.entries:
            for name, value in entry.get(kind, {}).items():
                points.setdefault(name, []).append((entry["images"], value))
        return {name: _curve(each) for name, each in points.items()}


def read_history(folder: Path) -> History:
    """Read what a run wrote so far.

    Raises:
        TrainingError: The folder is no run, or the run has not written anything yet.
        ConfigError: Its settings cannot be read.
    """
    settings = folder / "config.toml"
    if not settings.is_file():
        raise TrainingError(
            f"{folder} is no run: there is no config.toml in it. "
            "Give the folder that `stylemapgan train --run` wrote."
        )
    config = read_toml(settings)
    entries = Journal(folder / "journal.jsonl").entries()
    if not any("losses" in entry for entry in entries):
        raise TrainingError(
            f"{folder} has no journal of losses yet: it starts after a few updates; try again then."
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
"""Looks at the losses before anything is said: fewer are too noisy to judge."""


@dataclass(frozen=True)
class Concern:
    """What was seen, why it matters, and what to change."""

    title: str
    text: str

"""What is trained: every trained method on every data set, some with several seeds."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from benchmarks.choosing import choose_named

DataName = Literal["faces-64", "avatars-64", "hands-64"]
MethodName = Literal["backbone", "stylemapgan", "alae", "ali", "bigan", "structured-noise", "sean"]
REPEATED: tuple[MethodName, ...] = ("stylemapgan", "backbone")
"""Methods that are trained with further seeds."""
FURTHER_SEEDS = (1, 2)


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One training run."""

    data: DataName
    method: MethodName
    seed: int = 0

    @property
    def name(self) -> str:
        """Name of its folder and of its results."""
        return f"{self.data}-{self.method}-{self.seed}"


def all_cells() -> list[Cell]:
    """List all cells in the order in which they are trained: further seeds come last."""
    first = [
        Cell(data=data, method=method)
        for data in get_args(DataName)
        for method in get_args(MethodName)
    ]
    return first + [
        Cell(data=data, method=method, seed=seed)
        for seed in FURTHER_SEEDS
        for data in get_args(DataName)
        for method in REPEATED
    ]


def choose(names: Sequence[str]) -> list[Cell]:
    """Look up cells by name; all if none is given.

    Raises:
        ConfigError: A name is unknown.
    """
    return choose_named(all_cells(), names, "cell")

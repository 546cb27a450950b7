"""What is measured: every method that a trained cell opens."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.choosing import choose_named
from benchmarks.rivals.cells import Cell, MethodName, all_cells
from stylemapgan.config.optimising import OptimisationConfig
from stylemapgan.editing import Editor
from stylemapgan.methods.abstract import AbstractMethod
from stylemapgan.methods.registry import open_file, open_methods

OPENED: Mapping[MethodName, tuple[str, ...]] = {
    "stylemapgan": ("w", "w-plus", "w-plus-detail", "copy-pixels", "poisson"),
    "backbone": (
        "image2stylegan",
        "in-domain",
        "neural-collage",
        "pix2latent",
        "editing-in-style",
    ),
    "alae": ("alae",),
    "ali": ("ali",),
    "bigan": ("bigan",),
    "sean": ("sean",),
    "structured-noise": ("structured-noise",),
}
"""Trained method → methods that its weights open."""
NEED_NO_WEIGHTS = ("copy-pixels", "poisson")
"""Methods that a further seed would not change."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A row of the tables: a method with the weights of a cell."""

    cell: Cell
    method: str

    @property
    def name(self) -> str:
        """Name of its results."""
        return f"{self.cell.data}-{self.method}-{self.cell.seed}"

    def open(self, weights: Path, limits: OptimisationConfig) -> AbstractMethod:
        """Open the method.

        Args:
            weights: Model file of the cell.
            limits: How far it goes for each photo if it optimises.
        """
        if self.cell.method == "stylemapgan":
            return open_methods(Editor.load(weights, precision="32-true"), [self.method])[0]
        methods = {method.name: method for method in open_file(weights)}
        return methods[self.method].cut_short(limits)


def all_entries() -> list[Entry]:
    """List all entries in the order of the tables."""
    return [
        Entry(cell=cell, method=method)
        for cell in all_cells()
        for method in OPENED[cell.method]
        if cell.seed == 0 or method not in NEED_NO_WEIGHTS
    ]


def first_entries() -> list[Entry]:
    """List the entries of seed 0, which figure and sheets show."""
    return [entry for entry in all_entries() if entry.cell.seed == 0]


def choose_entries(names: Sequence[str]) -> list[Entry]:
    """Look up entries by name; all if none is given.

    Raises:
        ConfigError: A name is unknown.
    """
    return choose_named(all_entries(), names, "entry")

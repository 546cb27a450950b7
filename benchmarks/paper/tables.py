"""The tables of the ablation, as Markdown."""

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.markdown import show, table
from benchmarks.paper.results import Result
from benchmarks.paper.variants import BASE_SIZE, JOINT, VARIANTS, WIDE_VECTOR

SPACES = {"w": "w", "w-plus": "w⁺"}
"""Name of the latent space in figures → in tables."""
BASELINES = ("copy pixels", "do nothing")
"""Edits that need no model."""


@dataclass(frozen=True, kw_only=True)
class Column:
    """A figure of every row; `{}` in its key stands for the space that is edited in."""

    title: str
    task: str
    key: str


QUALITY = (
    Column(title="MSE", task="reconstruction", key="mse"),
    Column(title="feature distance", task="reconstruction", key="feature-distance"),
    Column(title="Fréchet, random", task="generation", key="frechet (random)"),
    Column(title="Fréchet, interpolated", task="interpolation", key="frechet (between photos)"),
)
HALVES = (
    Column(title="halves: MSE_src", task="local-editing", key="mse-src (halves, {})"),
    Column(title="halves: MSE_ref", task="local-editing", key="mse-ref (halves, {})"),
    Column(title="halves: seam", task="local-editing", key="seam (halves, {})"),
)
SWAP = (
    Column(title="swap: MSE", task="swap", key="mse ({})"),
    Column(title="swap: MSE inside", task="swap", key="mse-inside ({})"),
)


def to_markdown(results: Sequence[Result]) -> str:
    """Write all tables that have results."""
    parts = []
    for data in dict.fromkeys(result.data for result in results):
        of_sizes = _of_sizes(results, data)
        parts.append(f"### Stylemap size, {data}\n\n{_quality_of_sizes(of_sizes)}")
        parts.append(f"### Edits in w and in w⁺, {data}\n\n{_edits(of_sizes)}")
        of_variants = _of_variants(results, data)
        if len(of_variants) > 1:
            parts.append(f"### Training and losses, {data}\n\n{_variants(of_variants)}")
    return "\n\n".join(parts) + "\n"


def _of_sizes(results: Sequence[Result], data: str) -> list[Result]:
    """Select results that differ in the stylemap's size, smallest first."""
    names = (JOINT.name, WIDE_VECTOR.name)
    found = [each for each in results if each.data == data and each.variant in names]
    return sorted(found, key=lambda each: (each.stylemap_size, names.index(each.variant)))


def _of_variants(results: Sequence[Result], data: str) -> list[Result]:
    """Select results that differ in training, the complete one first."""
    names = [variant.name for variant in VARIANTS]
    found = [
        each
        for each in results
        if (each.data, each.stylemap_size) == (data, BASE_SIZE) and each.variant in names
    ]
    return sorted(found, key=lambda each: names.index(each.variant))


def _quality_of_sizes(results: Sequence[Result]) -> str:
    columns = _measured(QUALITY, results)
    rows = [
        [_size(each), f"{each.parameters / 1e6:.2f} M", *_cells(each, columns)] for each in results
    ]
    return table(["stylemap", "parameters", *(column.title for column in columns)], rows)


def _edits(results: Sequence[Result]) -> str:
    columns = _measured((*HALVES, *SWAP), results)
    rows = [
        [_size(each), title, *_cells(each, columns, space)]
        for each in results
        for space, title in SPACES.items()
    ]
    rows += [["no model", title, *_cells(results[0], columns, title)] for title in BASELINES]
    return table(["stylemap", "edited in", *(column.title for column in columns)], rows, 2)


def _variants(results: Sequence[Result]) -> str:
    columns = _measured((*QUALITY, *SWAP), results)
    rows = [[each.meaning, *_cells(each, columns, "w-plus")] for each in results]
    return table(["variant", *(column.title for column in columns)], rows)


def _measured(columns: Sequence[Column], results: Sequence[Result]) -> list[Column]:
    """Remove columns without results."""
    return [
        column
        for column in columns
        if any(each.figure(column.task, column.key.format("w-plus")) for each in results)
    ]


def _cells(result: Result, columns: Sequence[Column], space: str = "") -> list[str]:
    return [show(result.figure(column.task, column.key.format(space))) for column in columns]


def _size(result: Result) -> str:
    size = result.stylemap_size
    shape = "vector" if size == 1 else f"{size}x{size}"
    return f"{shape}, 512 channels" if result.variant == WIDE_VECTOR.name else shape


def missing_cells(results: Sequence[Result], names: Sequence[str]) -> list[str]:
    """List the cells that have no result yet."""
    done = {result.cell for result in results}
    return [name for name in names if name not in done]

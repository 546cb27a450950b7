"""Figures of a task as tables: a list, or a matrix where several have the same variants."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from stylemapgan.evaluation.findings import Figure
from stylemapgan.evaluation.report.numbers import NOTHING, headed, show_interval, show_value
from stylemapgan.pages.blocks import Block, Cell, Definitions, Details, Dot, Dots, Table

LONGEST = 12
"""Rows of a matrix, or dots of a chart, that are visible at first; the rest is folded."""
IN_COMMON = 0.5
"""Least share of variants that figures in one matrix have in common."""

Columns = Mapping[str, Mapping[str, Figure]]
"""Name of a figure → variant → the figure."""


@dataclass(frozen=True)
class Arranged:
    """Figures of a task, by how they are shown."""

    listed: Sequence[Figure]
    matrices: Sequence[Columns]


def arrange(figures: Sequence[Figure]) -> Arranged:
    """Put figures of the same variants side by side; all others into a list."""
    by_name: dict[str, dict[str, Figure]] = {}
    for figure in figures:
        by_name.setdefault(figure.name, {})[figure.variant] = figure
    together: list[dict[str, dict[str, Figure]]] = []
    for name, variants in by_name.items():
        found = (group for group in together if _fits(variants, group))
        group = next(found, None) if len(variants) > 1 else None
        if group is None:
            together.append({name: variants})
        else:
            group[name] = variants
    alone = {name for group in together if len(group) == 1 for name in group}
    return Arranged(
        [figure for figure in figures if figure.name in alone],
        [group for group in together if len(group) > 1],
    )


def figure_blocks(figures: Sequence[Figure], confidence: float) -> Iterator[Block]:
    """Show the figures of a task: lists, matrices, and charts of its main figures."""
    arranged = arrange(figures)
    for columns in arranged.matrices:
        yield from _matrix(columns)
    if arranged.listed:
        yield list_table(arranged.listed, confidence)
    yield from _charts(figures, arranged.matrices)


def list_table(figures: Sequence[Figure], confidence: float) -> Table:
    """Show one figure a row."""
    has_variants = any(figure.variant for figure in figures)
    rows = [
        [
            Cell(headed(figure), is_strong=figure.is_main),
            *([figure.variant] if has_variants else []),
            Cell(show_value(figure.estimate), is_strong=figure.is_main),
            show_interval(figure.estimate),
            f"{figure.estimate.count:,}",
        ]
        for figure in figures
    ]
    variant = ["of"] if has_variants else []
    columns = ["figure", *variant, "value", f"{100 * confidence:g} % interval", "n"]
    return Table(columns, rows, keeps_first=True)


def definitions(figures: Sequence[Figure]) -> Details:
    """Define every figure, once for all variants of one definition."""
    meanings: dict[str, dict[str, list[str]]] = {}
    for figure in figures:
        variants = meanings.setdefault(figure.title, {}).setdefault(figure.about, [])
        variants.append(figure.variant)
    items = {
        title if len(abouts) == 1 else f"{title}: {', '.join(variants)}": about
        for title, abouts in meanings.items()
        for about, variants in abouts.items()
    }
    return Details("Definitions and sources", [Definitions(items)])


def _fits(variants: Mapping[str, Figure], group: Columns) -> bool:
    shared = [len(variants.keys() & other.keys()) for other in group.values()]
    sizes = [min(len(variants), len(other)) for other in group.values()]
    return all(both > IN_COMMON * size for both, size in zip(shared, sizes, strict=True))


def _matrix(columns: Columns) -> Iterator[Block]:
    """Show one variant a row, one figure a column; the end of a long matrix is folded."""
    variants = _variants(columns)
    shown = _shown_at_once(columns)
    yield _matrix_of(variants[:shown], columns)
    if shown < len(variants):
        rest = variants[shown:]
        yield Details(f"{len(rest)} more rows, from {rest[0]}", [_matrix_of(rest, columns)])


def _variants(columns: Columns) -> list[str]:
    return list(dict.fromkeys(variant for each in columns.values() for variant in each))


def _shown_at_once(columns: Columns) -> int:
    """Cut a long matrix where rows begin that have fewer figures than the first, or anywhere."""
    variants = _variants(columns)
    if len(variants) <= LONGEST:
        return len(variants)
    filled = [sum(variant in each for each in columns.values()) for variant in variants]
    fewer = (row for row, count in enumerate(filled) if count < filled[0])
    return min(next(fewer, LONGEST), LONGEST)


def _matrix_of(variants: Sequence[str], columns: Columns) -> Table:
    """Show some of the variants, and the figures that they have."""
    used = {
        name: each for name, each in columns.items() if any(variant in each for variant in variants)
    }
    firsts = [next(iter(each.values())) for each in used.values()]
    titles = ["", *(headed(figure) for figure in firsts), "n"]
    rows = [_matrix_row(variant, used) for variant in variants]
    if all(row[-1] == NOTHING for row in rows):
        titles, rows = titles[:-1], [row[:-1] for row in rows]
    return Table(titles, rows, keeps_first=True)


def _matrix_row(variant: str, columns: Columns) -> list[str | Cell]:
    found = [each.get(variant) for each in columns.values()]
    counts = {f"{figure.estimate.count:,}" for figure in found if figure is not None}
    is_main = any(figure is not None and figure.is_main for figure in found)
    return [
        Cell(variant or "all", is_strong=is_main),
        *(NOTHING if figure is None else value_cell(figure) for figure in found),
        counts.pop() if len(counts) == 1 else NOTHING,
    ]


def value_cell(figure: Figure) -> Cell:
    """Put the interval below the figure."""
    estimate = figure.estimate
    return Cell(show_value(estimate), show_interval(estimate), is_strong=figure.is_main)


def _charts(figures: Sequence[Figure], matrices: Sequence[Columns]) -> Iterator[Dots]:
    """Draw the main figures that have variants: those visible at first in their matrix."""
    first = {name: _variants(each)[: _shown_at_once(each)] for each in matrices for name in each}
    for name in dict.fromkeys(figure.name for figure in figures if figure.is_main):
        found = [figure for figure in figures if figure.name == name]
        shown = [figure for figure in found if figure.variant in first.get(name, [figure.variant])]
        if len(shown) > 2:
            dots = [dot(figure, figure.variant) for figure in shown[:LONGEST]]
            yield Dots(headed(shown[0]), dots)


def dot(figure: Figure, label: str) -> Dot:
    """Draw a figure as a dot."""
    estimate = figure.estimate
    return Dot(
        label or "all",
        estimate.value,
        show_value(estimate),
        low=estimate.low,
        high=estimate.high,
        is_strong=figure.is_main,
    )

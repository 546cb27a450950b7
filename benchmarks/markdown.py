"""Tables of figures with intervals, as Markdown."""

import math
from collections.abc import Sequence

from stylemapgan.metrics.intervals import Estimate

MISSING = "-"
DIGITS = 3
"""Significant digits of a figure."""


def table(head: Sequence[str], rows: Sequence[Sequence[str]], labels: int = 1) -> str:
    """Write a table.

    Args:
        head: Titles of the columns.
        rows: As many cells each.
        labels: Columns of words, which come first; numbers are aligned to the right.
    """
    alignment = [*["---"] * labels, *["---:"] * (len(head) - labels)]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in (head, alignment, *rows))


def show(estimate: Estimate | None) -> str:
    """Format a value and its interval, with equal decimals."""
    if estimate is None:
        return MISSING
    decimals = _decimals(estimate.value)
    value = f"{estimate.value:,.{decimals}f}"
    if math.isnan(estimate.low):
        return value
    return f"{value} ({estimate.low:,.{decimals}f} to {estimate.high:,.{decimals}f})"


def show_number(value: float) -> str:
    """Format a number without an interval."""
    return f"{value:,.{_decimals(value)}f}"


def _decimals(value: float) -> int:
    if value == 0:
        return 0
    return max(DIGITS - 1 - math.floor(math.log10(abs(value))), 0)

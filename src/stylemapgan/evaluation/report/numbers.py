"""Figures as people read them: as many digits as the interval says are worth reading."""

import math

from stylemapgan.evaluation.findings import Better
from stylemapgan.metrics.intervals import Estimate

DIGITS_OF_SPREAD = 2
"""Digits that half the interval is written with; the figure has as many decimals."""
DIGITS_WITHOUT_INTERVAL = 4
MOST_DIGITS = 6
MOST_DECIMALS = 6
"""Smaller numbers are written with a power of ten."""
MINUS, NOTHING = "\N{MINUS SIGN}", "\N{EN DASH}"
ARROWS: dict[Better, str] = {"lower": "↓", "higher": "↑", "neither": ""}


def show_value(estimate: Estimate) -> str:
    """Write the figure itself."""
    return show_number(estimate.value, decimals_of(estimate))


def show_interval(estimate: Estimate) -> str:
    """Write `0.021 to 0.026`; nothing where there is no interval."""
    if math.isnan(estimate.low) or math.isnan(estimate.high):
        return ""
    decimals = decimals_of(estimate)
    return f"{show_number(estimate.low, decimals)} to {show_number(estimate.high, decimals)}"


def show_difference(estimate: Estimate) -> str:
    """Write a difference with its sign."""
    shown = show_value(estimate)
    return f"+{shown}" if estimate.value > 0 and shown.strip("0.") else shown


def decimals_of(estimate: Estimate) -> int:
    """Choose how many decimals the figure is worth."""
    ends = (estimate.low, estimate.high)
    spread = max((abs(end - estimate.value) for end in ends if math.isfinite(end)), default=0.0)
    largest = max((abs(end) for end in (*ends, estimate.value) if math.isfinite(end)), default=0.0)
    if largest == 0:
        return 0
    most = MOST_DIGITS - 1 - _power(largest)
    if spread > 0 and math.isfinite(spread):
        return max(0, min(DIGITS_OF_SPREAD - 1 - _power(spread), most))
    return max(0, DIGITS_WITHOUT_INTERVAL - 1 - _power(largest))


def show_number(value: float, decimals: int) -> str:
    """Write a number with so many decimals."""
    if math.isnan(value):
        return NOTHING
    if math.isinf(value):
        return "∞" if value > 0 else f"{MINUS}∞"
    if decimals > MOST_DECIMALS and value:
        sign = MINUS if value < 0 else ""
        return f"{sign}{abs(value):.{max(0, decimals + _power(value))}e}"
    shown = f"{value:,.{min(decimals, MOST_DECIMALS)}f}"
    is_zero = not shown.strip("-0.,")
    return shown.lstrip("-") if is_zero else shown.replace("-", MINUS)


def _power(value: float) -> int:
    return math.floor(math.log10(abs(value)))

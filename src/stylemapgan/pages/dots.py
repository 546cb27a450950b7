"""Lay out a chart of dots: positions in percent of its width."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from stylemapgan.pages.blocks import Dot, Dots, Numbers

MARGIN = 0.04
"""Space at both ends, as a share of the width."""
FEWEST_TICKS = 3
NEAR_ZERO = 0.35
"""The scale starts at 0 if the smallest figure is below this share of the largest."""


@dataclass(frozen=True)
class PlacedDot:
    """A dot and its position; all in percent of the width."""

    dot: Dot
    left: float | None
    """None if the figure is not finite."""
    start: float = 0.0
    """Left end of its interval."""
    width: float = 0.0


@dataclass(frozen=True)
class PlacedDots:
    """A chart, ready to draw."""

    dots: Sequence[PlacedDot]
    ticks: Sequence[tuple[str, float]]
    """Labels of the scale and their positions."""


@dataclass(frozen=True)
class _Scale:
    low: int | float
    high: int | float

    def percent(self, value: int | float) -> float:
        share = (value - self.low) / (self.high - self.low)
        return round(100 * min(max(share, 0.0), 1.0), 2)

    def ticks(self) -> list[tuple[str, float]]:
        """Choose at least three round numbers."""
        rough = (self.high - self.low) / FEWEST_TICKS
        power = 10.0 ** math.floor(math.log10(rough))
        step = max(each for each in (power, 2 * power, 5 * power) if each <= rough)
        decimals = max(0, -math.floor(math.log10(step)))
        first, last = math.ceil(self.low / step), math.floor(self.high / step)
        return [(f"{at * step:,.{decimals}f}", at * step) for at in range(first, last + 1)]


def place_dots(chart: Dots) -> PlacedDots:
    """Place all figures and intervals on a scale that holds them."""
    ends = [end for dot in chart.dots for end in (dot.value, dot.low, dot.high)]
    scale = _scale([end for end in ends if math.isfinite(end)])
    return PlacedDots(
        [_place(dot, scale) for dot in chart.dots],
        [(label, scale.percent(at)) for label, at in scale.ticks()],
    )


def _scale(ends: Numbers) -> _Scale:
    low, high = (min(ends), max(ends)) if ends else (0.0, 1.0)
    if 0 < low < NEAR_ZERO * high:
        low = 0.0
    if low == high:
        low, high = low - (abs(low) or 1) / 2, high + (abs(high) or 1) / 2
    room = (high - low) * MARGIN
    return _Scale(low if low == 0 else low - room, high + room)


def _place(dot: Dot, scale: _Scale) -> PlacedDot:
    if not math.isfinite(dot.value):
        return PlacedDot(dot, None)
    left = scale.percent(dot.value)
    if not (math.isfinite(dot.low) and math.isfinite(dot.high)):
        return PlacedDot(dot, left)
    start = scale.percent(dot.low)
    return PlacedDot(dot, left, start, round(scale.percent(dot.high) - start, 2))

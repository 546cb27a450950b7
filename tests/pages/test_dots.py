"""Dots stand where their figures are."""

import math

import pytest

from stylemapgan.pages import Dot, Dots
from stylemapgan.pages.dots import place_dots


def chart(*figures: tuple[float, float, float]) -> Dots:
    dots = [Dot(str(value), value, str(value), low=low, high=high) for low, value, high in figures]
    return Dots("Errors", dots)


def number(label: str) -> float:
    return float(label.replace(",", ""))


@pytest.mark.parametrize(
    "figures",
    [
        [(0.2, 0.3, 0.4), (0.5, 0.9, 1.1)],
        [(-3.0, -1.0, 0.5), (1.0, 2.0, 9.0)],
        [(1e-6, 2e-6, 3e-6), (4e-6, 5e-6, 6e-6)],
        [(41_000.0, 42_000.0, 43_000.0), (40_500.0, 41_000.0, 42_000.0)],
    ],
)
def test_places_follow_the_scale_that_the_ticks_show(figures):
    placed = place_dots(chart(*figures))
    (first, start), (last, end) = placed.ticks[0], placed.ticks[-1]
    assert len(placed.ticks) >= 3

    def expected(value: float) -> float:
        share = (value - number(first)) / (number(last) - number(first))
        return start + share * (end - start)

    for dot, (low, value, high) in zip(placed.dots, figures, strict=True):
        assert dot.left == pytest.approx(expected(value), abs=0.1)
        assert dot.start == pytest.approx(expected(low), abs=0.1)
        assert dot.start + dot.width == pytest.approx(expected(high), abs=0.1)


def test_nothing_leaves_the_chart():
    placed = place_dots(chart((0.2, 0.3, 0.4), (5.0, 6.0, 7.0)))
    for dot in placed.dots:
        assert dot.left is not None
        assert 0 <= dot.start <= dot.left <= dot.start + dot.width <= 100


def test_a_dot_without_interval_or_without_end_has_no_line():
    bare, endless, missing = place_dots(
        chart((math.nan, 1.0, math.nan), (0.5, math.inf, math.inf), (math.nan, math.nan, math.nan))
    ).dots
    assert bare.left is not None
    assert bare.width == 0
    assert endless.left is None
    assert missing.left is None


@pytest.mark.parametrize("value", [0.0, 3.0, -3.0])
def test_one_figure_alone_stands_in_the_middle(value):
    (dot,) = place_dots(chart((value, value, value))).dots
    assert dot.left == pytest.approx(50, abs=10)

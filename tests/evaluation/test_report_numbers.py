"""Figures are written with the digits that their intervals leave them."""

import math

import pytest

from stylemapgan.evaluation.report.numbers import (
    MINUS,
    show_difference,
    show_interval,
    show_value,
)
from stylemapgan.metrics.intervals import Estimate

NONE = (math.nan, math.nan)


@pytest.mark.parametrize(
    ("value", "low", "high", "shown", "interval"),
    [
        (0.0234567, 0.0212345, 0.0259876, "0.0235", "0.0212 to 0.0260"),
        (27.8612, 27.4912, 28.2, "27.86", "27.49 to 28.20"),
        (12_345.6, 11_000.2, 13_500.7, "12,346", "11,000 to 13,501"),
        (0.5, 0.1, 0.9, "0.50", "0.10 to 0.90"),
        (0.0, 0.0, 0.0, "0", "0 to 0"),
        (-0.0012, -0.003, 0.0004, f"{MINUS}0.0012", f"{MINUS}0.0030 to 0.0004"),
        (1e-7, 0.5e-7, 1.4e-7, "1.00e-07", "5.0e-08 to 1.40e-07"),
        (math.inf, 30.0, math.inf, "∞", "30.00 to ∞"),
        (0.123456789, 0.123456788, 0.12345679, "0.123457", "0.123457 to 0.123457"),
    ],
)
def test_half_the_interval_keeps_two_digits(value, low, high, shown, interval):
    estimate = Estimate(value, low, high, 10)
    assert show_value(estimate) == shown
    assert show_interval(estimate) == interval


@pytest.mark.parametrize(
    ("value", "shown"), [(366.123, "366.1"), (0.12345, "0.1235"), (0.0, "0"), (math.nan, "\u2013")]
)
def test_a_figure_without_interval_has_four_digits(value, shown):
    assert show_value(Estimate(value, *NONE, 1)) == shown
    assert show_interval(Estimate(value, *NONE, 1)) == ""


def test_differences_show_their_side():
    assert show_difference(Estimate(0.02, 0.01, 0.03, 5)) == "+0.020"
    assert show_difference(Estimate(-0.02, -0.03, -0.01, 5)) == f"{MINUS}0.020"
    assert show_difference(Estimate(0.0, -0.01, 0.01, 5)) == "0.000"
    assert show_difference(Estimate(-0.0001, -0.01, 0.01, 5)) == "0.000"
    assert show_difference(Estimate(0.0001, -0.01, 0.01, 5)) == "0.000"

"""Confidence intervals by resampling pictures.

A figure measured on a few hundred photos would differ on a few hundred others. Every interval here
answers: where would it lie for other photos of the same kind? Randomness comes from a seed alone,
so the same measurements always give the same interval.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from jaxtyping import Float, Float64, Int64

from stylemapgan.errors import ConfigError

CHUNK = 4_000_000
"""Random numbers held at once."""
NORMAL = NormalDist()


@dataclass(frozen=True, kw_only=True)
class Bootstrap:
    """How intervals are computed."""

    confidence: float = 0.95
    """Share of such intervals that contain the true figure."""
    resamples: int = 2_000
    """How often pictures are resampled for means."""
    set_resamples: int = 100
    """How often half the pictures are drawn for figures of whole sets, which cost more."""
    seed: int = 0
    """Everything random follows from it."""

    def __post_init__(self) -> None:
        if not 0 < self.confidence < 1:
            raise ConfigError(f"confidence must be between 0 and 1, got {self.confidence}.")
        for name in ("resamples", "set_resamples"):
            if getattr(self, name) < 10:
                raise ConfigError(f"{name} must be at least 10, got {getattr(self, name)}.")

    @property
    def tails(self) -> Float64[np.ndarray, " 2"]:
        """Where the interval ends, as shares of the distribution: 2.5 % and 97.5 %."""
        return np.array([(1 - self.confidence) / 2, (1 + self.confidence) / 2])


DEFAULT = Bootstrap()


@dataclass(frozen=True)
class Estimate:
    """A figure and its confidence interval."""

    value: float
    low: float
    high: float
    count: int
    """Pictures, or pairs of them, that it was measured on."""

    def is_apart_from(self, other: float) -> bool:
        """Tell whether the interval excludes another value."""
        return other < self.low or other > self.high


def mean_interval(
    values: Float[np.ndarray, " pictures"], bootstrap: Bootstrap = DEFAULT
) -> Estimate:
    """Estimate a mean from one measurement a picture, with a BCa interval.

    Args:
        values: One measurement a picture. Infinite ones (PSNR of equal pictures) are allowed; the
            interval is then a plain percentile one.
        bootstrap: How.

    Raises:
        ValueError: There are fewer than two measurements.

    Source: Efron, "Better Bootstrap Confidence Intervals", JASA 82, 1987.
    """
    return ratio_interval(values, np.ones(len(values)), bootstrap)


def ratio_interval(
    numerators: Float[np.ndarray, " pictures"],
    denominators: Float[np.ndarray, " pictures"],
    bootstrap: Bootstrap = DEFAULT,
) -> Estimate:
    """Estimate sum(numerators) / sum(denominators), with a BCa interval.

    For figures per pixel over a whole set, where pictures weigh as much as their mask covers.

    Raises:
        ValueError: There are fewer than two pictures, or the denominators sum to 0.

    Source: Efron, JASA 82, 1987; Efron and Tibshirani, "An Introduction to the
    Bootstrap", 1993, chapter 14; the acceleration comes from the jackknife.
    """
    top, bottom = (np.asarray(each, dtype=np.float64) for each in (numerators, denominators))
    _refuse_fewer_than_two(len(top))
    if not bottom.sum() > 0:
        raise ValueError("The denominators sum to 0: no pixel was measured.")
    value = float(top.sum() / bottom.sum())
    ratios = np.concatenate(
        [
            top[rows].sum(axis=1) / _positive(bottom[rows].sum(axis=1))
            for rows in _draws(len(top), bootstrap)
        ]
    )
    tails = bootstrap.tails
    if np.isfinite(top).all() and len(top) > 2:
        left_out = (top.sum() - top) / _positive(bottom.sum() - bottom)
        tails = _corrected(tails, ratios, value, left_out)
    low, high = _quantiles(ratios, tails)
    return Estimate(value, low, high, len(top))


def statistic_interval(
    statistic: Callable[[Int64[np.ndarray, " rows"]], float],
    count: int,
    bootstrap: Bootstrap = DEFAULT,
) -> Estimate:
    """Estimate any figure of pictures that stays meaningful where some appear twice.

    A percentile interval: the figure is computed again from pictures drawn with replacement. For
    average precision, correlations, ratios, and differences of them. Draws in which nothing can be
    measured (the figure is NaN, such as a precision without anything to find) do not count.
    Distances between clouds of features take `set_interval` instead: they mistake a picture drawn
    twice for a lack of variety.

    Args:
        statistic: Computes the figure from the rows of some pictures, `np.arange(count)` for all.
        count: How many pictures there are.
        bootstrap: How.

    Raises:
        ValueError: There are fewer than two pictures.

    Source: Efron and Tibshirani, "An Introduction to the Bootstrap", 1993, chapter 13.
    """
    _refuse_fewer_than_two(count)
    value = float(statistic(np.arange(count)))
    if np.isnan(value):
        return Estimate(value, value, value, count)
    drawn = [statistic(rows) for chunk in _draws(count, bootstrap) for rows in chunk]
    values = np.array(drawn, dtype=np.float64)
    low, high = _quantiles(values[~np.isnan(values)], bootstrap.tails)
    return Estimate(value, low, high, count)


def set_interval(
    statistic: Callable[..., float],
    *sets: Float[np.ndarray, "_ features"],
    bootstrap: Bootstrap = DEFAULT,
) -> Estimate:
    """Estimate a figure of whole sets: Fréchet distance, KID, precision, recall.

    Such a figure has a bias that depends on how many different pictures there are, so drawing
    with replacement would shift it. Instead half of every set is drawn without replacement, many
    times. How far the figures of halves scatter about their own mean is, for halves, how far the
    figure of the whole set would scatter over other sets (the delete-d jackknife: its factor
    (n - d) / d is 1 where d is half of n). That scatter is laid around the value of the whole sets;
    the bias itself stays, as in every published figure.

    Args:
        statistic: Computes the figure from as many sets as are given.
        *sets: Features, one row a picture; their rows are drawn independently of each other.
        bootstrap: How; `set_resamples` halves are drawn.

    Returns:
        The figure of the whole sets; `count` is the size of the smallest.

    Raises:
        ValueError: A set has fewer than four pictures.

    Source: Shao and Wu, "A General Theory for Jackknife Variance Estimation", Annals of
    Statistics 17, 1989; on the bias: Chong and Forsyth, CVPR 2020.
    """
    count = min(len(features) for features in sets)
    if count < 4:
        raise ValueError(f"Halves of sets need at least 4 pictures in each, got {count}.")
    value = float(statistic(*sets))
    randomness = np.random.default_rng(bootstrap.seed)
    halves = [
        statistic(*(features[_half(len(features), randomness)] for features in sets))
        for _ in range(bootstrap.set_resamples)
    ]
    scatter = np.array(halves, dtype=np.float64) - np.mean(halves)
    low, high = _quantiles(scatter, bootstrap.tails)
    return Estimate(value, value + low, value + high, count)


def _draws(count: int, bootstrap: Bootstrap) -> Iterator[Int64[np.ndarray, "resamples pictures"]]:
    """Draw rows with replacement, some resamples at a time."""
    randomness = np.random.default_rng(bootstrap.seed)
    step = max(CHUNK // count, 1)
    for start in range(0, bootstrap.resamples, step):
        size = (min(step, bootstrap.resamples - start), count)
        yield randomness.integers(0, count, size)


def _half(count: int, randomness: np.random.Generator) -> Int64[np.ndarray, " rows"]:
    return np.sort(randomness.permutation(count)[: count // 2])


def _corrected(
    tails: Float64[np.ndarray, " 2"],
    resampled: Float64[np.ndarray, " resamples"],
    value: float,
    left_out: Float64[np.ndarray, " pictures"],
) -> Float64[np.ndarray, " 2"]:
    """Move the tails for bias and skewness, as Efron (1987) does."""
    below = float((resampled < value).mean() + (resampled == value).mean() / 2)
    apart = left_out.mean() - left_out
    spread = np.square(apart).sum() ** 1.5
    if not 0 < below < 1 or spread == 0:
        return tails
    bias, acceleration = NORMAL.inv_cdf(below), (apart**3).sum() / (6 * spread)
    moved = [bias + NORMAL.inv_cdf(float(tail)) for tail in tails]
    return np.array([NORMAL.cdf(bias + z / (1 - acceleration * z)) for z in moved])


def _quantiles(
    values: Float64[np.ndarray, " resamples"], shares: Float64[np.ndarray, " 2"]
) -> tuple[float, float]:
    """Pick two of the values; nothing is interpolated, since they may be infinite."""
    low, high = np.quantile(values, shares, method="inverted_cdf")
    return float(low), float(high)


def _positive(sums: Float64[np.ndarray, " sums"]) -> Float64[np.ndarray, " sums"]:
    """Replace zeros by infinity, so that 0 / 0 counts as 0."""
    return np.where(sums > 0, sums, np.inf)


def _refuse_fewer_than_two(count: int) -> None:
    if count < 2:
        raise ValueError(f"An interval needs at least 2 measurements, got {count}.")

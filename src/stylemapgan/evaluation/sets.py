"""Figures that compare two sets of pictures by their features."""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float, Float64, Int64

from stylemapgan.data import PhotoSet, spread_rows
from stylemapgan.evaluation.cache import photos_key
from stylemapgan.evaluation.context import EvaluationContext
from stylemapgan.evaluation.findings import Better, Figure, whole_set
from stylemapgan.evaluation.judges.features import FeatureNetwork
from stylemapgan.metrics.clouds import kernel_distance, precision_recall
from stylemapgan.metrics.intervals import Estimate, set_interval

LEAST = 8
"""Pictures that each set needs: halves must have a third nearest neighbour."""
HALVES = 39
"""Halves of each set drawn for an interval: its bounds at 95 % are the lowest and highest figure of
39. More would take longer than generating the pictures."""
LARGEST_RESAMPLED = 10_000
"""Pictures of a set above which intervals would take hours, and be narrow."""

Points = Float[np.ndarray, "_ features"]


@dataclass(frozen=True, kw_only=True, eq=False)
class SetMeasure:
    """A figure that compares a set of pictures with photos."""

    name: str
    title: str
    about: str
    better: Better
    compute: Callable[[Points, Points], float]
    """Called with the photos' features and the pictures' features."""
    is_share: bool = False
    """Whether it is a share of pictures, from 0 to 1."""


def set_distances(network: FeatureNetwork) -> tuple[SetMeasure, ...]:
    """Measure how far a set is from photos: Fréchet and kernel distance."""
    return (
        SetMeasure(
            name="frechet",
            title=network.frechet_name,
            about=f"Fréchet distance between two sets of features of {network.name}, taken as "
            "normally distributed (Heusel et al., NeurIPS 2017). It rises as pictures become "
            "fewer: compare figures of equal counts only.",
            better="lower",
            compute=frechet_of,
        ),
        SetMeasure(
            name="kernel",
            title=network.kernel_name,
            about=f"Squared maximum mean discrepancy between features of {network.name} with a "
            "cubic kernel; unbiased, so figures of different counts can be compared; not "
            "multiplied by 1000 (Bińkowski et al., ICLR 2018).",
            better="lower",
            compute=kernel_distance,
        ),
    )


def set_coverage(network: FeatureNetwork) -> tuple[SetMeasure, ...]:
    """Measure what a set and photos have in common: precision and recall."""
    source = (
        f"Third nearest neighbours in features of {network.name} (Kynkäänniemi et al., NeurIPS "
        "2019). Compare figures of equal counts only."
    )
    return (
        SetMeasure(
            name="precision",
            title=f"Precision ({network.name})",
            about=f"Share of pictures that look like photos. {source}",
            better="higher",
            compute=lambda real, pictures: precision_recall(real, pictures).precision,
            is_share=True,
        ),
        SetMeasure(
            name="recall",
            title=f"Recall ({network.name})",
            about=f"Share of photos that resemble one of the pictures. {source}",
            better="higher",
            compute=lambda real, pictures: precision_recall(real, pictures).recall,
            is_share=True,
        ),
    )


def frechet_of(one: Points, other: Points) -> float:
    """Compute the Fréchet distance of two sets; see `frechet_distance`, which takes longer.

    With centred features A and B, the covariances are A'A and B'B, and the trace of the root of
    their product is the sum of the singular values of AB'. Orthogonal factors do not change them,
    so of more pictures than features only the triangle of a QR decomposition is needed.
    """
    (a, mean_a), (b, mean_b) = _centred(one), _centred(other)
    across = _triangle(a) @ _triangle(b).T
    short = across if len(across) <= across.shape[1] else across.T
    shared = np.sqrt(np.clip(np.linalg.eigvalsh(short @ short.T), 0, None)).sum()
    spreads = np.square(a).sum() + np.square(b).sum()
    return float(max(np.square(mean_a - mean_b).sum() + spreads - 2 * shared, 0.0))


def set_figures(
    context: EvaluationContext,
    measures: Iterable[SetMeasure],
    real: Points,
    sets: Mapping[str, Points],
    main: Iterable[str] = (),
) -> list[Figure]:
    """Compare sets of pictures with the same photos.

    Args:
        context: Says how intervals are computed.
        measures: What to compute.
        real: Features of the photos.
        sets: Features of pictures, by the variant of their figures.
        main: Names of the measures that the summary shows, for the first of the sets.
    """
    wanted = [(variant, measure) for variant in sets for measure in measures]
    shown, first = set(main), next(iter(sets))
    figures: list[Figure] = []
    for variant, measure in wanted:
        context.on_progress("comparing sets of pictures", len(figures), len(wanted))
        figures.append(
            Figure(
                name=measure.name,
                title=measure.title,
                estimate=_estimate(context, measure, real, sets[variant]),
                about=measure.about,
                better=measure.better,
                variant=variant,
                is_main=measure.name in shown and variant == first,
            )
        )
    context.on_progress("comparing sets of pictures", len(wanted), len(wanted))
    return figures


def count_compared(context: EvaluationContext, most: int) -> int:
    """Count the pictures on either side: as many as there are training photos, at most `most`.

    Kim et al. compare as many pictures as there are training photos with all of those. Where one
    side has to be smaller, so is the other. 0 sets no limit.
    """
    photos = len(context.data.likeness)
    return min(photos, most or photos)


def too_few(context: EvaluationContext, most: int) -> str | None:
    """Say that there are too few photos to compare sets; None if there are enough."""
    count = count_compared(context, most)
    if count >= LEAST:
        return None
    return f"Comparing sets needs at least {LEAST} pictures in each, here are {count}."


def likeness_features(context: EvaluationContext, count: int) -> Points:
    """Compute features of some photos that pictures should resemble, spread evenly."""
    photos = context.data.likeness
    return photo_features(context, photos, spread_rows(len(photos), count))


def photo_features(
    context: EvaluationContext, photos: PhotoSet, chosen: Int64[np.ndarray, " photos"]
) -> Points:
    """Compute features of photos, or find them in the cache."""

    def make() -> Points:
        batches = context.batches(len(chosen), "looking at photos")
        return context.features.features(photos.take(chosen[rows]) for rows in batches)

    key = {
        "photos": photos_key(photos),
        "rows": hashlib.sha256(chosen.tobytes()).hexdigest(),
        "network": context.features.key,
    }
    return context.cache.features(key, make)


def _estimate(
    context: EvaluationContext, measure: SetMeasure, real: Points, pictures: Points
) -> Estimate:
    count = min(len(real), len(pictures))
    if max(len(real), len(pictures)) > LARGEST_RESAMPLED:
        return whole_set(measure.compute(real, pictures), count)
    bootstrap = replace(context.bootstrap, set_resamples=HALVES)
    found = set_interval(measure.compute, real, pictures, bootstrap=bootstrap)
    if measure.is_share:
        return replace(found, low=max(found.low, 0.0), high=min(found.high, 1.0))
    return found


def _centred(
    points: Points,
) -> tuple[Float64[np.ndarray, "pictures features"], Float64[np.ndarray, " features"]]:
    """Subtract the mean and scale, so that A'A is the covariance."""
    exact = points.astype(np.float64)
    mean = exact.mean(axis=0)
    return (exact - mean) / np.sqrt(len(exact) - 1), mean


def _triangle(
    points: Float64[np.ndarray, "pictures features"],
) -> Float64[np.ndarray, "rows features"]:
    """Shorten A to R with R'R = A'A, where A has more rows than columns."""
    return np.linalg.qr(points).R if len(points) > points.shape[1] else points

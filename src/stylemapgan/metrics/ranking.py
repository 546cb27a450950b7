"""How well scores put one kind of picture before the other."""

import numpy as np
from jaxtyping import Bool, Float64


def average_precision(
    scores: Float64[np.ndarray, " pictures"], is_positive: Bool[np.ndarray, " pictures"]
) -> float:
    """Average precision: the sum over thresholds of (recall - recall before) · precision.

    Thresholds are the distinct scores, from the highest down; nothing is interpolated. Not a
    number where nothing is positive.

    Source: Buckley and Voorhees, "Evaluating Evaluation Measure Stability", SIGIR 2000, extended to
    equal scores.
    """
    order = np.argsort(-scores, kind="stable")
    falling, hits = scores[order], np.cumsum(is_positive[order])
    if not len(hits) or hits[-1] == 0:
        return float("nan")
    last_of_equals = np.append(falling[1:] != falling[:-1], True)
    found = hits[last_of_equals]
    precision = found / (np.flatnonzero(last_of_equals) + 1)
    recall = found / hits[-1]
    return float((np.diff(recall, prepend=0.0) * precision).sum())


def ranks(values: Float64[np.ndarray, " values"]) -> Float64[np.ndarray, " values"]:
    """Replace values by their place among them, from 0 to 1; equal ones share their mean place."""
    ordered = np.sort(values)
    below = np.searchsorted(ordered, values, side="left")
    not_above = np.searchsorted(ordered, values, side="right")
    return (below + not_above) / (2 * len(values))

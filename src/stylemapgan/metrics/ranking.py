"""How well scores put one kind of picture before the other."""

import hashlib
from collections.abc import Callable

import numpy as np
from jaxtyping import Bool, Float64, Int64, UInt8


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


def identities(levels: UInt8[np.ndarray, "pictures _ _ _"]) -> Int64[np.ndarray, " pictures"]:
    """Number the distinct pictures in the order they appear; equal pictures share a number."""
    numbers: dict[bytes, int] = {}
    digests = (hashlib.sha256(picture.tobytes()).digest() for picture in levels)
    return np.array([numbers.setdefault(digest, len(numbers)) for digest in digests], np.int64)


def score_once(
    identities: Int64[np.ndarray, " pictures"],
    score: Callable[[Int64[np.ndarray, " rows"]], Float64[np.ndarray, " rows"]],
) -> Float64[np.ndarray, " pictures"]:
    """Score each distinct picture once: its last bits depend on its place in a batch.

    Args:
        identities: Number of each picture, the same one for equal pictures.
        score: Scores the pictures of some rows, each a different picture.

    Returns:
        A score for every picture, exactly the same for equal ones.
    """
    _, rows, places = np.unique(identities, return_index=True, return_inverse=True)
    return score(rows)[places]

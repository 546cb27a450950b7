"""Whether a photo is of the kind that a model was trained on."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from stylemapgan.editing.checks import refuse_all_but_one
from stylemapgan.images.levels import to_numpy
from stylemapgan.types import Images

Verdict = Literal["good", "doubtful", "outside", "unknown"]
VERDICTS: tuple[Verdict, ...] = ("good", "doubtful", "outside")
"""From best to worst."""
WARNINGS = ("", "expect a blurred result.", "expect a result unlike it.")
"""What each of them means."""
GOOD = 1.25
"""Up to this many times the error that nine in ten typical photos stay below."""
OUTSIDE = 1.5
"""From this many times the error of the worst typical photo."""
QUANTILES = 11
"""Typical errors that a model file holds: quantiles of 0, 10, … 100 %."""
DIGITS = 6
"""Their decimals."""
FAINT, LOST = 0.25, 0.5
"""Shares of the photo's own variance that an error may reach before it is doubtful, or outside.

A plain wall comes back with a small error too, but a blank of its tone would do as well.
"""


@dataclass(frozen=True, kw_only=True)
class Fit:
    """How well a model brings a photo back."""

    error: float
    """Mean squared error of its reconstruction, on [-1, 1]."""
    share: float | None
    """Of typical photos, how many come back worse; None where nobody has measured them."""
    verdict: Verdict
    """What that means for an edit."""
    message: str
    """One line for people; empty where nothing is known."""


def fit(image: Images, reconstruction: Images, typical: Sequence[float]) -> Fit:
    """Tell whether a photo is of the kind a model was trained on, by how well it comes back.

    Args:
        image: One photo as the model sees it, (1, 3, S, S).
        reconstruction: What the model makes of it, as large: `editor.reconstruct(image)`.
        typical: What errors photos usually have: `editor.typical_errors`.

    Raises:
        EditError: There are several photos.
    """
    refuse_all_but_one(image)
    difference = to_numpy(reconstruction) - to_numpy(image)
    error = float(np.square(difference).mean())
    if not typical:
        return Fit(error=error, share=None, verdict="unknown", message="")
    share = 1 - float(np.interp(error, typical, np.linspace(0, 1, len(typical))))
    contrast = float(to_numpy(image).var(axis=(2, 3)).mean())
    by_error = _rank(error, GOOD * typical[-2], OUTSIDE * typical[-1])
    by_contrast = _rank(error, FAINT * contrast, LOST * contrast)
    rank = max(by_error, by_contrast)
    text = _compare(share, is_worst=error > typical[-1])
    if by_contrast > by_error:
        text = "The model recognises little in this photo"
    message = f"{text}; {WARNINGS[rank]}" if rank else f"{text}."
    return Fit(error=error, share=share, verdict=VERDICTS[rank], message=message)


def measure_typical_errors(
    reconstruct: Callable[[Images], Images], batches: Iterable[Images]
) -> tuple[float, ...]:
    """Reconstruct photos and take quantiles of their mean squared errors, from 0 to 100 %.

    Args:
        reconstruct: An editor's own.
        batches: Photos the model was not trained on, of its size.
    """
    errors = [
        np.square(to_numpy(reconstruct(photos)) - to_numpy(photos)).mean(axis=(1, 2, 3))
        for photos in batches
    ]
    quantiles = np.quantile(np.concatenate(errors), np.linspace(0, 1, QUANTILES))
    return tuple(round(float(quantile), DIGITS) for quantile in quantiles)


def _rank(error: float, doubtful: float, outside: float) -> int:
    """Tell which of the verdicts an error deserves."""
    return (error > doubtful) + (error > outside)


def _compare(share: float, *, is_worst: bool) -> str:
    others = "of the photos the model was tried on"
    if is_worst:
        return f"This photo comes back worse than any {others}"
    if share < 0.5:
        return f"This photo comes back worse than {1 - share:.0%} {others}"
    return f"This photo comes back better than {share:.0%} {others}"

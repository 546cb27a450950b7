"""How well a model knows a photo, measured by its reconstruction."""

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
WARNINGS = ("", "expect a blurred result.", "expect a result that does not resemble it.")
"""What to expect, for each verdict."""
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

A plain wall has a small error too, but so would a blank of its tone.
"""


@dataclass(frozen=True, kw_only=True)
class Fit:
    """How well a model reconstructs a photo."""

    error: float
    """Mean squared error of its reconstruction, on [-1, 1]."""
    share: float | None
    """Share of typical photos with a larger error; None if the model has no typical errors."""
    verdict: Verdict
    """What that means for an edit."""
    message: str
    """One line for people; empty if the model has no typical errors."""


def fit(image: Images, reconstruction: Images, typical: Sequence[float]) -> Fit:
    """Judge by its reconstruction whether a model knows photos of this kind.

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
    """Give the index of the verdict for an error."""
    return (error > doubtful) + (error > outside)


def _compare(share: float, *, is_worst: bool) -> str:
    others = "of the photos the model was tested on"
    if is_worst:
        return f"The model reconstructs this photo worse than any {others}"
    if share < 0.5:
        return f"The model reconstructs this photo worse than {1 - share:.0%} {others}"
    return f"The model reconstructs this photo better than {share:.0%} {others}"

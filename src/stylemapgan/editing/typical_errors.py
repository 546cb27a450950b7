"""How well a model brings back photos it never saw."""

from collections.abc import Iterable

import numpy as np

from stylemapgan.editing.abstract import AbstractEditor
from stylemapgan.images.levels import to_numpy
from stylemapgan.types import Images

QUANTILES = 11
"""0, 10, … 100 %."""
DIGITS = 6
"""Decimals that are kept."""


def measure_typical_errors(editor: AbstractEditor, batches: Iterable[Images]) -> tuple[float, ...]:
    """Reconstruct photos and take quantiles of their mean squared errors, from 0 to 100 %.

    Args:
        editor: The model.
        batches: Photos it was not trained on, of its size.
    """
    errors = [
        np.square(to_numpy(editor.reconstruct(photos)) - to_numpy(photos)).mean(axis=(1, 2, 3))
        for photos in batches
    ]
    quantiles = np.quantile(np.concatenate(errors), np.linspace(0, 1, QUANTILES))
    return tuple(round(float(quantile), DIGITS) for quantile in quantiles)

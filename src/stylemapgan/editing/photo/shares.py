"""Who supplies each pixel of an edit: the source, the references or the model."""

from dataclasses import dataclass

import numpy as np

from stylemapgan.editing.photo.filters import box_blur, rise
from stylemapgan.editing.photo.layer import Ground, Picture, Plane
from stylemapgan.editing.photo.references import Offer

PATCH = 1 / 64
"""Radius within which structures are compared, as a share of the side."""
QUIET = 2.0
"""Contrast between neighbours, in levels of 255, that counts as no structure."""
TONE = 40.0
"""Difference of tone, in levels of 255, that weighs as much as a structure that differs wholly."""
MODEL = 1.25
"""Disagreement from which on the model's own pixels are preferred."""
NEEDED = 0.6, 1.1
"""Difference of structure between source and reference from which on the model may be needed."""
SHARPNESS = 8.0
"""How fast a supplier gives way to one that agrees better."""
FALLBACK = np.float32(1e-30)
"""Share of the source before it is compared: it supplies where nobody agrees at all."""
CRISP = 3.0
"""Exponent that narrows transitions between suppliers: where photos mix they lose grain."""
INSIDE = 0.15
"""Disagreement added to the source inside the mask, where the reference is meant."""


@dataclass(frozen=True, eq=False)
class Shares:
    """How much each supplies, summing to 1."""

    source: Plane
    reference: Plane
    model: Plane


def shares_of(ground: Ground, edited: Picture, offer: Offer, mask: Plane, faded: Plane) -> Shares:
    """Decide who supplies: whoever agrees best with the edit, changing smoothly."""
    content = 1 - offer.evenness
    theirs = _disagreement(edited, offer.reconstruction, content)
    ours = _disagreement(edited, ground.reconstruction, content)
    radius = max(1, round(len(mask) * PATCH))
    needed = rise(_structure(ground.reconstruction, offer.reconstruction), *NEEDED)
    ours = ours + np.float32(INSIDE) * box_blur(mask, radius)
    weights = [
        np.exp(-np.float32(SHARPNESS) * ours) + FALLBACK,
        np.exp(-np.float32(SHARPNESS) * theirs) * offer.cover * faded,
        np.exp(-np.float32(SHARPNESS * MODEL)) * needed * faded,
    ]
    total = sum(weights)
    powers = [np.power(box_blur(weight / total, radius), np.float32(CRISP)) for weight in weights]
    total = sum(powers)
    taken, model = powers[1] / total, powers[2] / total
    taken, model = taken * faded * (offer.cover > 0), model * faded
    return Shares(source=1 - taken - model, reference=taken, model=model)


def _disagreement(edited: Picture, other: Picture, content: np.float32) -> Plane:
    """Compare structure and tone around each pixel: 0 is equal, 1 differs wholly."""
    radius = max(1, round(len(edited) * PATCH))
    change = np.abs(edited - other).max(axis=-1, keepdims=True)
    tone = box_blur(change, radius) / np.float32(TONE)
    return _structure(edited, other) + content * np.square(tone)


def _structure(one: Picture, other: Picture) -> Plane:
    """Compare structure around each pixel.

    0 is equal, unrelated structures give about 1.4, and structure beside none gives 2.
    """
    radius = max(1, round(len(one) * PATCH))
    contrast = np.float32(0.5) * (_contrast(one, radius) + _contrast(other, radius))
    return _contrast(one - other, radius) / (contrast + np.float32(QUIET))


def _contrast(picture: Picture, radius: int) -> Plane:
    """Root mean square difference between neighbours, around each pixel."""
    squares = np.zeros((*picture.shape[:2], 1), np.float32)
    squares[:-1] += np.square(np.diff(picture, axis=0)).mean(axis=-1, keepdims=True)
    squares[:, :-1] += np.square(np.diff(picture, axis=1)).mean(axis=-1, keepdims=True)
    return np.sqrt(np.maximum(box_blur(squares, radius), 0))

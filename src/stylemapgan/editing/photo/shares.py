"""Who supplies each pixel of an edit: the source, the references or the model."""

from dataclasses import dataclass

import numpy as np

from stylemapgan.editing.photo.filters import box_blur, rise
from stylemapgan.editing.photo.layer import Ground, Picture, Plane, strength
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
    radius = max(1, round(ground.size * PATCH))
    made, source, reference = (
        _Drawn.of(picture, radius)
        for picture in (edited, ground.reconstruction, offer.reconstruction)
    )
    theirs = _disagreement(made, reference, content)
    ours = _disagreement(made, source, content)
    needed = rise(_structure(source, reference), *NEEDED)
    ours = ours + np.float32(INSIDE) * box_blur(mask, radius)
    weights = [
        np.exp(-np.float32(SHARPNESS) * ours) + FALLBACK,
        np.exp(-np.float32(SHARPNESS) * theirs) * offer.cover * faded,
        np.exp(-np.float32(SHARPNESS * MODEL)) * needed * faded,
    ]
    total = sum(weights)
    smooth = [box_blur(weight / total, radius) for weight in weights]
    powers = [share * share * share for share in smooth]  # narrower: mixed photos lose grain
    total = sum(powers)
    taken, model = powers[1] / total, powers[2] / total
    taken, model = taken * faded * (offer.cover > 0), model * faded
    return Shares(source=1 - taken - model, reference=taken, model=model)


@dataclass(frozen=True, eq=False)
class _Drawn:
    """A picture that the model drew, and its contrast around each pixel."""

    picture: Picture
    contrast: Plane
    radius: int
    """How far around."""

    @classmethod
    def of(cls, picture: Picture, radius: int) -> "_Drawn":
        return cls(picture, _contrast(picture, radius), radius)


def _disagreement(edited: _Drawn, other: _Drawn, content: np.float32) -> Plane:
    """Compare structure and tone around each pixel: 0 is equal, 1 differs wholly."""
    change = strength(edited.picture - other.picture)
    tone = box_blur(change, edited.radius) / np.float32(TONE)
    return _structure(edited, other) + content * np.square(tone)


def _structure(one: _Drawn, other: _Drawn) -> Plane:
    """Compare structure around each pixel.

    0 is equal, unrelated structures give about 1.4, and structure beside none gives 2.
    """
    contrast = np.float32(0.5) * (one.contrast + other.contrast)
    return _contrast(one.picture - other.picture, one.radius) / (contrast + np.float32(QUIET))


def _contrast(picture: Picture, radius: int) -> Plane:
    """Root mean square difference between neighbours, around each pixel."""
    squares = np.zeros((*picture.shape[:2], 1), np.float32)
    down, right = picture[1:] - picture[:-1], picture[:, 1:] - picture[:, :-1]
    squares[:-1, :, 0] += np.einsum("rcx,rcx->rc", down, down)
    squares[:, :-1, 0] += np.einsum("rcx,rcx->rc", right, right)
    return np.sqrt(box_blur(squares, radius) / picture.shape[-1])

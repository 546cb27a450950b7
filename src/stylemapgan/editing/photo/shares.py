"""Who supplies each pixel of an edit: the source, the references or the model."""

from dataclasses import dataclass

import numpy as np

from stylemapgan.editing.photo.filters import box_blur, rise
from stylemapgan.editing.photo.layer import Ground, strength
from stylemapgan.editing.photo.references import Offer
from stylemapgan.editing.photo.structure import Drawn, Picture, Plane

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
    made, source, reference = (
        Drawn.of(edited, ground.size),
        ground.reconstruction,
        offer.reconstruction,
    )
    radius = made.radius
    theirs = _disagreement(made, reference, content)
    ours = _disagreement(made, source, content)
    needed = rise(source.difference(reference), *NEEDED)
    ours = ours + np.float32(INSIDE) * box_blur(mask, radius)
    weights = np.concatenate(
        [
            np.exp(-np.float32(SHARPNESS) * ours) + FALLBACK,
            np.exp(-np.float32(SHARPNESS) * theirs) * offer.cover * faded,
            np.exp(-np.float32(SHARPNESS * MODEL)) * needed * faded,
        ]
    )
    smooth = box_blur(weights / weights.sum(axis=0), radius)
    powers = smooth * smooth * smooth  # narrower: mixed photos lose grain
    each = powers[1:] * (faded / powers.sum(axis=0))
    taken, model = each[:1] * (offer.cover > 0), each[1:]
    return Shares(source=1 - taken - model, reference=taken, model=model)


def _disagreement(edited: Drawn, other: Drawn, content: np.float32) -> Plane:
    """Compare structure and tone around each pixel: 0 is equal, 1 differs wholly."""
    change = strength(edited.picture - other.picture)
    tone = box_blur(change, edited.radius) / np.float32(TONE)
    return edited.difference(other) + content * np.square(tone)

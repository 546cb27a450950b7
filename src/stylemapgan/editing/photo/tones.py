"""The tone of an edit: a smooth correction of what the suppliers show."""

from collections.abc import Sequence

import numpy as np

from stylemapgan.editing.photo.filters import box_blur
from stylemapgan.editing.photo.layer import Ground
from stylemapgan.editing.photo.references import Offer
from stylemapgan.editing.photo.screened_poisson import solve
from stylemapgan.editing.photo.shares import Shares
from stylemapgan.editing.photo.structure import Picture, Plane

LENGTH = 16 / 128
"""Distance over which a tone at the border gives way to the model's, as a share of the side."""
FURTHER = 2.0
"""How many times further tones at the border reach where both photos differ by tone alone."""
PLATEAU = 8.0
"""Up to this difference from the tone at the border, in levels of 255, a correction acts fully."""
FIXED = np.float32(1e3)
"""Screening that fixes the photo outside the edit."""
SMOOTHING = 1 / 64
"""Radius of the blur that leaves the tone of a change, as a share of the side."""

_ALL, _FIRST, _SECOND = slice(None), slice(None, -1), slice(1, None)
NEIGHBOURS = (
    ((_ALL, _FIRST), (_ALL, _SECOND)),
    ((_ALL, _ALL, _FIRST), (_ALL, _ALL, _SECOND)),
)
"""All pixels with a neighbour below, and those neighbours; then the same to the right."""


def tone_of(ground: Ground, edited: Picture, offer: Offer, shares: Shares, faded: Plane) -> Picture:
    """Correct tones: inside as the model changes them, at the border as the photo has them.

    The correction u minimises the sum of |∇u - (v - ∇c)|² + λ(u - g)². c mixes the suppliers by
    their shares, v mixes their gradients: without u, a changing share would be a step wherever
    two suppliers differ in tone. g is what the model changes of their tones.

    Args:
        ground: What lies under the edit.
        edited: What the model made.
        offer: What the references offer.
        shares: Who supplies.
        faded: Where anything may change.

    Returns:
        Levels to add.

    Source: Pérez et al., Poisson Image Editing, SIGGRAPH 2003; Bhat et al., ECCV 2008.
    """
    before = ground.reconstruction.picture
    change = edited - before
    change += shares.reference * (before - offer.reconstruction.picture)
    radius = max(1, round(ground.size * SMOOTHING))
    wanted = box_blur(box_blur(change * (1 - shares.model), radius), radius)
    length = LENGTH * ground.size * (1 + FURTHER * offer.evenness)
    trust = (1 - shares.model) / np.float32(length**2)
    screening = np.where(faded > 0, trust, FIXED)
    right_side = np.where(faded > 0, trust, 0) * wanted
    suppliers = (shares.reference, offer.photo), (shares.model, edited)
    _add_leaps(right_side, [(share, picture - ground.photo) for share, picture in suppliers])
    tone = solve(screening, right_side)
    if offer.evenness > 0:
        tone *= 1 - shares.reference * offer.evenness * _extremes(offer)
    return tone


def _extremes(offer: Offer) -> Picture:
    """Tell how close the reference is to black or white rather than to its tone at the border.

    Eyes and teeth must not take the whole step from one skin to another.

    Returns:
        0 at that tone, 1 at black and white, for each channel.
    """
    tone = offer.border_tone
    above = (offer.photo - tone - PLATEAU) / np.maximum(255 - tone - PLATEAU, 1)
    below = (tone - PLATEAU - offer.photo) / np.maximum(tone - PLATEAU, 1)
    return np.clip(np.maximum(above, below), 0, 1)


def _add_leaps(flow: Picture, suppliers: Sequence[tuple[Plane, Picture]]) -> None:
    """Add the steps that changing shares make between two neighbours.

    Args:
        flow: What to add them to.
        suppliers: Each one's share, and how far it differs from the source.
    """
    for before, after in NEIGHBOURS:
        step = sum(
            (share[after] - share[before]) * (difference[after] + difference[before])
            for share, difference in suppliers
        )
        step *= np.float32(0.5)
        flow[before] += step
        flow[after] -= step

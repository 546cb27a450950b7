"""The tone of an edit: a smooth correction of what the suppliers show."""

import numpy as np

from stylemapgan.editing.photo.filters import box_blur
from stylemapgan.editing.photo.layer import Ground, Picture, Plane
from stylemapgan.editing.photo.references import Offer
from stylemapgan.editing.photo.screened_poisson import solve
from stylemapgan.editing.photo.shares import Shares

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
    change = edited - ground.reconstruction
    change = change + shares.reference * (ground.reconstruction - offer.reconstruction)
    radius = max(1, round(ground.size * SMOOTHING))
    wanted = box_blur(box_blur(change * (1 - shares.model), radius), radius)
    length = LENGTH * ground.size * (1 + FURTHER * offer.evenness)
    trust = (1 - shares.model) / np.float32(length**2)
    screening = np.where(faded > 0, trust, FIXED)
    flow = np.zeros_like(edited)
    for share, picture in ((shares.reference, offer.photo), (shares.model, edited)):
        flow += _leap(share, picture - ground.photo)
    tone = solve(screening, np.where(faded > 0, trust * wanted, 0) + flow)
    return tone * (1 - shares.reference * offer.evenness * _extremes(offer))


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


def _leap(share: Plane, difference: Picture) -> Picture:
    """Sum, over the neighbours, the steps that a changing share makes between two pictures."""
    flow = np.zeros_like(difference)
    for axis in (0, 1):
        first = [slice(None)] * 3
        first[axis] = slice(None, -1)
        second = [slice(None)] * 3
        second[axis] = slice(1, None)
        before, after = tuple(first), tuple(second)
        step = (share[after] - share[before]) * (difference[after] + difference[before]) / 2
        flow[before] += step
        flow[after] -= step
    return flow

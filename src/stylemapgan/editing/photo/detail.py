"""Which photo supplies each pixel of an edit, and in which tone.

The model decides place, shape and tone; pixels come from the photos as far as it agrees with
them:

* where the edit's structure agrees with the reference's reconstruction, the reference supplies;
* where it agrees with the source's reconstruction, the source supplies;
* where it agrees with neither, such as at a junction that the model invented, the model's own
  pixels show.

Shares of the three change smoothly. Tones come from a screened Poisson equation: inside, each
supplier keeps what the model changes of its tone; towards the border of the edit the result
meets the photo without a seam. The correction is smooth, so the model's resolution is enough
for it, and the suppliers' pixels stay as sharp as their photos.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from stylemapgan.editing.photo.filters import box_blur
from stylemapgan.editing.photo.layer import Ground, Layer, Picture, Plane, feather
from stylemapgan.editing.photo.screened_poisson import solve

LENGTH = 16 / 128
"""Distance over which a tone at the border gives way to the model's, as a share of the side."""
FIXED = np.float32(1e3)
"""Screening that fixes the photo outside the edit."""
PATCH = 1 / 64
"""Radius within which structures are compared, as a share of the side."""
QUIET = 2.0
"""Contrast between neighbours, in levels of 255, that counts as no structure."""
TONE = 40.0
"""Difference of tone, in levels of 255, that weighs as much as a structure that differs wholly."""
MODEL = 1.25
"""Disagreement from which on the model's own pixels are preferred."""
NEEDED = 0.7
"""Difference of structure between source and reference from which on the model may be needed."""
SHARPNESS = 8.0
"""How fast a supplier gives way to one that agrees better."""
CRISP = 3.0
"""Exponent that narrows transitions between suppliers: where photos mix they lose grain."""
LEAST = np.float32(1e-6)
"""Keeps divisions finite."""
INSIDE = 0.15
"""Disagreement added to the source inside the mask, where the reference is meant."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Supplier:
    """A placed reference at the model's resolution, in the photo's layout and colours."""

    photo: Picture | None
    """The reference as the model sees it; None if it is invented."""
    reconstruction: Picture | None
    """What the model makes of it."""
    mask: Plane
    """Where it lands, from 0 to 1."""


@dataclass(frozen=True, eq=False)
class Offer:
    """What all references together offer: laid over each other in their order."""

    photo: Picture
    reconstruction: Picture
    cover: Plane
    """How far they cover the source."""


@dataclass(frozen=True, eq=False)
class Shares:
    """How much each supplies, summing to 1."""

    source: Plane
    reference: Plane
    model: Plane


def make_detailed_layer(
    ground: Ground, edited: Picture, mask: Plane, suppliers: Sequence[Supplier]
) -> Layer:
    """Turn an edit into what it changes of the photo, with pixels of references.

    Args:
        ground: What lies under it.
        edited: What the model made of the edited stylemap.
        mask: Where the edit is meant, from 0 to 1.
        suppliers: Placed references; a later one covers those before it.
    """
    covers = _covers(suppliers)
    offer = _offer(covers, ground)
    faded = ground.border * feather(mask)
    shares = _shares(ground, edited, offer, mask, faded)
    tone = _tone(ground, edited, offer, shares, faded)
    grain = shares.model * (1 - ground.drawing)
    colour = shares.model * edited - grain * ground.photo + faded * tone
    part = shares.reference / np.maximum(offer.cover, LEAST)
    taken = [part * cover for cover, one in covers if one.photo is not None]
    return Layer(
        colour=colour,
        opacity=1 - shares.source - grain,
        shares=np.concatenate(taken, axis=-1) if taken else np.zeros((*mask.shape[:2], 0), "f4"),
    )


def _covers(suppliers: Sequence[Supplier]) -> list[tuple[Plane, Supplier]]:
    """Find how much of each supplier shows: a later one covers those before it."""
    covers, open_ = [], np.float32(1)
    for supplier in reversed(suppliers):
        covers.append((supplier.mask * open_, supplier))
        open_ = open_ * (1 - supplier.mask)
    return covers[::-1]


def _offer(covers: Sequence[tuple[Plane, Supplier]], ground: Ground) -> Offer:
    """Lay the references over each other: photos and reconstructions.

    Beyond all masks it is what they show there on average.
    """
    photo, reconstruction = np.zeros_like(ground.photo), np.zeros_like(ground.photo)
    total, known = np.zeros_like(ground.border), np.full_like(ground.border, LEAST)
    for cover, one in covers:
        if one.photo is not None and one.reconstruction is not None:
            weight = np.maximum(cover, LEAST)
            photo += weight * one.photo
            reconstruction += weight * one.reconstruction
            total, known = total + cover, known + weight
    known -= LEAST
    known = np.maximum(known, LEAST)
    return Offer(photo=photo / known, reconstruction=reconstruction / known, cover=total)


def _shares(ground: Ground, edited: Picture, offer: Offer, mask: Plane, faded: Plane) -> Shares:
    """Decide who supplies: whoever agrees best with the edit, changing smoothly."""
    theirs = _disagreement(edited, offer.reconstruction)
    ours = _disagreement(edited, ground.reconstruction)
    radius = max(1, round(len(mask) * PATCH))
    needed = np.minimum(
        _structure(ground.reconstruction, offer.reconstruction) / np.float32(NEEDED), 1
    )
    ours = ours + np.float32(INSIDE) * box_blur(mask, radius)
    weights = [
        np.exp(-np.float32(SHARPNESS) * ours),
        np.exp(-np.float32(SHARPNESS) * theirs) * offer.cover * faded,
        np.exp(-np.float32(SHARPNESS * MODEL)) * needed * faded,
    ]
    total = sum(weights)
    powers = [np.power(box_blur(weight / total, radius), np.float32(CRISP)) for weight in weights]
    total = sum(powers)
    taken, model = powers[1] / total, powers[2] / total
    taken, model = taken * faded * (offer.cover > 0), model * faded
    return Shares(source=1 - taken - model, reference=taken, model=model)


def _disagreement(edited: Picture, other: Picture) -> Plane:
    """Compare structure and tone around each pixel: 0 is equal, 1 differs wholly."""
    radius = max(1, round(len(edited) * PATCH))
    change = np.abs(edited - other).max(axis=-1, keepdims=True)
    tone = box_blur(change, radius) / np.float32(TONE)
    return _structure(edited, other) + np.square(tone)


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


def _tone(ground: Ground, edited: Picture, offer: Offer, shares: Shares, faded: Plane) -> Picture:
    """Correct tones: inside as the model changes them, at the border as the photo has them."""
    change = edited - ground.reconstruction
    change = change + shares.reference * (ground.reconstruction - offer.reconstruction)
    radius = max(1, round(len(edited) * PATCH))
    wanted = box_blur(box_blur(change * (1 - shares.model), radius), radius)
    trust = (1 - shares.model) / np.float32((LENGTH * len(edited)) ** 2)
    screening = np.where(faded > 0, trust, FIXED)
    flow = np.zeros_like(edited)
    for share, picture in ((shares.reference, offer.photo), (shares.model, edited)):
        flow += _leap(share, picture - ground.photo)
    return solve(screening, np.where(faded > 0, trust * wanted, 0) + flow)


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

"""What the references of an edit offer, at the model's resolution."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32

from stylemapgan.editing.photo.filters import box_blur, rise
from stylemapgan.editing.photo.layer import Ground
from stylemapgan.editing.photo.structure import Drawn, Picture, Plane, Window

CONSISTENT = 0.7, 0.95
"""Share of a difference along the border that is the same everywhere: content, and tone alone."""
EVEN = 10.0
"""Difference along the border, in levels of 255, that is too small to tell."""
LEAST = np.float32(1e-6)
"""Keeps divisions finite."""
RADIUS = 1 / 32
"""Half the width of the border of a mask, as a share of the side."""

Tone = Float32[np.ndarray, "3 1 1"]
"""One colour, in levels of 255."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Supplier:
    """A placed reference at the model's resolution, in the photo's layout and colours."""

    photo: Picture | None
    """The reference as the model sees it; None if it is invented."""
    reconstruction: Drawn | None
    """What the model makes of it."""
    mask: Plane
    """Where it lands, from 0 to 1."""

    def window(self, window: Window) -> "Supplier":
        """Cut out a part of it."""
        photo, reconstruction = self.photo, self.reconstruction
        return Supplier(
            photo=None if photo is None else photo[window],
            reconstruction=None if reconstruction is None else reconstruction.window(window),
            mask=self.mask[window],
        )


@dataclass(frozen=True, eq=False)
class Offer:
    """What all references together offer: laid over each other in their order."""

    photo: Picture
    """Beyond all masks, what they show there on average."""
    reconstruction: Drawn
    """What the model makes of it."""
    cover: Plane
    """How far they cover the source, from 0 to 1."""
    border: Plane
    """Weight of each pixel at the border of that cover; sums to 1, or is 0 everywhere."""
    evenness: np.float32
    """1 if source and reference differ equally all along the border, in tone alone; 0 if not."""

    @property
    def border_tone(self) -> Tone:
        """The references' mean colour at the border, in levels of 255."""
        return _weighted_sum(self.photo, self.border)


def covers_of(suppliers: Sequence[Supplier]) -> list[tuple[Plane, Supplier]]:
    """Find how much of each supplier shows: a later one covers those before it."""
    covers, open_ = [], np.float32(1)
    for supplier in reversed(suppliers):
        covers.append((supplier.mask * open_, supplier))
        open_ = open_ * (1 - supplier.mask)
    return covers[::-1]


def offer_of(covers: Sequence[tuple[Plane, Supplier]], ground: Ground) -> Offer:
    """Lay the references over each other, and compare them with the source at the border."""
    known = [
        (share, one.photo, one.reconstruction)
        for share, one in covers
        if one.photo is not None and one.reconstruction is not None
    ]
    shares = [share for share, _, _ in known]
    photo = _average(shares, [photo for _, photo, _ in known])
    if len(known) == 1:
        reconstruction = known[0][-1]
    else:
        drawn = _average(shares, [reconstruction.picture for *_, reconstruction in known])
        reconstruction = Drawn.of(drawn, ground.size)
    cover = np.sum(shares, axis=0)
    radius = max(1, round(ground.size * RADIUS))
    border = _border(cover, radius)
    evenness = _evenness(box_blur(ground.photo - photo, radius), border)
    return Offer(photo, reconstruction, cover, border, evenness)


def _average(shares: Sequence[Plane], pictures: Sequence[Picture]) -> Picture:
    """Mix pictures by their shares, and equally where all of these are 0."""
    if len(pictures) == 1:
        return pictures[0]
    weights = [np.maximum(share, LEAST) for share in shares]
    total = sum(weights)
    weighted = (weight / total * one for weight, one in zip(weights, pictures, strict=True))
    return np.sum(list(weighted), axis=0)


def _border(cover: Plane, radius: int) -> Plane:
    """Weigh the pixels on both sides of a border."""
    near = box_blur((cover > 0).astype(np.float32), radius)
    border = near * (1 - near)
    return border / np.maximum(border.sum(), LEAST)


def _evenness(difference: Picture, border: Plane) -> np.float32:
    """Tell how far a difference is the same all along a border: 0 to 1."""
    mean = _weighted_sum(difference, border)
    spread = _weighted_sum(np.square(difference - mean), border).sum()
    size = np.square(mean).sum()
    share = np.full((1, 1, 1), size / (size + spread + np.float32(EVEN**2)), np.float32)
    return rise(share, *CONSISTENT)[0, 0, 0]


def _weighted_sum(picture: Picture, weight: Plane) -> Tone:
    return (picture.reshape(3, -1) @ weight.ravel())[:, None, None]

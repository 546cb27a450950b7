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

import numpy as np
from jaxtyping import Bool

from stylemapgan.editing.photo.layer import Ground, Layer, feather
from stylemapgan.editing.photo.references import LEAST, Supplier, covers_of, offer_of
from stylemapgan.editing.photo.shares import shares_of
from stylemapgan.editing.photo.structure import Picture, Plane, Window
from stylemapgan.editing.photo.tones import tone_of

MARGIN = 1 / 16
"""Around what changes, how far filters look at, as a share of the side."""
STEP = 16
"""Windows span multiples of so many pixels, which the grids of the equation halve."""


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
    faded = ground.border * feather(mask)
    window = _window(faded[0] > 0)
    part = [supplier.window(window) for supplier in suppliers]
    inner = _layer(ground.window(window), edited[window], mask[window], faded[window], part)
    whole = [np.zeros((len(planes), *mask.shape[1:]), np.float32) for planes in inner]
    for planes, found in zip(whole, inner, strict=True):
        planes[window] = found
    return Layer(*whole)


def _window(changing: Bool[np.ndarray, "size size"]) -> Window:
    """Find rows and columns around all that changes, with what filters look at around it."""
    size = len(changing)
    ends = []
    for axis in (1, 0):
        places = np.flatnonzero(changing.any(axis=axis))
        first, last = (places[0], places[-1] + 1) if len(places) else (0, 1)
        margin = round(size * MARGIN)
        start = max(0, (first - margin) // STEP * STEP)
        ends.append(slice(start, min(size, -(-(last + margin) // STEP) * STEP)))
    return slice(None), ends[0], ends[1]


def _layer(
    ground: Ground, edited: Picture, mask: Plane, faded: Plane, suppliers: Sequence[Supplier]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Compute colour, opacity and shares of a window."""
    covers = covers_of(suppliers)
    offer = offer_of(covers, ground)
    shares = shares_of(ground, edited, offer, mask, faded)
    tone = tone_of(ground, edited, offer, shares, faded)
    grain = shares.model * (1 - ground.drawing)
    colour = shares.model * edited - grain * ground.photo + faded * tone
    part = shares.reference / np.maximum(offer.cover, LEAST)
    taken = [part * cover for cover, one in covers if one.photo is not None]
    return colour, 1 - shares.source - grain, np.concatenate(taken)

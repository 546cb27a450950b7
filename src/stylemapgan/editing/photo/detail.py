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

from stylemapgan.editing.photo.layer import Ground, Layer, Picture, Plane, feather
from stylemapgan.editing.photo.references import LEAST, Supplier, covers_of, offer_of
from stylemapgan.editing.photo.shares import shares_of
from stylemapgan.editing.photo.tones import tone_of


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
    covers = covers_of(suppliers)
    offer = offer_of(covers, ground)
    faded = ground.border * feather(mask)
    shares = shares_of(ground, edited, offer, mask, faded)
    tone = tone_of(ground, edited, offer, shares, faded)
    grain = shares.model * (1 - ground.drawing)
    colour = shares.model * edited - grain * ground.photo + faded * tone
    part = shares.reference / np.maximum(offer.cover, LEAST)
    taken = [part * cover for cover, one in covers if one.photo is not None]
    return Layer(
        colour=colour,
        opacity=1 - shares.source - grain,
        shares=np.concatenate(taken, axis=-1) if taken else np.zeros((*mask.shape[:2], 0), "f4"),
    )

"""The square part of a photo, ready to take edits as quickly as a brush moves."""

import numpy as np
from jaxtyping import Float32, UInt8

from stylemapgan.editing.checks import AnyImages, AnyMask
from stylemapgan.editing.photo.colours import from_srgb
from stylemapgan.editing.photo.enlarging import strips
from stylemapgan.editing.photo.full_photo import FullPhoto
from stylemapgan.editing.photo.layer import FINER, Ground, drawn, make_layer, open_border
from stylemapgan.editing.photo.pasting import laid_over, refuse_misfits
from stylemapgan.editing.photo.square import Square
from stylemapgan.images.levels import to_numpy
from stylemapgan.types import Images


class Patch:
    """A preview of what `paste_back` makes of a photo's square.

    Prepared once for a photo, a square and a resolution; each edit then takes milliseconds.
    It may be used from several threads.
    """

    def __init__(
        self, photo: FullPhoto, square: Square, reconstruction: Images, resolution: int
    ) -> None:
        """Cut out what previews need; the photo itself is not kept.

        Args:
            photo: The photo.
            square: Where, the same as for `FullPhoto.crop`.
            reconstruction: What the model made of that crop, (1, 3, S, S).
            resolution: Width and height of the previews, in pixels.

        Raises:
            EditError: The square lies outside the photo.
        """
        size = reconstruction.shape[-1]
        self._reconstruction = reconstruction
        self._shown = photo.crop_pixels(square, resolution)
        fine = photo.crop_pixels(square, size * FINER).astype(np.float32)
        self._ground = Ground(
            photo=photo.crop_pixels(square, size).astype(np.float32),
            reconstruction=from_srgb(reconstruction, None),
            border=open_border(size, square, photo.size),
            drawing=drawn(fine, size),
        )

    def paste(
        self, edited: AnyImages, mask: AnyMask
    ) -> UInt8[np.ndarray, "resolution resolution 3"]:
        """Show an edit in its place.

        Args:
            edited: What the model made of the edited stylemap, (1, 3, S, S).
            mask: Where the edit is meant, (1, 1, S, S).

        Raises:
            EditError: Sizes or values do not fit.
        """
        refuse_misfits(self._reconstruction, edited, mask)
        weight: Float32[np.ndarray, "size size 1"] = to_numpy(mask)[0, 0, :, :, None]
        layer = make_layer(self._ground, from_srgb(edited, None), weight)
        result = self._shown.copy()
        resolution = len(result)
        middle = resolution / 2
        whole = Square(x=middle, y=middle, side=float(resolution))
        for strip in strips(layer, whole, (resolution, resolution)):
            left, top, right, bottom = strip.box
            part = result[top:bottom, left:right]
            part[...] = laid_over(part, strip)
        return result

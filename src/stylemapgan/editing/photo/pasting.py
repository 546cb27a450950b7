"""Put an edit back into the photo it came from: at full resolution, or as a preview."""

import dataclasses
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
from jaxtyping import UInt8
from PIL import Image

from stylemapgan.editing.checks import (
    AnyImages,
    AnyMask,
    refuse_all_but_one,
    refuse_unfit_images,
    refuse_unfit_mask,
)
from stylemapgan.editing.photo.detail import make_detailed_layer
from stylemapgan.editing.photo.enlarging import Strip, strips
from stylemapgan.editing.photo.full_photo import FullPhoto
from stylemapgan.editing.photo.layer import (
    FINER,
    Ground,
    Layer,
    Picture,
    Plane,
    drawn,
    make_layer,
    open_border,
)
from stylemapgan.editing.photo.placing import PlacedReference, Placement
from stylemapgan.editing.photo.references import Supplier
from stylemapgan.editing.photo.sampling import from_srgb, sample
from stylemapgan.editing.photo.square import Square, stored_square, to_stored
from stylemapgan.images.levels import from_bytes, to_numpy
from stylemapgan.types import Images, Mask


def paste_back(  # noqa: PLR0913
    photo: FullPhoto,
    square: Square,
    reconstruction: AnyImages,
    edited: AnyImages,
    mask: AnyMask,
    *,
    references: Sequence[PlacedReference] = (),
) -> FullPhoto:
    """Put an edit into the photo.

    Everything further from the mask than a sixteenth of the square's side and three pixels of
    the model stays bit-identical, and so does everything where the edit changes nothing.

    Args:
        photo: The photo the square was cut out of.
        square: Where, the same as for `FullPhoto.crop`.
        reconstruction: What the model made of that crop, (1, 3, S, S).
        edited: What the model made of its edited stylemap, as large.
        mask: Where the edit is meant, (1, 1, S, S), in pixels of the model.
        references: What the edit's parts may take pixels from, in their order, such as
            `editor.placed_references(edit)` gives; without any, new content comes from the model
            alone, at its resolution.

    Returns:
        A new photo with the same notes; the old one is left alone.

    Raises:
        EditError: Sizes or values do not fit, or the square lies outside the photo.
    """
    refuse_misfits(reconstruction, edited, mask)
    stored = stored_square(square, photo.orientation, photo.size)
    layer = _stored_layer(photo, stored, (reconstruction, edited), mask, references)
    placements = [
        Placement(reference.picture, photo, square)
        for reference in references
        if reference.picture is not None
    ]
    pixels = photo.pixels.copy()
    for strip in strips(layer, stored, pixels.size):
        _paste_strip(pixels, strip, placements)
    return dataclasses.replace(photo, pixels=pixels)


def refuse_misfits(reconstruction: AnyImages, edited: AnyImages, mask: AnyMask) -> None:
    """Let only single pictures and a mask of one size pass.

    Raises:
        EditError: Something else was given.
    """
    size = reconstruction.shape[-1]
    refuse_unfit_images(reconstruction, size)
    refuse_unfit_images(edited, size)
    refuse_unfit_mask(mask, size)
    refuse_all_but_one(reconstruction, edited, mask)


def laid_over(
    photo: UInt8[np.ndarray, "height width 3"],
    strip: Strip,
    references: Sequence[UInt8[np.ndarray, "height width 3"] | None] = (),
) -> UInt8[np.ndarray, "height width 3"]:
    """Lay a strip of a layer over its part of a photo; where it is zero every byte stays.

    Args:
        photo: Its part of the photo.
        strip: The layer's part.
        references: What each reference shows there; None if it supplies nothing there.
    """
    *colour, opacity = strip.planes[:4]
    kept = 1 - opacity
    result = np.empty_like(photo)
    for channel, plane in enumerate(colour):
        mixed = photo[..., channel] * kept
        mixed += plane
        for share, reference in zip(strip.planes[4:], references, strict=True):
            if reference is not None:
                mixed += share * reference[..., channel]
        mixed += np.float32(0.5)  # so that cutting off rounds
        result[..., channel] = np.clip(mixed, 0, 255, out=mixed)
    return result


def _stored_layer(
    photo: FullPhoto,
    stored: Square,
    pictures: tuple[Images, Images],
    mask: Mask,
    references: Sequence[PlacedReference],
) -> Layer:
    """Make the layer in the photo's own colours and layout."""
    size = mask.shape[-1]
    reconstruction, edited = (
        to_stored(from_srgb(picture, photo.profile), photo.orientation) for picture in pictures
    )
    ground = Ground(
        photo=np.asarray(sample(photo.pixels, stored, size), np.float32),
        reconstruction=reconstruction,
        border=open_border(size, stored, photo.pixels.size),
        drawing=drawn(np.asarray(sample(photo.pixels, stored, size * FINER), np.float32), size),
        size=size,
    )
    weight = to_stored(_plane(mask), photo.orientation)
    if all(one.picture is None for one in references):
        return make_layer(ground, edited, weight)

    def levels(images: Images) -> Picture:
        return to_stored(from_srgb(images, photo.profile), photo.orientation)

    def plane(mask: Mask) -> Plane:
        return to_stored(_plane(mask), photo.orientation)

    suppliers = _suppliers(references, size, levels, plane)
    return make_detailed_layer(ground, edited, weight, suppliers)


def _suppliers(
    references: Sequence[PlacedReference],
    size: int,
    levels: Callable[[Images], Picture],
    plane: Callable[[Mask], Plane],
) -> list[Supplier]:
    """Bring references to the model's resolution.

    Args:
        references: Placed references.
        size: Pixels of the model along a side.
        levels: Brings images to the photo's layout and colours.
        plane: Brings a mask to the photo's layout.
    """
    suppliers = []
    for reference in references:
        placed, mask = reference.picture, plane(reference.mask)
        if placed is None:
            suppliers.append(Supplier(photo=None, reconstruction=None, mask=mask))
        else:
            seen = levels(from_bytes(placed.pixels(size)[None]))
            made = levels(placed.reconstruction)
            suppliers.append(Supplier(photo=seen, reconstruction=made, mask=mask))
    return suppliers


def _plane(mask: Mask) -> Plane:
    return to_numpy(mask)[0, 0, :, :, None]


def _paste_strip(pixels: Image.Image, strip: Strip, placements: Sequence[Placement]) -> None:
    part = pixels.crop(strip.box)
    shown = [
        placement.strip(strip.box) if share.any() else None
        for share, placement in zip(strip.planes[4:], placements, strict=True)
    ]
    mixed = Image.fromarray(laid_over(np.asarray(part.convert("RGB")), strip, shown))
    if part.mode == "RGBA":
        mixed.putalpha(part.getchannel("A"))
    pixels.paste(mixed, strip.box)


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
            size=size,
        )

    def paste(
        self, edited: AnyImages, mask: AnyMask, references: Sequence[PlacedReference] = ()
    ) -> UInt8[np.ndarray, "resolution resolution 3"]:
        """Show an edit in its stored.

        Args:
            edited: What the model made of the edited stylemap, (1, 3, S, S).
            mask: Where the edit is meant, (1, 1, S, S).
            references: What the edit's parts may take pixels from, see `paste_back`.

        Raises:
            EditError: Sizes or values do not fit.
        """
        refuse_misfits(self._reconstruction, edited, mask)
        layer = self._layer(from_srgb(edited, None), _plane(mask), references)
        result = self._shown.copy()
        resolution = len(result)
        middle = resolution / 2
        pictures = [one.picture for one in references if one.picture is not None]
        whole = Square(x=middle, y=middle, side=float(resolution))
        for strip in strips(layer, whole, (resolution, resolution)):
            left, top, right, bottom = strip.box
            part = result[top:bottom, left:right]
            shown = [picture.pixels(resolution)[top:bottom, left:right] for picture in pictures]
            part[...] = laid_over(part, strip, shown)
        return result

    def _layer(self, edited: Picture, mask: Plane, references: Sequence[PlacedReference]) -> Layer:
        if all(one.picture is None for one in references):
            return make_layer(self._ground, edited, mask)
        levels = partial(from_srgb, profile=None)
        suppliers = _suppliers(references, len(mask), levels, _plane)
        return make_detailed_layer(self._ground, edited, mask, suppliers)

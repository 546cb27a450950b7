"""Put an edit back into the photo it came from: at full resolution, or as a preview."""

import dataclasses
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
from jaxtyping import Float32, UInt8
from PIL import Image

from stylemapgan.editing.checks import (
    AnyImages,
    AnyMask,
    refuse_all_but_one,
    refuse_unfit_images,
    refuse_unfit_mask,
)
from stylemapgan.editing.photo.detail import make_detailed_layer
from stylemapgan.editing.photo.enlarging import THREADS, Box, Strip, strips
from stylemapgan.editing.photo.full_photo import FullPhoto
from stylemapgan.editing.photo.layer import (
    FINER,
    Ground,
    Layer,
    drawn,
    make_layer,
    open_border,
)
from stylemapgan.editing.photo.placing import PlacedPhoto, PlacedReference, Placement
from stylemapgan.editing.photo.references import Supplier
from stylemapgan.editing.photo.sampling import from_srgb, levels_of, sample
from stylemapgan.editing.photo.square import Square, stored_square, to_stored
from stylemapgan.editing.photo.structure import Drawn, Picture, Plane
from stylemapgan.images.levels import from_bytes, to_numpy
from stylemapgan.types import Images, Mask

BLOCK_PIXELS = 32_768
"""Pixels that are mixed at once: few enough to stay in the processor's cache."""


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
    compute = partial(_pasted_strip, photo.pixels, placements)
    with ThreadPoolExecutor(THREADS) as threads:  # most of it runs in C, in parallel
        for box, strip in threads.map(compute, strips(layer, stored, pixels.size)):
            pixels.paste(strip, box)
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
    result = np.empty_like(photo)
    rows = max(1, BLOCK_PIXELS // photo.shape[1])
    for start in range(0, len(photo), rows):
        part = slice(start, start + rows)
        shown = [None if reference is None else reference[part] for reference in references]
        _lay_over(photo[part], strip.planes[:, part], shown, result[part])
    return result


def _lay_over(
    photo: UInt8[np.ndarray, "height width 3"],
    planes: Float32[np.ndarray, "planes height width"],
    references: Sequence[UInt8[np.ndarray, "height width 3"] | None],
    result: UInt8[np.ndarray, "height width 3"],
) -> None:
    *colour, opacity = planes[:4]
    kept = 1 - opacity
    for channel, plane in enumerate(colour):
        mixed = photo[..., channel] * kept
        mixed += plane
        for share, reference in zip(planes[4:], references, strict=True):
            if reference is not None:
                mixed += share * reference[..., channel]
        mixed += np.float32(0.5)  # so that cutting off rounds
        result[..., channel] = np.clip(mixed, 0, 255, out=mixed)


def _stored_layer(
    photo: FullPhoto,
    stored: Square,
    pictures: tuple[Images, Images],
    mask: Mask,
    references: Sequence[PlacedReference],
) -> Layer:
    """Make the layer in the photo's own colours and layout."""
    size = mask.shape[-1]

    def plane(mask: Mask) -> Plane:
        return _stored_planes(_plane(mask), photo.orientation)

    def levels(images: Images) -> Picture:
        return _stored_planes(from_srgb(images, photo.profile), photo.orientation)

    reconstruction, edited = (levels(picture) for picture in pictures)
    ground = Ground(
        photo=levels_of(np.asarray(sample(photo.pixels, stored, size))),
        reconstruction=Drawn.of(reconstruction, size),
        border=open_border(size, stored, photo.pixels.size),
        drawing=drawn(np.asarray(sample(photo.pixels, stored, size * FINER), np.float32), size),
        size=size,
    )
    weight = plane(mask)
    if all(one.picture is None for one in references):
        return make_layer(ground, edited, weight)

    def shown(placed: PlacedPhoto) -> tuple[Picture, Drawn]:
        seen = levels(from_bytes(placed.pixels(size)[None]))
        return seen, Drawn.of(levels(placed.reconstruction), size)

    suppliers = _suppliers(references, shown, plane)
    return make_detailed_layer(ground, edited, weight, suppliers)


def _suppliers(
    references: Sequence[PlacedReference],
    shown: Callable[[PlacedPhoto], tuple[Picture, Drawn]],
    plane: Callable[[Mask], Plane],
) -> list[Supplier]:
    """Bring references to the model's resolution.

    Args:
        references: Placed references.
        shown: Finds what the model sees of one, and what it makes of it, in the photo's layout
            and colours.
        plane: Brings a mask to the photo's layout.
    """
    suppliers = []
    for reference in references:
        placed = reference.picture
        seen, drawn = (None, None) if placed is None else shown(placed)
        mask = plane(reference.mask)
        suppliers.append(Supplier(photo=seen, reconstruction=drawn, mask=mask))
    return suppliers


def _plane(mask: Mask) -> Plane:
    return to_numpy(mask)[0]


def _stored_planes(
    planes: Float32[np.ndarray, "planes size size"], orientation: int
) -> Float32[np.ndarray, "planes size size"]:
    return np.ascontiguousarray(
        np.moveaxis(to_stored(np.moveaxis(planes, 0, -1), orientation), -1, 0)
    )


def _pasted_strip(
    pixels: Image.Image, placements: Sequence[Placement], enlarge: Callable[[], Strip]
) -> tuple[Box, Image.Image]:
    """Lay one strip over its part of a photo."""
    strip = enlarge()
    part = pixels.crop(strip.box)
    shown = [
        placement.strip(strip.box, share) if share.any() else None
        for share, placement in zip(strip.planes[4:], placements, strict=True)
    ]
    mixed = Image.fromarray(laid_over(np.asarray(part.convert("RGB")), strip, shown))
    if part.mode == "RGBA":
        mixed.putalpha(part.getchannel("A"))
    return strip.box, mixed


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
            photo=levels_of(photo.crop_pixels(square, size)),
            reconstruction=Drawn.of(from_srgb(reconstruction, None), size),
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
        for enlarge in strips(layer, whole, (resolution, resolution)):
            strip = enlarge()
            left, top, right, bottom = strip.box
            part = result[top:bottom, left:right]
            shown = [picture.pixels(resolution)[top:bottom, left:right] for picture in pictures]
            part[...] = laid_over(part, strip, shown)
        return result

    def _layer(self, edited: Picture, mask: Plane, references: Sequence[PlacedReference]) -> Layer:
        if all(one.picture is None for one in references):
            return make_layer(self._ground, edited, mask)
        suppliers = _suppliers(references, lambda placed: (placed.seen, placed.drawn), _plane)
        return make_detailed_layer(self._ground, edited, mask, suppliers)

"""The interface of all editors, whatever runs their networks."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from functools import cached_property
from typing import Any, final

from array_api_compat import array_namespace

from stylemapgan.config import ModelConfig
from stylemapgan.config.ranges import PICTURES, PSI, SEED
from stylemapgan.config.training import ChosenPrecision
from stylemapgan.editing import operations
from stylemapgan.editing.batches import decode_in_batches, evenly_spaced, mean_of_samples
from stylemapgan.editing.checks import (
    AnyImages,
    AnyMask,
    refuse_all_but_one,
    refuse_unequal_batches,
    refuse_unfit_images,
    refuse_unfit_mask,
)
from stylemapgan.editing.edit import Edit, Part, Push
from stylemapgan.editing.edit_masks import EditMask
from stylemapgan.editing.edit_rendering import (
    AnyPicture,
    arrays_of,
    at_strength,
    edited_w_plus,
    placed_references,
    refuse_names,
    remembering,
    resolved,
)
from stylemapgan.editing.framing.framing import Framing
from stylemapgan.editing.operations import AnyStylemap, WPlus
from stylemapgan.editing.photo import CroppedPhoto, PlacedReference
from stylemapgan.errors import EditError
from stylemapgan.types import Array, Features, Images, Mask, Stylemap


class AbstractEditor(ABC):
    """Encode photos once, edit many times.

    An implementation provides the abstract methods; everything else follows from them.
    Images are (N, 3, S, S) in [-1, 1], masks (N or 1, 1, S, S) in [0, 1]; a single image or mask
    is repeated to match the others. Methods take NumPy arrays and PyTorch tensors, and raise an
    `EditError` for values that do not fit.

    Keep stylemaps to encode each photo once:
    `editor.decode(operations.blend(source, reference, editor.as_mask(mask)))`.
    """

    @property
    @abstractmethod
    def config(self) -> ModelConfig:
        """Shapes of the networks."""

    @abstractmethod
    def as_array(self, values: Array) -> Array:
        """Turn values into this editor's own float32 arrays, on its device."""

    @abstractmethod
    def encode(self, images: AnyImages) -> Stylemap:
        """Find the stylemaps of photos; begins with `self.as_images(images)`."""

    @abstractmethod
    def resize(self, stylemaps: Stylemap) -> list[AnyStylemap]:
        """Turn stylemaps into w_plus: one resized stylemap for each modulated layer."""

    @abstractmethod
    def synthesize(self, w_plus: WPlus) -> Images:
        """Turn resized stylemaps into images."""

    def painter(self) -> Callable[[WPlus], Images]:
        """Give a `synthesize` for pictures that change little by little, such as while painting.

        It may keep its last call to be faster at the next; use it from one thread at a time.
        """
        return self.synthesize

    @abstractmethod
    def features(self, w_plus: WPlus) -> Features:
        """Compute the features of the synthesis network at each position.

        They come from the last block of at most 32x32 positions that is smaller than the image.
        """

    @abstractmethod
    def sample(self, count: int, seed: int = 0) -> Stylemap:
        """Draw random stylemaps; the first ones are the same for every count and editor."""

    @property
    def typical_errors(self) -> tuple[float, ...]:
        """Reconstruction errors of photos the model never saw: 11 quantiles from 0 to 100 %.

        Each is a mean squared error on [-1, 1]. Empty if the model file does not hold them.
        """
        return ()

    @property
    def framing(self) -> Framing | None:
        """How photos of the model's kind are framed; None if that was not learned."""
        return None

    @property
    def subject(self) -> str:
        """What photos show, such as `face`; empty if nothing in particular."""
        return ""

    @property
    def precision(self) -> ChosenPrecision:
        """Arithmetic of the networks."""
        return "32-true"

    @property
    def what_computes(self) -> str:
        """One line about device, threads and precision; empty where there is only one choice."""
        return ""

    def in_float32(self) -> "AbstractEditor":
        """Give an editor with the same networks that computes in float32."""
        return self

    @property
    @final
    def image_size(self) -> int:
        """Height and width of images, in pixels."""
        return self.config.image_size

    @property
    @final
    def stylemap_size(self) -> int:
        """Height and width of stylemaps, in cells."""
        return self.config.stylemap_size

    @cached_property
    def mean_stylemap(self) -> Stylemap:
        """The average of many random stylemaps, a batch of one; found when first needed."""
        return mean_of_samples(self.sample)

    @final
    def as_images(self, images: AnyImages) -> Images:
        """Turn images into this editor's arrays; an `EditError` if they do not fit the model."""
        refuse_unfit_images(images, self.image_size)
        return self.as_array(images)

    @final
    def as_mask(self, mask: AnyMask) -> Mask:
        """Turn masks into this editor's arrays; an `EditError` if they do not fit the model."""
        refuse_unfit_mask(mask, self.image_size)
        return self.as_array(mask)

    @final
    def decode(self, stylemaps: Stylemap) -> Images:
        """Turn stylemaps into images."""
        return self.synthesize(self.resize(stylemaps))

    @final
    def reconstruct(self, pictures: AnyPicture) -> Images:
        """Encode and decode pictures; stylemaps are decoded only."""
        return self.decode(self._stylemaps(pictures))

    @final
    def edit(self, source: AnyPicture, edit: Edit) -> Images:
        """Paste parts of references into a source, and push it along directions.

        Pictures and masks are batches of one, or of as many as the longest.

        Args:
            source: What to edit: images (N, 3, S, S), stylemaps (N, C, h, w) or a `CroppedPhoto`.
            edit: What to do.

        Returns:
            Edited images, (N, 3, S, S) in [-1, 1].

        Raises:
            EditError: Something does not fit, or the edit still holds names.
        """
        w, resolved = self._stylemaps(source), self._resolved(edit)
        refuse_unequal_batches(w, *arrays_of(resolved))
        w_plus = edited_w_plus(resolved, w, remembering(self.resize), self.config.border_fade)
        return self.synthesize(w_plus)

    @final
    def placed_references(self, edit: Edit) -> tuple[PlacedReference, ...]:
        """Place the photos that an edit's parts refer to over its source, for `paste_back`.

        References may be a `CroppedPhoto` or an image (1, 3, S, S); stylemaps have no photo.

        Raises:
            EditError: The edit still holds names, or several pictures or masks in one part.
        """
        return placed_references(edit, self.image_size, self.reconstruct)

    @final
    def blend(self, source: AnyPicture, reference: AnyPicture, mask: EditMask) -> Images:
        """Put the masked part of the reference into the source, in w.

        Seams are as wide as a cell: good for halves and other large masks.
        """
        return self.edit(source, Edit(parts=(Part(reference=reference, mask=mask, space="w"),)))

    @final
    def blend_w_plus(self, source: AnyPicture, reference: AnyPicture, mask: EditMask) -> Images:
        """Put the masked part of the reference into the source, in w_plus.

        Borders follow the mask at every resolution: good for small and fine masks.
        """
        return self.edit(source, Edit(parts=(Part(reference=reference, mask=mask),)))

    @final
    def transplant(
        self,
        source: AnyPicture,
        reference: AnyPicture,
        mask: EditMask,
        shift: tuple[int, int] = (0, 0),
        strength: float = 1.0,
    ) -> Images:
        """Move the masked part of the reference by a shift, down and to the right in pixels.

        A strength of 0 keeps the source, 1 copies, between mixes; see `Part`.
        """
        part = Part(reference=reference, mask=mask, shift=shift, strength=strength)
        return self.edit(source, Edit(parts=(part,)))

    @final
    def move(
        self, source: AnyPicture, direction: Any, amount: float, mask: EditMask | None = None
    ) -> Images:
        """Push the source along a direction, everywhere or inside a mask; see `Push`."""
        push = Push(direction=direction, amount=amount, mask=mask)
        return self.edit(source, Edit(pushes=(push,)))

    @final
    def morph(self, source: AnyPicture, part: Part[Any], steps: int) -> Images:
        """Paste a part into one picture with strengths from 0 up to the part's own.

        Returns:
            One image for each step, the source's reconstruction first.
        """
        w, edit = self._stylemaps(source), self._resolved(Edit(parts=(part,)))
        refuse_all_but_one(w, *arrays_of(edit))
        resize, fade = remembering(self.resize), self.config.border_fade
        frames = [
            self.synthesize(edited_w_plus(at_strength(edit, strength), w, resize, fade))
            for strength in evenly_spaced(steps, end=part.strength)
        ]
        return array_namespace(*frames).concat(frames)

    @final
    def interpolate(self, start: AnyPicture, end: AnyPicture, steps: int) -> Images:
        """Interpolate between two pictures.

        Returns:
            One image for each step, from the first reconstruction to the second.
        """
        first, last = self._stylemaps(start), self._stylemaps(end)
        refuse_all_but_one(first, last)
        path = [operations.interpolate(first, last, t) for t in evenly_spaced(steps, end=1.0)]
        return decode_in_batches(array_namespace(first).concat(path), self.decode, self.image_size)

    @final
    def mix(self, coarse: AnyPicture, fine: AnyPicture) -> Images:
        """Combine the coarse styles (pose, layout) of one picture with the fine ones of another."""
        ours, theirs = self._stylemaps(coarse), self._stylemaps(fine)
        refuse_unequal_batches(ours, theirs)
        return self.synthesize(operations.mix(self.resize(ours), self.resize(theirs)))

    @final
    def generate(self, count: int, psi: float = 0.7, seed: int = 0) -> Images:
        """Generate random pictures.

        Args:
            count: How many.
            psi: Truncation: 0 gives the average picture, 1 full variety; at most 2.
            seed: Everything random follows from it; not below 0.

        Raises:
            EditError: A number is out of its range.
        """
        for allowed, number in ((PICTURES, count), (PSI, psi), (SEED, seed)):
            allowed.refuse(number, EditError)
        stylemaps = operations.truncate(self.sample(count, seed), self.mean_stylemap, psi)
        return decode_in_batches(stylemaps, self.decode, self.image_size)

    def _stylemaps(self, picture: AnyPicture) -> Stylemap:
        """Encode a picture; stylemaps, recognised by their shape, stay as they are."""
        refuse_names("reference", picture)
        if isinstance(picture, CroppedPhoto):
            return self.encode(picture.image(self.image_size))
        shape = (self.config.style_channels, self.stylemap_size, self.stylemap_size)
        is_stylemap = tuple(picture.shape[1:]) == shape
        return self.as_array(picture) if is_stylemap else self.encode(picture)

    def _resolved(self, edit: Edit) -> Edit:
        return resolved(
            edit, self.image_size, remembering(self._stylemaps), self.as_mask, self.as_array
        )

"""`Edit`: parts of references that go into a source, and pushes along directions.

Python, the command line, HTTP requests, live painting, the Studio's project files and evaluation
all describe an edit with this one value. It names no source, so the same edit works on any
picture; `AbstractEditor.edit(source, edit)` carries it out:

1. pushes change the source's stylemap, in order;
2. parts with space `w` are pasted into that stylemap, in order;
3. all other parts are pasted into the resized stylemaps (w_plus), in order.

A later part covers the parts before it. `operations` explains how a mask of pixels becomes
weights of cells.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Generic, Literal, TypeAlias, TypeVar, get_args

import numpy as np
from jaxtyping import Float32

from stylemapgan.config.ranges import AMOUNT, ROTATION, SCALE, STRENGTH, shift_range
from stylemapgan.editing import operations
from stylemapgan.editing.checks import refuse_all_but_one
from stylemapgan.editing.edit_masks import (
    PART_KINDS,
    PUSH_KINDS,
    EditMask,
    fields_of_json,
    mask_from_json,
    mask_pixels,
    mask_to_json,
    middle_of,
    name_in_json,
    refuse_other_masks,
    turned_mask,
)
from stylemapgan.editing.photo.square import Point
from stylemapgan.errors import EditError
from stylemapgan.images.levels import to_numpy

Reference = TypeVar("Reference")

Space: TypeAlias = Literal["w", "w-plus"]
"""Where a part is pasted: `w` suits halves and large parts, `w-plus` follows fine masks."""


def refuse_other_spaces(space: Any) -> None:
    """Require w or w-plus.

    Raises:
        EditError: It is something else.
    """
    if space not in get_args(Space):
        raise EditError(f"The space of a part must be w or w-plus, got {space!r}.")


def _unchanged(value: Any, *_: Any) -> Any:
    return value


@dataclass(frozen=True, kw_only=True)
class Part(Generic[Reference]):
    """A part of a reference, and where it goes.

    Raises:
        EditError: A value is out of its range.
    """

    reference: Reference
    """What to copy from: images (N, 3, S, S), stylemaps (N, C, h, w), a `CroppedPhoto`, or a name
    (a string) that stands for one of them until `Edit.resolve` replaces it."""
    mask: EditMask
    """What to take, in pixels of the reference's image: an array (N or 1, 1, S, S) from 0 (keep
    the source) to 1 (copy), or a `BoxMask`, `PngMask` or `PartMask`."""
    shift: tuple[int, int] = (0, 0)
    """How far the part moves down and to the right, in pixels; at most the size of the image."""
    rotation: float = 0.0
    """How far it turns clockwise about the mask's centre, in degrees, from -360 to 360."""
    scale: float = 1.0
    """How much larger it becomes about the mask's centre, from 0.25 to 4."""
    strength: float = 1.0
    """0 keeps the source, 1 copies, between mixes."""
    space: Space = "w-plus"
    """Where it is pasted."""

    def __post_init__(self) -> None:
        STRENGTH.refuse(self.strength, EditError)
        ROTATION.refuse(self.rotation, EditError)
        SCALE.refuse(self.scale, EditError)
        refuse_other_spaces(self.space)
        if len(self.shift) != 2:
            raise EditError(f"A shift is two numbers, down and to the right, got {self.shift}.")
        refuse_other_masks(self.mask)
        if hasattr(self.mask, "shape"):
            for length in self.shift:
                shift_range(int(self.mask.shape[-1])).refuse(length, EditError)

    @property
    def is_turned(self) -> bool:
        """Whether the reference has to be turned or scaled first."""
        return bool(self.rotation % 360) or self.scale != 1

    def straightened(self, turn: Callable[[Any, Point, float, float], Any]) -> "Part[Any]":
        """Give the same part with its reference and its mask turned and scaled already.

        An empty mask has no centre: the reference then stays as it is.

        Args:
            turn: Turns a reference's picture clockwise about a point (to the right and down, in
                pixels), and scales it.
        """
        if not self.is_turned:
            return self
        mask = to_numpy(self.mask)
        refuse_all_but_one(mask)
        middle = middle_of(mask)
        if middle is None:
            return replace(self, rotation=0.0, scale=1.0)
        return replace(
            self,
            reference=turn(self.reference, middle, self.rotation, self.scale),
            mask=turned_mask(mask, middle, self.rotation, self.scale),
            rotation=0.0,
            scale=1.0,
        )

    def landed(self, size: int) -> Float32[np.ndarray, "masks 1 size size"]:
        """Mask where the part lands in the source: turn, scale and move its mask.

        Args:
            size: Height and width of the image, in pixels.
        """
        part = replace(self, mask=to_numpy(mask_pixels(self.mask, size)))
        part = part.straightened(lambda reference, *_: reference)
        return operations.move(part.mask, part.shift)

    def to_json(self) -> dict[str, Any]:
        """Write the part as HTTP requests spell it: the shift as right and down."""
        down, right = self.shift
        return {
            "reference": name_in_json(self.reference, "reference"),
            "mask": mask_to_json(self.mask),
            "shift": [right, down],
            **{name: getattr(self, name) for name in ("rotation", "scale", "strength", "space")},
        }

    @classmethod
    def from_json(cls, document: Any) -> "Part[str]":
        """Read what `to_json` writes."""
        values = fields_of_json(document, PART_KINDS, needed=("reference", "mask"))
        shift = values.pop("shift", [0, 0])
        if [type(length) for length in shift] != [int, int]:
            raise EditError(f"The shift of a part is [right, down] in whole pixels, got {shift}.")
        refuse_other_spaces(values.get("space", "w"))
        values["mask"] = mask_from_json(values["mask"])
        return Part(shift=(shift[1], shift[0]), **values)


@dataclass(frozen=True, kw_only=True)
class Push:
    """A push of the source along a direction.

    Raises:
        EditError: The amount is out of its range.
    """

    direction: Any
    """One step, an array (1, C, h, w), a `Direction`, or the name of one (a string)."""
    amount: float
    """How many steps, in standard deviations of photos: sensible from -3 to 3, at most 100."""
    mask: EditMask | None = None
    """Where the source changes, as for a part; None is everywhere."""

    def __post_init__(self) -> None:
        AMOUNT.refuse(self.amount, EditError)
        if self.mask is not None:
            refuse_other_masks(self.mask)

    def to_json(self) -> dict[str, Any]:
        """Write the push as HTTP requests spell it."""
        return {
            "direction": name_in_json(self.direction, "direction"),
            "amount": self.amount,
            "mask": None if self.mask is None else mask_to_json(self.mask),
        }

    @classmethod
    def from_json(cls, document: Any) -> "Push":
        """Read what `to_json` writes."""
        values = fields_of_json(document, PUSH_KINDS, needed=("direction", "amount"))
        mask = values.pop("mask", None)
        return cls(mask=None if mask is None else mask_from_json(mask), **values)


@dataclass(frozen=True, kw_only=True)
class Edit:
    """What to do to a source: pushes first, then parts with space `w`, then all other parts.

    `Edit()` changes nothing: it gives the source's reconstruction.
    """

    parts: tuple[Part[Any], ...] = ()
    """Parts of references; a later one covers those before it."""
    pushes: tuple[Push, ...] = ()
    """Pushes along directions."""

    def resolve(
        self,
        *,
        reference: Callable[[Any], Any] = _unchanged,
        mask: Callable[[EditMask, Any], EditMask] = _unchanged,
        direction: Callable[[Any], Any] = _unchanged,
    ) -> "Edit":
        """Replace names and small values by what they stand for.

        Args:
            reference: Called with each part's reference.
            mask: Called with each mask, and with the reference as this edit has it; with None in
                its place for the mask of a push, which lies on the source.
            direction: Called with each push's direction.
        """
        parts = [
            replace(part, reference=reference(part.reference), mask=mask(part.mask, part.reference))
            for part in self.parts
        ]
        pushes = [
            replace(
                push,
                direction=direction(push.direction),
                mask=None if push.mask is None else mask(push.mask, None),
            )
            for push in self.pushes
        ]
        return Edit(parts=tuple(parts), pushes=tuple(pushes))

    @property
    def pasted_parts(self) -> tuple[Part[Any], ...]:
        """The parts in the order in which they are pasted: those with space `w` first."""
        return tuple(sorted(self.parts, key=lambda part: part.space != "w"))

    def touched(self, size: int) -> Float32[np.ndarray, "masks 1 size size"]:
        """Mask everything the edit may change: parts where they land, and masks of pushes.

        Args:
            size: Height and width of the image, in pixels.

        Raises:
            EditError: A mask is still the name of a part.
            ImageError: A box or a PNG does not fit.
        """
        union = np.zeros((1, 1, size, size), np.float32)
        for part in self.parts:
            if part.strength > 0:
                union = np.maximum(union, part.landed(size))
        for push in self.pushes:
            if push.amount != 0:
                everywhere = push.mask is None
                mask = 1 if everywhere else to_numpy(mask_pixels(push.mask, size))
                union = np.maximum(union, np.float32(mask))
        return union

    def to_json(self) -> dict[str, Any]:
        """Write the edit as HTTP requests spell it: a body is `{"source": id, **edit.to_json()}`.

        Raises:
            EditError: A reference or a direction is not a name, or an array holds several masks.
        """
        return {
            "parts": [part.to_json() for part in self.parts],
            "pushes": [push.to_json() for push in self.pushes],
        }

    @classmethod
    def from_json(cls, document: Any) -> "Edit":
        """Read what `to_json` writes; all that has a default may be left out.

        Raises:
            EditError: A field is unknown or missing, or its value makes no sense.
        """
        values = fields_of_json(document, {"parts": (list, tuple), "pushes": (list, tuple)})
        return cls(
            parts=tuple(map(Part.from_json, values.get("parts", ()))),
            pushes=tuple(map(Push.from_json, values.get("pushes", ()))),
        )

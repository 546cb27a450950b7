"""What one page being painted on shows now: its last state, and masks as strokes change them."""

import secrets
import struct
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import UInt8

from stylemapgan.server.bodies import LiveState
from stylemapgan.server.kitchen import Kitchen
from stylemapgan.server.masks import read_mask_being_painted
from stylemapgan.server.orders import MaskedPart, MaskedPush
from stylemapgan.server.refusals import unfit
from stylemapgan.server.stylemaps import KeptStylemap

DELTA = struct.Struct("<6I")
"""Sequence, part, left edge, top edge, width, height; then a byte for each pixel."""
FIRST_PUSH = 0xFFFF0000
"""Parts from this number on are the masks of pushes."""

Levels = UInt8[np.ndarray, "size size"]
"""A mask as bytes: 255 takes the reference."""


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """A draft at one moment; strokes that follow do not change it."""

    page: str
    sequence: int
    state: LiveState
    source: KeptStylemap
    parts: list[MaskedPart] = field(repr=False)
    pushes: list[MaskedPush] = field(repr=False)


@dataclass(frozen=True)
class _Content:
    """A state with everything it names."""

    state: LiveState
    source: KeptStylemap
    masks: dict[str, Levels]


class Draft:
    """Put messages together; for one thread at a time."""

    def __init__(self, kitchen: Kitchen) -> None:
        """Start without anything to show."""
        self._kitchen = kitchen
        self._page = secrets.token_hex(8)
        self._content: _Content | None = None
        self._sequence = 0

    def take_state(self, state: LiveState) -> None:
        """Replace everything but the masks that the state keeps.

        Raises:
            Refusal: Something is not there, or does not fit; the draft stays as it was.
            ImageError: A mask is damaged.
        """
        source = self._kitchen.stylemaps.get(state.source)
        size = self._size(source)
        before = self._content.masks if self._content else {}
        kept = {key: mask for key, mask in before.items() if len(mask) == size}
        masks: dict[str, Levels] = {}
        for key, part in zip(_part_keys(state), state.parts, strict=True):
            reference = self._kitchen.stylemaps.get(part.reference)
            if part.mask is not None:
                masks[key] = _levels(read_mask_being_painted(self._kitchen, part.mask, reference))
            else:
                masks[key] = kept.get(key, np.zeros((size, size), np.uint8))
        for key, push in zip(_push_keys(state), state.pushes, strict=True):
            if push.mask is not None:
                masks[key] = _levels(read_mask_being_painted(self._kitchen, push.mask, source))
            elif key in kept:
                masks[key] = kept[key]
        self._content = _Content(state, source, masks)
        self._sequence = state.sequence

    def take_delta(self, message: bytes) -> None:
        """Replace a rectangle of a mask.

        Raises:
            Refusal: There is no such mask, or the rectangle does not fit it.
        """
        if len(message) < DELTA.size:
            raise unfit("unfit_delta", f"A mask delta has a header of {DELTA.size} bytes.")
        sequence, part, x, y, width, height = DELTA.unpack_from(message)
        mask = self._mask(part)
        size = len(mask)
        if not (width and height and x + width <= size and y + height <= size):
            raise unfit(
                "unfit_delta",
                f"The rectangle {x},{y},{width},{height} does not fit a mask of {size}x{size}.",
            )
        if len(message) != DELTA.size + width * height:
            raise unfit("unfit_delta", f"{width * height} bytes must follow the header.")
        pixels = np.frombuffer(message, np.uint8, offset=DELTA.size).reshape(height, width)
        mask[y : y + height, x : x + width] = pixels
        self._sequence = sequence

    def snapshot(self) -> Snapshot | None:
        """Copy what is to be shown; None before the first state."""
        now = self._content
        if now is None:
            return None
        masks = {key: (mask / np.float32(255))[None, None] for key, mask in now.masks.items()}
        return Snapshot(
            page=self._page,
            sequence=self._sequence,
            state=now.state,
            source=now.source,
            parts=[
                (part, masks[key])
                for key, part in zip(_part_keys(now.state), now.state.parts, strict=True)
            ],
            pushes=[
                (push, masks.get(key))
                for key, push in zip(_push_keys(now.state), now.state.pushes, strict=True)
            ],
        )

    def touch(self) -> None:
        """Keep from expiring what the page shows."""
        if self._content is None:
            return
        state = self._content.state
        for name in (state.source, *(part.reference for part in state.parts)):
            kept = self._kitchen.stylemaps.kept.get(name)
            if kept is not None and kept.photo is not None:
                self._kitchen.photos.kept.get(kept.photo)

    def close(self) -> None:
        """Let go what pictures of this page were made with."""
        self._kitchen.forget_page(self._page)

    def _mask(self, part: int) -> Levels:
        """Find the mask that a delta changes; a push gets one when first painted on."""
        now = self._content
        if now is None:
            raise unfit("no_state", "Send a state before painting.")
        if part < len(now.state.parts):
            return now.masks[_part_keys(now.state)[part]]
        if 0 <= part - FIRST_PUSH < len(now.state.pushes):
            size = self._size(now.source)
            key = _push_keys(now.state)[part - FIRST_PUSH]
            return now.masks.setdefault(key, np.zeros((size, size), np.uint8))
        raise unfit("unknown_part", f"The state has no part {part}.")

    def _size(self, stylemap: KeptStylemap) -> int:
        return self._kitchen.model_of(stylemap).config.image_size


def _part_keys(state: LiveState) -> list[str]:
    return [f"part {part.key or index}" for index, part in enumerate(state.parts)]


def _push_keys(state: LiveState) -> list[str]:
    return [f"push {push.key or push.direction}" for push in state.pushes]


def _levels(mask: np.ndarray) -> Levels:
    return np.rint(mask[0, 0] * 255).astype(np.uint8)

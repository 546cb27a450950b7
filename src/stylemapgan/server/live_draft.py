"""What one page being painted on shows now: its last state, and masks as strokes change them."""

import secrets
import struct
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from stylemapgan.editing.turning import PlainMask
from stylemapgan.server.errors import unfit
from stylemapgan.server.live_state import Levels, ReadState, part_keys, push_keys
from stylemapgan.server.request_schemas import LiveState
from stylemapgan.server.resolved_edit import MaskedPart, MaskedPush
from stylemapgan.server.stylemaps import KeptStylemap

DELTA = struct.Struct("<6I")
"""Sequence, part, left edge, top edge, width, height; then a byte for each pixel."""
FIRST_PUSH = 0xFFFF0000
"""Parts from this number on are the masks of pushes."""


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """A draft at one moment, for any thread; nothing that follows changes it."""

    page: str
    sequence: int
    state: LiveState
    source: KeptStylemap
    masks: Mapping[str, Levels] = field(repr=False)
    """Copies that cannot be written to, by the keys of parts and pushes."""

    def parts(self) -> list[MaskedPart]:
        """List all parts with their masks."""
        keys = part_keys(self.state)
        return [
            (part, _mask(self.masks[key])) for key, part in zip(keys, self.state.parts, strict=True)
        ]

    def pushes(self) -> list[MaskedPush]:
        """List all pushes with their masks; None where a push is everywhere."""
        keys = push_keys(self.state)
        return [
            (push, _mask(self.masks[key]) if key in self.masks else None)
            for key, push in zip(keys, self.state.pushes, strict=True)
        ]


class Draft:
    """Put messages together. Only the thread that made a draft may use it.

    Strokes change masks in place, so no other thread may look at them while that happens. Others
    get a `Snapshot`.
    """

    def __init__(self) -> None:
        """Start without anything to show."""
        self.page = secrets.token_hex(8)
        """Names the page among all others."""
        self._owner = threading.get_ident()
        self._now: ReadState | None = None
        self._masks: dict[str, Levels] = {}
        self._sequence = 0

    def take_state(self, new: ReadState) -> None:
        """Replace everything but the masks that the state keeps."""
        self._refuse_other_threads()
        size = new.size
        kept = {key: mask for key, mask in self._masks.items() if len(mask) == size}
        masks = {key: mask.copy() for key, mask in new.masks.items()}
        for key in part_keys(new.state):
            if key not in masks:
                masks[key] = kept.get(key, np.zeros((size, size), np.uint8))
        for key in push_keys(new.state):
            if key not in masks and key in kept:
                masks[key] = kept[key]
        self._now, self._masks = new, masks
        self._sequence = new.state.sequence

    def take_delta(self, message: bytes) -> None:
        """Replace a rectangle of a mask.

        Raises:
            ApiError: There is no such mask, or the rectangle does not fit it.
        """
        self._refuse_other_threads()
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
        self._refuse_other_threads()
        now = self._now
        if now is None:
            return None
        return Snapshot(
            page=self.page,
            sequence=self._sequence,
            state=now.state,
            source=now.source,
            masks={key: _fixed(mask) for key, mask in self._masks.items()},
        )

    def stylemaps(self) -> list[str]:
        """Name the stylemaps that are shown, the source first."""
        self._refuse_other_threads()
        if self._now is None:
            return []
        state = self._now.state
        return [state.source, *(part.reference for part in state.parts)]

    def _mask(self, part: int) -> Levels:
        """Find the mask that a delta changes; a push gets one when first painted on."""
        now = self._now
        if now is None:
            raise unfit("no_state", "Send a state before painting.")
        if part < len(now.state.parts):
            return self._masks[part_keys(now.state)[part]]
        if 0 <= part - FIRST_PUSH < len(now.state.pushes):
            key = push_keys(now.state)[part - FIRST_PUSH]
            return self._masks.setdefault(key, np.zeros((now.size, now.size), np.uint8))
        raise unfit("unknown_part", f"The state has no part {part}.")

    def _refuse_other_threads(self) -> None:
        if threading.get_ident() != self._owner:
            raise RuntimeError(
                "A draft belongs to the thread that made it; hand a snapshot to other threads."
            )


def _fixed(mask: Levels) -> Levels:
    copy = mask.copy()
    copy.setflags(write=False)
    return copy


def _mask(levels: Levels) -> PlainMask:
    return (levels / np.float32(255))[None, None]

"""What one live connection shows: its last state, and its masks as strokes change them."""

import secrets
import struct
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import UInt8

from stylemapgan.editing.edit import Edit
from stylemapgan.editing.edit_masks import PlainMask
from stylemapgan.server.api_errors import invalid
from stylemapgan.server.edit_service import EditService
from stylemapgan.server.request_schemas import LiveState, MaskSchema, to_mask
from stylemapgan.server.resolved_edit import read_mask_being_painted
from stylemapgan.server.stylemap_store import StoredStylemap

DELTA = struct.Struct("<6I")
"""Header of a mask delta: sequence, part, left edge, top edge, width, height; bytes follow."""
FIRST_PUSH = 0xFFFF0000
"""Part numbers from here on mean the masks of pushes."""

Levels = UInt8[np.ndarray, "size size"]
"""A mask as bytes: 255 copies the reference."""


@dataclass(frozen=True, kw_only=True)
class DecodedState:
    """A state, its source, and the masks sent with it."""

    state: LiveState
    source: StoredStylemap
    size: int
    """Height and width of masks, in pixels of the model's image."""
    masks: Mapping[str, Levels] = field(repr=False)
    """By the keys of parts and pushes; masks that the state keeps are not included."""


def decode_state(service: EditService, state: LiveState) -> DecodedState:
    """Look up and decode everything that a state names; runs on a worker thread.

    Raises:
        ApiError: A name is unknown, or a mask does not fit.
        ImageError: A mask is damaged.
    """
    source = service.stylemaps.get(state.source)
    masks: dict[str, Levels] = {}
    for key, part in zip(part_keys(state), state.parts, strict=True):
        reference = service.stylemaps.get(part.reference)
        if part.mask is not None:
            masks[key] = _decode_mask(service, part.mask, reference)
    for key, push in zip(push_keys(state), state.pushes, strict=True):
        if push.mask is not None:
            masks[key] = _decode_mask(service, push.mask, source)
    size = service.model_of(source).image_size
    return DecodedState(state=state, source=source, size=size, masks=masks)


def part_keys(state: LiveState) -> list[str]:
    """List the keys of the parts' masks, in order."""
    return [f"part {part.key or index}" for index, part in enumerate(state.parts)]


def push_keys(state: LiveState) -> list[str]:
    """List the keys of the pushes' masks, in order."""
    return [f"push {push.key or push.direction}" for push in state.pushes]


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """An unchanging copy of a draft, for other threads."""

    connection: str
    sequence: int
    state: LiveState
    source: StoredStylemap
    masks: Mapping[str, Levels] = field(repr=False)
    """Read-only copies, by the keys of parts and pushes."""

    def edit(self) -> Edit:
        """Build the edit: masks are named by their keys, then replaced by what was painted."""
        parts = [
            part.model_dump() | {"mask": {"part": key}}
            for key, part in zip(part_keys(self.state), self.state.parts, strict=True)
        ]
        pushes = [
            push.model_dump() | {"mask": {"part": key} if key in self.masks else None}
            for key, push in zip(push_keys(self.state), self.state.pushes, strict=True)
        ]
        named = Edit.from_json({"parts": parts, "pushes": pushes})
        return named.resolve(mask=lambda mask, _: _to_mask(self.masks[mask.name]))


class Draft:
    """The state of a live connection, updated by its messages.

    Only the thread that created a draft may use it, because strokes change its masks in place.
    Other threads get a `Snapshot`.
    """

    def __init__(self) -> None:
        """Start without a state."""
        self.connection = secrets.token_hex(8)
        """Id of the connection."""
        self._owner = threading.get_ident()
        self._current: DecodedState | None = None
        self._masks: dict[str, Levels] = {}
        self._sequence = 0

    def set_state(self, new: DecodedState) -> None:
        """Replace everything but the masks that the state keeps."""
        self._check_thread()
        size = new.size
        kept = {key: mask for key, mask in self._masks.items() if len(mask) == size}
        masks = {key: mask.copy() for key, mask in new.masks.items()}
        for key in part_keys(new.state):
            if key not in masks:
                masks[key] = kept.get(key, np.zeros((size, size), np.uint8))
        for key in push_keys(new.state):
            if key not in masks and key in kept:
                masks[key] = kept[key]
        self._current, self._masks = new, masks
        self._sequence = new.state.sequence

    def apply_delta(self, message: bytes) -> None:
        """Replace a rectangle of a mask.

        Raises:
            ApiError: The mask does not exist, or the rectangle does not fit it.
        """
        self._check_thread()
        if len(message) < DELTA.size:
            raise invalid(
                "unfit_delta",
                f"A mask delta needs a header of {DELTA.size} bytes; got {len(message)} bytes.",
            )
        sequence, part, x, y, width, height = DELTA.unpack_from(message)
        mask = self._mask(part)
        size = len(mask)
        if not (width and height and x + width <= size and y + height <= size):
            raise invalid(
                "unfit_delta",
                f"The rectangle {x},{y},{width},{height} does not fit a mask of {size}x{size}.",
            )
        if len(message) != DELTA.size + width * height:
            raise invalid(
                "unfit_delta",
                f"A mask delta of {width}x{height} needs {width * height} bytes after its header; "
                f"got {len(message) - DELTA.size}.",
            )
        pixels = np.frombuffer(message, np.uint8, offset=DELTA.size).reshape(height, width)
        mask[y : y + height, x : x + width] = pixels
        self._sequence = sequence

    def snapshot(self) -> Snapshot | None:
        """Copy what to show; None before the first state."""
        self._check_thread()
        current = self._current
        if current is None:
            return None
        return Snapshot(
            connection=self.connection,
            sequence=self._sequence,
            state=current.state,
            source=current.source,
            masks={key: _read_only(mask) for key, mask in self._masks.items()},
        )

    def stylemaps(self) -> list[str]:
        """List the ids of all stylemaps in use, the source first."""
        self._check_thread()
        if self._current is None:
            return []
        state = self._current.state
        return [state.source, *(part.reference for part in state.parts)]

    def _mask(self, part: int) -> Levels:
        """Find the mask that a delta changes; a push gets one with its first stroke."""
        current = self._current
        if current is None:
            raise invalid("no_state", "Send a state before the first mask delta.")
        if part < len(current.state.parts):
            return self._masks[part_keys(current.state)[part]]
        if 0 <= part - FIRST_PUSH < len(current.state.pushes):
            key = push_keys(current.state)[part - FIRST_PUSH]
            return self._masks.setdefault(key, np.zeros((current.size, current.size), np.uint8))
        raise invalid("unknown_part", f"The state has no part {part}.")

    def _check_thread(self) -> None:
        if threading.get_ident() != self._owner:
            raise RuntimeError(
                "Only the thread that created a draft may use it; pass a snapshot to other threads."
            )


def _decode_mask(service: EditService, mask: MaskSchema, stylemap: StoredStylemap) -> Levels:
    array = read_mask_being_painted(service, to_mask(mask), stylemap)
    return np.rint(array[0, 0] * 255).astype(np.uint8)


def _read_only(mask: Levels) -> Levels:
    copy = mask.copy()
    copy.setflags(write=False)
    return copy


def _to_mask(levels: Levels) -> PlainMask:
    return (levels / np.float32(255))[None, None]

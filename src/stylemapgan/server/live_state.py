"""The states that a page sends, with everything they name; read on a worker's thread."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import UInt8

from stylemapgan.server.edit_service import EditService
from stylemapgan.server.masks import read_mask_being_painted
from stylemapgan.server.request_schemas import LiveState
from stylemapgan.server.stylemaps import KeptStylemap

Levels = UInt8[np.ndarray, "size size"]
"""A mask as bytes: 255 takes the reference."""


@dataclass(frozen=True, kw_only=True)
class ReadState:
    """A state, its source, and the masks that came with it."""

    state: LiveState
    source: KeptStylemap
    size: int
    """Height and width of masks, in pixels of the model's image."""
    masks: Mapping[str, Levels] = field(repr=False)
    """By the keys of parts and pushes; those that the state keeps are missing."""


def read_state(service: EditService, state: LiveState) -> ReadState:
    """Look up and unpack everything that a state names.

    Raises:
        ApiError: Something is not there, or does not fit.
        ImageError: A mask is damaged.
    """
    source = service.stylemaps.get(state.source)
    masks: dict[str, Levels] = {}
    for key, part in zip(part_keys(state), state.parts, strict=True):
        reference = service.stylemaps.get(part.reference)
        if part.mask is not None:
            masks[key] = _levels(read_mask_being_painted(service, part.mask, reference))
    for key, push in zip(push_keys(state), state.pushes, strict=True):
        if push.mask is not None:
            masks[key] = _levels(read_mask_being_painted(service, push.mask, source))
    size = service.model_of(source).config.image_size
    return ReadState(state=state, source=source, size=size, masks=masks)


def part_keys(state: LiveState) -> list[str]:
    """Name the masks of all parts, in order."""
    return [f"part {part.key or index}" for index, part in enumerate(state.parts)]


def push_keys(state: LiveState) -> list[str]:
    """Name the masks of all pushes, in order."""
    return [f"push {push.key or push.direction}" for push in state.pushes]


def _levels(mask: np.ndarray) -> Levels:
    return np.rint(mask[0, 0] * 255).astype(np.uint8)

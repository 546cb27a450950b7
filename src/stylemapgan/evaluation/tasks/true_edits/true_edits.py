"""Edits of portraits whose true result is known, because it was photographed.

- *smile*: a neutral portrait takes the mouth of the same person's smiling one. True is the smiling
  photograph inside the mask, and the neutral one outside.
- *own part*: a portrait takes a part of itself. True is the portrait.
- *composite*: a portrait that another person's inner face was put into takes its own face back.
  True is the portrait as it was photographed.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32
from PIL import Image, ImageFilter

from stylemapgan.evaluation.tasks.local_editing.local_edits import EditPictures
from stylemapgan.evaluation.tasks.portraits.landmarks import (
    BROWS,
    LEFT_EYE,
    LIPS,
    NOSE,
    PARTS,
    RIGHT_EYE,
    hull,
)
from stylemapgan.evaluation.tasks.portraits.portrait_edits import (
    Exchange,
    Mask,
    Picture,
    Portrait,
    Portraits,
)
from stylemapgan.images.resizing import shrink

KINDS = ("smile", "own part", "composite")
INNER_FACE = (*BROWS, *LEFT_EYE, *RIGHT_EYE, *NOSE, *LIPS)
"""Landmarks by which faces are laid onto each other, and whose hull is exchanged."""
FEATHER = 8.0
"""Standard deviation, in pixels of the landmarks' resolution, of a composite's soft border."""


@dataclass(frozen=True, eq=False)
class TrueEdit:
    """What is given, and what should come out."""

    name: str
    kind: str
    given: EditPictures
    truth: Picture


def true_edits(portraits: Portraits, size: int) -> Iterator[TrueEdit]:
    """Make all edits of unseen people.

    Args:
        portraits: Portraits opened at `size`.
        size: Height and width of pictures, a divisor of the landmarks' resolution.
    """
    yield from _smiles(portraits, size)
    yield from _own_parts(portraits, size)
    yield from _composites(portraits, size)


def _smiles(portraits: Portraits, size: int) -> Iterator[TrueEdit]:
    for exchange in portraits.smiles(seen=False):
        if exchange.part != "mouth":
            continue
        mask = _at_size(exchange.mask, size)
        source, smiling = portraits.picture(exchange.source), portraits.truth(exchange)
        given = EditPictures(source, portraits.picture(exchange.reference), mask)
        yield TrueEdit(exchange.name, "smile", given, mask * smiling + (1 - mask) * source)


def _own_parts(portraits: Portraits, size: int) -> Iterator[TrueEdit]:
    unseen = [each for each in portraits.known.values() if not each.is_seen]
    for portrait, part in zip(unseen, np.resize(list(PARTS), len(unseen)), strict=True):
        exchange = Exchange(portrait, portrait, str(part))
        photo = portraits.picture(portrait)
        given = EditPictures(photo, photo, _at_size(exchange.mask, size))
        yield TrueEdit(exchange.name, "own part", given, photo)


def _composites(portraits: Portraits, size: int) -> Iterator[TrueEdit]:
    people = [each for each in portraits.people if not each.is_seen]
    for portrait, other in zip(people, people[1:] + people[:1], strict=True):
        if portrait is not other:
            yield _composite(portraits, portrait, other, size)


def _composite(portraits: Portraits, portrait: Portrait, other: Portrait, size: int) -> TrueEdit:
    """Put another's inner face into a portrait; the edit is to undo that."""
    photo = portraits.picture(portrait)
    share = shrink(_soft_inner_face(portrait), size)
    face = portraits.registered(other, portrait, INNER_FACE)
    composite = share * face + (1 - share) * photo
    given = EditPictures(composite, photo, (share > 0).astype(np.float32))
    name = f"{portrait.name} with the face of {other.name} + its own"
    return TrueEdit(name, "composite", given, photo)


def _soft_inner_face(portrait: Portrait) -> Mask:
    """Say how much of another's face a composite shows at each pixel."""
    inside = Image.fromarray(hull(portrait.points, INNER_FACE).astype(np.uint8) * 255)
    soft = inside.filter(ImageFilter.GaussianBlur(FEATHER))
    return (np.asarray(soft, np.float32) / 255)[None, None]


def _at_size(mask: Mask, size: int) -> Float32[np.ndarray, "1 1 size size"]:
    """Take the pixels that are covered by half or more."""
    return (shrink(mask, size) >= 0.5).astype(np.float32)

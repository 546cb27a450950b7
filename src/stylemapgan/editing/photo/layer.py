"""What an edit changes, as a transparent layer over the photo, at the model's resolution.

The model sees a small picture of the photo, and its reconstruction of that is not perfect. Three
rules keep the rest of the photo:

* Where the edit shows what the reconstruction showed, only the difference between the two is
  added to the photo, so that what the model cannot draw, the photo's texture above all, stays.
* Where it shows something new, the photo gives way to it. The reconstruction's error at the
  border is continued smoothly inwards and added, so that tones meet without a seam. Where the
  photo had nothing but grain there, the new content gets that grain.
* Around the mask the difference fades out; beyond that the layer is exactly zero.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32

from stylemapgan.editing.photo.filters import box_blur, continue_inwards, rise, widen
from stylemapgan.editing.photo.square import Square
from stylemapgan.editing.photo.structure import Drawn, Picture, Plane, Window

FEATHER = 1 / 16
"""How far the change fades out beyond the mask, as a share of the square's side."""
SPREAD = 1 / 32
"""How far a new content's share is smoothed, as a share of the square's side."""
BORDER = 1 / 24
"""How far the change fades out towards the square's own border, as a share of its side."""
SAME = 8.0
"""Up to this difference, in levels of 255, the photo's own texture stays."""
NEW = 24.0
"""From this difference on, the edit alone shows."""

GRAIN = 4.0
"""Up to this deviation among neighbours, in levels of 255, a photo has only grain."""
DRAWING = 9.0
"""From this deviation on, nothing of it may shine through an edit."""
FINER = 4
"""How many times finer than the model's pixels that deviation is measured."""
TONE = 16.0
"""Up to this difference around the mask, in levels of 255, it is one of tone."""
CONTENT = 48.0
"""From this difference on, it is one of content."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Ground:
    """What lies under the layers of a square, whatever the edit."""

    photo: Picture
    """The square as the model saw it, in levels of 255 of any RGB."""
    reconstruction: Drawn
    """What the model made of it."""
    border: Plane
    """How much of a change is allowed, see `open_border`."""
    drawing: Plane
    """How much the photo shows more than grain, see `drawn`."""
    size: int
    """Pixels along a side of the whole square, if this is a window of it."""

    def window(self, window: Window) -> "Ground":
        """Cut out a part of it."""
        return Ground(
            photo=self.photo[window],
            reconstruction=self.reconstruction.window(window),
            border=self.border[window],
            drawing=self.drawing[window],
            size=self.size,
        )


@dataclass(frozen=True, eq=False)
class Layer:
    """A photo under this layer becomes `(1 - opacity) * photo + colour + shares · references`."""

    colour: Picture
    """Levels of 255 to add; already weighted, so also without opacity a change shows."""
    opacity: Plane
    """How much of the photo gives way, from 0 to 1."""
    shares: Float32[np.ndarray, "references height width"]
    """How much each reference's photo supplies, from 0 to 1."""


def make_layer(ground: Ground, edited: Picture, mask: Plane) -> Layer:
    """Turn an edit into what it changes of the photo.

    Args:
        ground: What lies under it.
        edited: What the model made of the edited stylemap.
        mask: Where the edit is meant, from 0 to 1.
    """
    reconstruction = ground.reconstruction.picture
    change = _tone_matched(edited - reconstruction, mask)
    error = ground.photo - reconstruction
    novelty = ground.border * mask * _novelty(change, change - error)
    matched = change + novelty * (continue_inwards(error, 1 - novelty) - error)
    opacity = novelty * ground.drawing
    faded = ground.border * feather(mask) * matched
    nothing = np.zeros((0, *mask.shape[1:]), np.float32)
    return Layer(colour=faded + opacity * ground.photo, opacity=opacity, shares=nothing)


def drawn(fine: Float32[np.ndarray, "fine fine 3"], size: int) -> Plane:
    """Tell where a photo shows edges or patterns rather than grain: 0 is grain alone, 1 none.

    Args:
        fine: The square at `FINER` times the model's resolution.
        size: Pixels of the layer along a side.
    """
    blocks = fine.mean(axis=-1).reshape(size, FINER, size, FINER)
    mean = blocks.mean(axis=(1, 3))[None]
    square = np.square(blocks).mean(axis=(1, 3))[None]
    variance = box_blur(square, 1) - np.square(box_blur(mean, 1))
    return rise(widen(np.sqrt(np.maximum(variance, 0)), 1), GRAIN, DRAWING)


def feather(mask: Plane) -> Plane:
    """Fade a mask out: 1 where it is above 0, exactly 0 beyond `FEATHER`."""
    half = max(1, round(mask.shape[-1] * FEATHER / 2))
    inside = (mask > 0).astype(np.float32)
    return box_blur(widen(inside, half), half)


def open_border(size: int, square: Square, photo: tuple[int, int]) -> Plane:
    """Fade out towards those sides of the square beyond which the photo goes on.

    Args:
        size: Pixels of the layer along a side.
        square: Where the layer lies.
        photo: Width and height of the photo, in the same layout.
    """
    left, top = square.x - square.side / 2, square.y - square.side / 2
    right, bottom = photo[0] - left - square.side, photo[1] - top - square.side
    rise = np.minimum(np.arange(size) / (size * BORDER), 1).astype(np.float32)
    closed = np.ones_like(rise)
    across, down = (
        np.minimum(
            rise if before >= 1 or square.rotation else closed,
            rise[::-1] if after >= 1 or square.rotation else closed,
        )
        for before, after in ((left, right), (top, bottom))
    )
    return (down[:, None] * across)[None]


def _tone_matched(change: Picture, mask: Plane) -> Picture:
    """Take away what an edit changes of brightness and colour rather than of content.

    Around the mask the edit should look like the photo. Where it does but for a small
    difference of tone, that difference is continued inwards and taken away. A large one is
    another content, such as a finger that crosses the mask's border, and is left alone.
    """
    is_outside = (mask == 0).astype(np.float32)
    weight = is_outside * (1 - rise(strength(change), TONE, CONTENT))
    return change - continue_inwards(change, weight)


def _novelty(change: Picture, difference: Picture) -> Plane:
    """How far the content is no longer the photo's, from 0 to 1.

    That is where the edit changes the reconstruction, and beside it, where the edit differs
    from the photo itself: a finger that the model drew a little too short has to go whole.

    Args:
        change: From the reconstruction to the edit.
        difference: From the photo to the edit.
    """
    spread = max(1, round(change.shape[-1] * SPREAD))
    changed = rise(box_blur(strength(change), spread), SAME, NEW)
    differing = rise(box_blur(strength(difference), spread), SAME, NEW)
    beside = box_blur(widen(changed, 2 * spread), spread)
    return np.maximum(changed, beside * differing)


def strength(change: Picture) -> Plane:
    """Find the largest change among red, green and blue."""
    return np.abs(change).max(axis=0, keepdims=True)

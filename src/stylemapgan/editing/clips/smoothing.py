"""Average what an edit adds to a frame over neighbouring frames, along the motion of the picture.

What an edit adds changes a little from frame to frame: by a camera's noise, by the square's own
movements, and because pixels of a reference lie still in the square while the face under them
moves. Here each neighbour's addition is brought to where the picture has moved in this frame, and
all are averaged. A neighbour counts less where it shows something else.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
from jaxtyping import Bool, Float32, Int16, UInt8
from PIL import Image

from stylemapgan.editing.clips.clip import EditedFrame
from stylemapgan.editing.clips.motion import SMALLEST, Pixels, blur, bring_back, find_flow
from stylemapgan.editing.photo import FullPhoto

REACH = 2.0
"""Standard deviations up to which frames count."""
SAME = 4.0
"""Mean difference around a pixel, in levels of 255, at which a neighbour's weight falls to 1/e."""
MARGIN = 1 / 8
"""How far around an addition motion is looked for, as a share of its longer side."""

Box: TypeAlias = tuple[int, int, int, int]
"""Top, left, bottom and right, in pixels of the frame."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Addition:
    """What the edit adds to a frame, in a box around all that it changes."""

    time: float
    """When the frame begins, in seconds."""
    box: Box
    before: UInt8[np.ndarray, "height width 3"]
    """The frame without the edit."""
    added: Int16[np.ndarray, "height width 3"]
    """Levels of 255."""

    def inside(self, box: Box) -> tuple[slice, slice]:
        """Find a box of the frame in the arrays."""
        top, left, bottom, right = box
        above, beside = self.box[:2]
        return slice(top - above, bottom - above), slice(left - beside, right - beside)


def smoothed(frames: Iterable[EditedFrame], deviation: float) -> Iterator[EditedFrame]:
    """Average over time; frames are held until the last neighbour is known.

    Pixels that the edit leaves alone in a frame stay as they are.

    Args:
        frames: In order of time.
        deviation: Standard deviation of the Gaussian over time, in seconds; 0 for no neighbours.

    Raises:
        MissingExtraError: OpenCV is not installed.
    """
    if deviation == 0:
        yield from frames
        return
    reach = REACH * deviation
    waiting: deque[tuple[EditedFrame, Addition | None]] = deque()
    around: deque[Addition] = deque()

    def ready(until: float) -> Iterator[EditedFrame]:
        while waiting and _time(waiting[0][0]) + reach < until:
            frame, own = waiting.popleft()
            if own is None:
                yield frame
                continue
            while around[0].time < own.time - reach:
                around.popleft()
            near = [other for other in around if other.time <= own.time + reach]
            yield _with_addition(frame, own, _average(own, near, deviation))

    for frame in frames:
        yield from ready(_time(frame))
        addition = _addition_of(frame)
        waiting.append((frame, addition))
        if addition is not None:
            around.append(addition)
    yield from ready(np.inf)


def _average(
    own: Addition, around: Sequence[Addition], deviation: float
) -> Float32[np.ndarray, "height width 3"]:
    """Average an addition with its neighbours'."""
    mine = own.added.astype(np.float32)
    total, weights = np.zeros_like(mine), np.ones((*mine.shape[:2], 1), np.float32)
    for other in around:
        box = _common(own.box, other.box)
        if other is own or box is None:
            continue
        here, there = own.inside(box), other.inside(box)
        flow = find_flow(own.before[here], other.before[there])
        nearness = np.exp(-0.5 * ((other.time - own.time) / deviation) ** 2)
        sameness = _sameness(own.before[here], bring_back(other.before[there], flow))
        weight = np.float32(nearness) * sameness
        total[here] += weight * (bring_back(other.added[there], flow) - mine[here])
        weights[here] += weight
    return mine + total / weights


def _sameness(
    one: Pixels, other: Float32[np.ndarray, "height width 3"]
) -> Float32[np.ndarray, "height width 1"]:
    """Tell for each pixel how far two pictures show the same, from 0 to 1."""
    difference = blur(np.abs(one - other).mean(axis=-1))
    return np.exp(-np.square(difference / np.float32(SAME)))[..., None]


def _addition_of(frame: EditedFrame) -> Addition | None:
    """Cut out what the edit adds; None if it adds nothing."""
    before, after = _colours(frame.source.photo), _colours(frame.photo)
    changed = (before != after).any(axis=-1)
    if not changed.any():
        return None
    box = _box_around(changed)
    top, left, bottom, right = box
    part = slice(top, bottom), slice(left, right)
    return Addition(
        time=_time(frame),
        box=box,
        before=before[part].copy(),  # of the whole frame nothing else is kept
        added=after[part].astype(np.int16) - before[part],
    )


def _box_around(changed: Bool[np.ndarray, "height width"]) -> Box:
    """Find the box around all that is true, with a margin."""
    rows, columns = (np.flatnonzero(changed.any(axis=axis)) for axis in (1, 0))
    longer = max(rows[-1] - rows[0], columns[-1] - columns[0]) + 1
    margin = int(max(longer * MARGIN, SMALLEST))
    return (
        max(int(rows[0]) - margin, 0),
        max(int(columns[0]) - margin, 0),
        min(int(rows[-1]) + 1 + margin, changed.shape[0]),
        min(int(columns[-1]) + 1 + margin, changed.shape[1]),
    )


def _common(one: Box, other: Box) -> Box | None:
    """Find what two boxes have in common, if anything."""
    top, left = (max(one[edge], other[edge]) for edge in (0, 1))
    bottom, right = (min(one[edge], other[edge]) for edge in (2, 3))
    return (top, left, bottom, right) if top < bottom and left < right else None


def _with_addition(
    frame: EditedFrame, own: Addition, added: Float32[np.ndarray, "height width 3"]
) -> EditedFrame:
    """Replace what was added to a frame, where anything was."""
    smooth = np.rint(np.clip(own.before + added, 0, 255)).astype(np.uint8)
    pixels = np.where(own.added.any(axis=-1, keepdims=True), smooth, own.before)
    photo = frame.photo.pixels.copy()
    patch = Image.fromarray(pixels)
    if photo.mode == "RGBA":
        top, left, bottom, right = own.box
        patch.putalpha(photo.getchannel("A").crop((left, top, right, bottom)))
    photo.paste(patch, (own.box[1], own.box[0]))
    return replace(frame, photo=replace(frame.photo, pixels=photo))


def _colours(photo: FullPhoto) -> Pixels:
    return np.asarray(photo.pixels)[..., :3]


def _time(frame: EditedFrame) -> float:
    return float(frame.source.start)

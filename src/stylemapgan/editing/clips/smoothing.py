"""Average what a model sees over neighbouring frames, where the picture does not move.

A camera's noise and the square's own small movements change each frame's stylemap a little, and the
edit flickers. Where a cell of the picture stays the same, the stylemaps of neighbouring frames are
as good as the frame's own, and their average is steadier. Where it moves, only the frame's own
counts.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from jaxtyping import Float32

from stylemapgan.editing.clips.clip import ClipFrame
from stylemapgan.editing.photo import Square
from stylemapgan.images.levels import to_numpy
from stylemapgan.types import Images, Stylemap

REACH = 2.0
"""Standard deviations up to which frames count."""
STILL = 4.0
"""Mean change of a cell, in levels of 255, at which the weight of a frame falls to 1/e."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Seen:
    """A frame as the model sees it."""

    time: float
    """When it begins, in seconds."""
    square: Square
    picture: Images
    """The square, (1, 3, S, S)."""
    stylemap: Stylemap
    """What the model makes of it."""
    find_masks: Callable[[Stylemap], dict[str, np.ndarray]]
    """Finds the parts that the edit follows."""

    @cached_property
    def masks(self) -> dict[str, np.ndarray]:
        """Where the parts are that the edit follows, by name, (1, 1, S, S)."""
        return self.find_masks(self.stylemap)


@dataclass(frozen=True, kw_only=True, eq=False)
class Moment:
    """A frame with its neighbours in time."""

    frame: ClipFrame
    seen: Seen
    around: Sequence[Seen] = field(repr=False)
    """Frames near in time, the frame itself among them."""
    deviation: float
    """Of the Gaussian, in seconds."""

    @cached_property
    def stylemap(self) -> Stylemap:
        """The stylemap, averaged over frames that show the same, cell by cell."""
        own = to_numpy(self.seen.stylemap)
        cells = own.shape[-1]
        total, weights = np.zeros_like(own), np.zeros((1, 1, cells, cells), np.float32)
        for other in self.around:
            weight = self._nearness(other) * _sameness(self.seen.picture, other.picture, cells)
            total += weight * (to_numpy(other.stylemap) - own)
            weights += weight
        return own + total / weights

    def mask(self, name: str) -> np.ndarray:
        """Where a part is, averaged over the neighbours, (1, 1, S, S)."""
        own = self.seen.masks[name]
        near = [self._nearness(other) for other in self.around]
        total = sum(
            weight * (other.masks[name] - own)
            for weight, other in zip(near, self.around, strict=True)
        )
        return np.asarray(own + total / sum(near), np.float32)

    def _nearness(self, other: Seen) -> np.float32:
        if other is self.seen:
            return np.float32(1)
        return np.float32(np.exp(-0.5 * ((other.time - self.seen.time) / self.deviation) ** 2))


def moments(frames: Iterable[tuple[ClipFrame, Seen]], deviation: float) -> Iterator[Moment]:
    """Give each frame its neighbours; frames are held until the last neighbour is known.

    Args:
        frames: In order of time, each with what the model sees of it.
        deviation: Standard deviation of the Gaussian over time, in seconds; 0 for no neighbours.
    """
    reach = REACH * deviation
    waiting: deque[tuple[ClipFrame, Seen]] = deque()
    around: deque[Seen] = deque()

    def ready(until: float) -> Iterator[Moment]:
        while waiting and waiting[0][1].time + reach < until:
            frame, seen = waiting.popleft()
            while around[0].time < seen.time - reach:
                around.popleft()
            near = [other for other in around if other.time <= seen.time + reach]
            yield Moment(frame=frame, seen=seen, around=near, deviation=deviation)

    for frame, seen in frames:
        yield from ready(seen.time)
        waiting.append((frame, seen))
        around.append(seen)
    yield from ready(np.inf)


def _sameness(one: Images, other: Images, cells: int) -> Float32[np.ndarray, "1 1 cells cells"]:
    """Tell for each cell how far two pictures show the same, from 0 to 1.

    A cell counts with the cells around it, which its features also depend on.
    """
    change = np.abs(to_numpy(one) - to_numpy(other)).mean(axis=1)[0] * 127.5
    side = len(change) // cells
    blocks = change.reshape(cells, side, cells, side).mean(axis=(1, 3))
    padded = np.pad(blocks, 1, mode="edge")
    around = np.lib.stride_tricks.sliding_window_view(padded, (3, 3)).max(axis=(2, 3))
    return np.exp(-np.square(around / np.float32(STILL)), dtype=np.float32)[None, None]

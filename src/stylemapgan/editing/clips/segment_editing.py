"""Edit the frames of a clip and write them in segments, each of which is kept once it is whole."""

import math
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import dropwhile, groupby, takewhile
from pathlib import Path

from stylemapgan.editing.clips.clip import (
    AbstractClip,
    AbstractClipWriter,
    ClipFrame,
    EditedFrame,
)
from stylemapgan.editing.clips.clip_config import ClipConfig
from stylemapgan.editing.clips.frame_editing import FrameEditing
from stylemapgan.editing.clips.smoothing import REACH, smoothed
from stylemapgan.editing.clips.square_track import SquareTrack, survey
from stylemapgan.editing.framing import find_square, finder_of_many
from stylemapgan.editing.photo import FullPhoto, Square

SEGMENT = 2
"""Seconds of a segment, and of a preview."""
MARGIN = 1e-3
"""Seconds by which more frames are edited than smoothing needs, against rounding."""
OnProgress = Callable[[str, int, int], None]
"""Called with a step, and how many frames of it are done, of how many."""


@dataclass(frozen=True, kw_only=True)
class EditedClip:
    """What became of a clip."""

    frames: int
    """How many this call edited; earlier calls had finished the others."""
    strange: int
    """How many of them the model reconstructs worse than all photos it was tested on."""
    seconds: float
    """How long that took."""
    end: Fraction
    """When the last frame ends, in seconds of the clip."""


@dataclass(frozen=True, kw_only=True, eq=False)
class ClipEditing:
    """Edits the frames of a clip whose segments are not finished yet."""

    clip: AbstractClip
    edit: FrameEditing
    writer: AbstractClipWriter
    folder: Path
    """Where segments lie."""
    config: ClipConfig
    until: int | None
    """Seconds of the clip that are edited; None for all."""

    @property
    def segments(self) -> list[Path]:
        """The finished segments, in order; each is named by its number."""
        return sorted(self.folder.glob(f"[0-9]*{self.writer.suffix}"))

    def run(self, on_progress: OnProgress) -> EditedClip:
        """Write the segments that are missing.

        Args:
            on_progress: Called with each step and its frames.
        """
        start = time.monotonic()
        seen = survey(
            self._frames(),
            self._find_square,
            lambda done: on_progress("squares", done, max(done, self.clip.facts.frames)),
        )
        tally: Counter[bool] = Counter()
        for number, frames in groupby(self._edited(seen.track), _segment_of):
            noted = _noted(frames, tally, lambda done: on_progress("frames", done, seen.frames))
            self.writer.write_segment(self._segment(number), noted)
        return EditedClip(
            frames=tally.total(),
            strange=tally[True],
            seconds=time.monotonic() - start,
            end=seen.end,
        )

    def _frames(self) -> Iterator[ClipFrame]:
        """Decode what is to be edited."""
        until = math.inf if self.until is None else self.until
        return takewhile(lambda frame: frame.start < until, self.clip.frames())

    def _find_square(self, photo: FullPhoto) -> Square:
        editor = self.edit.editor
        find = finder_of_many(self.config.find, editor.subject)
        return find_square(editor, photo, find, refine=self.config.refine_square)

    def _edited(self, track: SquareTrack) -> Iterator[EditedFrame]:
        """Edit the frames after the last finished segment, and those that smoothing needs."""
        begin = SEGMENT * (1 + max(map(_number_of, self.segments), default=-1))
        earliest = begin - REACH * self.config.smoothing - MARGIN
        frames = dropwhile(lambda frame: frame.start < earliest, self._frames())
        edited = (self.edit(frame, track.at(float(frame.start))) for frame in frames)
        for frame in smoothed(edited, self.config.smoothing):
            if frame.source.start >= begin:
                yield frame

    def _segment(self, number: int) -> Path:
        return self.folder / f"{number:06d}{self.writer.suffix}"


def _noted(
    frames: Iterable[EditedFrame], tally: "Counter[bool]", on_frame: Callable[[int], None]
) -> Iterator[EditedFrame]:
    """Count frames as they are written."""
    for frame in frames:
        yield frame
        tally[frame.is_strange] += 1
        on_frame(frame.source.number + 1)


def _segment_of(frame: EditedFrame) -> int:
    return int(frame.source.start // SEGMENT)


def _number_of(segment: Path) -> int:
    return int(segment.stem)

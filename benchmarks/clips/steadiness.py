"""How steady an edited clip is, before any encoder: warping errors and flicker."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from jaxtyping import Bool, UInt8

from benchmarks.clips.moving_pictures import Box, MovingPicture
from stylemapgan.editing.applying import ApplyConfig, ChosenModel, SavedEdit
from stylemapgan.editing.applying.ready_edit import make_ready
from stylemapgan.editing.clips import ClipConfig, open_clip
from stylemapgan.editing.clips.clip import AbstractClipWriter, EditedFrame
from stylemapgan.editing.clips.frame_editing import FrameEditing
from stylemapgan.editing.clips.segment_editing import ClipEditing
from stylemapgan.images import Provenance
from stylemapgan.metrics.warping import flicker, warping_error

Frames = UInt8[np.ndarray, "frames height width 3"]
Regions = Bool[np.ndarray, "frames height width"]


@dataclass(frozen=True, kw_only=True)
class Steadiness:
    """Of a clip with one edit."""

    smoothing: float
    """Standard deviation over time, in seconds."""
    source_warping_error: float
    """Of the clip itself, where the edit changes it."""
    excess_warping_error: float
    """What the edit adds to that."""
    flicker_inside: float
    """Mean change from frame to frame of what the edit adds, where it changes the clip, in levels
    of 255."""
    flicker_outside: float
    """The same where no result changes either frame."""


class FrameCollector(AbstractClipWriter):
    """Keeps the pixels of all frames, before and after the edit."""

    suffix = ".none"

    def __init__(self) -> None:
        self.before: list[np.ndarray] = []
        self.after: list[np.ndarray] = []

    def write_segment(self, path: Path, frames: Iterable[EditedFrame]) -> None:
        del path
        for frame in frames:
            self.before.append(np.asarray(frame.source.photo.pixels))
            self.after.append(np.asarray(frame.photo.pixels))

    def join(
        self,
        segments: Sequence[Path],
        out: Path,
        *,
        provenance: Provenance | None,
        end: Fraction,
        until: Fraction | None,
    ) -> None:
        raise NotImplementedError("Frames are collected, not written.")


def edited_frames(
    clip: Path, saved: SavedEdit, model: ChosenModel, config: ClipConfig
) -> tuple[Frames, Frames]:
    """Edit a clip; give its frames before and after the edit."""
    editor = model.open()
    ready = make_ready(saved, model, editor, ApplyConfig(find=config.find))
    edit = FrameEditing(editor=editor, saved=saved, ready=ready, detail=config.detail)
    writer = FrameCollector()
    with TemporaryDirectory() as folder:
        ClipEditing(
            clip=open_clip(clip),
            edit=edit,
            writer=writer,
            folder=Path(folder),
            config=config,
            until=None,
        ).run(lambda step, done, total: None)
    return np.stack(writer.before), np.stack(writer.after)


def changed(before: Frames, results: Sequence[Frames]) -> Regions:
    """Find the pixels of each frame that any of several results changes."""
    return np.any([(after != before).any(axis=-1) for after in results], axis=0)


def measure(
    motion: MovingPicture, before: Frames, results: Mapping[float, Frames]
) -> list[Steadiness]:
    """Measure results, all where any of them changes the clip.

    Args:
        motion: The true motion of the clip.
        before: The clip.
        results: Smoothing → the edited clip.
    """
    inside = changed(before, list(results.values()))
    box = _box_around(inside)
    flows, regions = list(motion.flows(box)), inside[:, *box]
    source = warping_error(before[:, *box], flows, regions)
    return [
        Steadiness(
            smoothing=smoothing,
            source_warping_error=source,
            excess_warping_error=warping_error(after[:, *box], flows, regions) - source,
            flicker_inside=flicker(before[:, *box], after[:, *box], regions),
            flicker_outside=flicker(before, after, ~(inside[:-1] | inside[1:])),
        )
        for smoothing, after in results.items()
    ]


def _box_around(inside: Regions) -> Box:
    """Find rows and columns around all that changes in any frame."""
    ever = np.asarray(inside.any(axis=0))
    rows, columns = np.flatnonzero(ever.any(axis=1)), np.flatnonzero(ever.any(axis=0))
    return slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)

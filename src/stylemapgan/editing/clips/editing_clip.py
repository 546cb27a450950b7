"""Carry out an edit on a clip, frame by frame, and resume."""

import hashlib
import math
import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from fractions import Fraction
from importlib.metadata import version
from itertools import groupby, takewhile
from pathlib import Path

from stylemapgan.editing.applying import ApplyConfig, ChosenModel, SavedEdit
from stylemapgan.editing.applying.ready_edit import make_ready
from stylemapgan.editing.batch_folder import Batch, Inputs, batch_folder
from stylemapgan.editing.clips.animation_file import AnimationClip, AnimationWriter
from stylemapgan.editing.clips.clip import (
    AbstractClip,
    AbstractClipWriter,
    ClipFrame,
    EditedFrame,
)
from stylemapgan.editing.clips.clip_config import ClipConfig
from stylemapgan.editing.clips.encoders import CONTAINERS
from stylemapgan.editing.clips.frame_editing import FrameEditing
from stylemapgan.editing.clips.smoothing import REACH, Seen, moments
from stylemapgan.editing.clips.square_track import SquareTrack, survey
from stylemapgan.editing.clips.video_file import VideoClip
from stylemapgan.editing.clips.video_writing import VideoWriter
from stylemapgan.editing.framing import find_square, finder_of_many
from stylemapgan.editing.photo import FullPhoto, Square
from stylemapgan.errors import ImageError
from stylemapgan.images import Provenance
from stylemapgan.images.picture_files import ANIMATION_ENCODERS, refuse_unwritable

SEGMENT = 2
"""Seconds of a segment, and of a preview."""
EDITING = Batch(
    files="segments of a clip",
    made_from="video.json",
    lock=".video.lock",
    otherwise="delete that folder",
)
MARGIN = 1e-3
"""Seconds by which more frames are encoded than smoothing needs, against rounding."""
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


def open_clip(path: Path) -> AbstractClip:
    """Open a clip: an animated GIF or WebP, or any video that FFmpeg reads.

    Raises:
        ImageError: It is missing or damaged.
        MissingExtraError: It is a video and PyAV is not installed.
    """
    is_animation = path.suffix.lower() in ANIMATION_ENCODERS
    return AnimationClip(path) if is_animation else VideoClip(path)


def edit_clip(  # noqa: PLR0913 - what, where and how
    saved: SavedEdit,
    source: Path,
    out: Path,
    model: ChosenModel,
    config: ClipConfig,
    *,
    preview: bool = False,
    resume: bool = False,
    on_progress: OnProgress = lambda step, done, total: None,
) -> EditedClip:
    """Edit every frame of a clip at its full resolution.

    Finished segments of two seconds are kept in the folder `OUT.parts` until the clip is done.

    Args:
        saved: What to do to each frame.
        source: The clip.
        out: Where the edited clip goes: .mp4, .mkv, .webm, .mov, .gif or .webp.
        model: What edits.
        config: How.
        preview: Edit the first two seconds only.
        resume: Continue the work of an earlier call with the same arguments.
        on_progress: Called at the start of each step and after each frame.

    Raises:
        ConfigError: The encoder is unknown, or the container cannot hold picture or sound.
        DataError: `OUT.parts` holds something else, or another process fills it.
        EditError: The edit does not fit the model.
        ImageError: The clip, a reference or a mask cannot be used, or no frame shows a face.
        MissingExtraError: A package that is needed is not installed.
        StorageError: The disk is full or writing is denied; finished segments are kept.
    """
    refuse_unwritable(out, (*CONTAINERS, *ANIMATION_ENCODERS))
    clip = open_clip(source)
    if out.exists() and out.samefile(source):
        raise ImageError(f"{out} is the clip itself: give another file for the edited one.")
    writer = _writer(clip, out, config)
    editor = model.open()
    how = ApplyConfig(find=config.find, refine_square=config.refine_square)
    ready = make_ready(saved, model, editor, how)
    editing = ClipEditing(
        clip=clip,
        edit=FrameEditing(editor=editor, saved=saved, ready=ready, detail=config.detail),
        writer=writer,
        folder=out.with_name(f"{out.name}.parts"),
        config=config,
        until=SEGMENT if preview else None,
    )
    inputs = _inputs(saved, source, model, config, preview=preview)
    provenance = _provenance(saved, model, config, preview=preview)
    with batch_folder(editing.folder, inputs, EDITING, resume=resume):
        try:
            edited = editing.run(on_progress)
            writer.join(editing.segments, out, provenance, edited.end)
        except BaseException:
            _remove_unless_begun(editing)
            raise
    shutil.rmtree(editing.folder, ignore_errors=True)
    return edited


def _remove_unless_begun(editing: "ClipEditing") -> None:
    """Leave nothing where nothing can be resumed."""
    if not editing.segments:
        shutil.rmtree(editing.folder, ignore_errors=True)


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
        """Edit the frames after the last finished segment."""
        begin = SEGMENT * (1 + max(map(_number_of, self.segments), default=-1))
        for moment in moments(self._seen(track, begin), self.config.smoothing):
            if moment.frame.start >= begin:
                yield self.edit(moment)

    def _seen(self, track: SquareTrack, begin: int) -> Iterator[tuple[ClipFrame, Seen]]:
        """Encode the frames from a time on, and those before it that smoothing needs."""
        earliest = begin - REACH * self.config.smoothing - MARGIN
        editor = self.edit.editor
        for frame in self._frames():
            if frame.start < earliest:
                continue
            square = track.at(float(frame.start))
            picture = frame.photo.crop(square, editor.image_size)
            yield (
                frame,
                Seen(
                    time=float(frame.start),
                    square=square,
                    picture=picture,
                    stylemap=editor.encode(picture),
                    find_masks=self.edit.find_masks,
                ),
            )

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


def _writer(clip: AbstractClip, out: Path, config: ClipConfig) -> AbstractClipWriter:
    if out.suffix.lower() in ANIMATION_ENCODERS:
        return AnimationWriter(config.quality)
    source = clip if isinstance(clip, VideoClip) else None
    return VideoWriter(out, config.codec, config.quality, clip.facts, source)


def _provenance(
    saved: SavedEdit, model: ChosenModel, config: ClipConfig, *, preview: bool
) -> Provenance | None:
    if not config.tag:
        return None
    settings = {
        "command": "video",
        "edit": saved.name,
        "smoothing": config.smoothing,
        "detail": config.detail,
        "preview": preview,
    }
    return Provenance(Path(model.name).name, settings)


def _inputs(
    saved: SavedEdit, source: Path, model: ChosenModel, config: ClipConfig, *, preview: bool
) -> Inputs:
    """Describe everything that the segments depend on."""
    state = source.stat()
    clip = f"{source.name} {state.st_size} {state.st_mtime_ns}"
    return {
        "edit": saved.digest(),
        "model": model.digest(),
        "clip": hashlib.sha256(clip.encode()).hexdigest(),
        "version": version("stylemapgan"),
        "preview": preview,
        **asdict(config),
        **asdict(model.engine_config),
    }

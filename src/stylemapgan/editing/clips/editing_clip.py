"""Carry out an edit on a clip, frame by frame, and resume."""

import hashlib
import shutil
from dataclasses import asdict
from pathlib import Path

from stylemapgan.editing.applying import ApplyConfig, ChosenModel, SavedEdit
from stylemapgan.editing.applying.ready_edit import make_ready
from stylemapgan.editing.batch_folder import Batch, Inputs, batch_folder
from stylemapgan.editing.clips.animation_file import AnimationClip, AnimationWriter
from stylemapgan.editing.clips.clip import (
    AbstractClip,
    AbstractClipWriter,
)
from stylemapgan.editing.clips.clip_config import ClipConfig
from stylemapgan.editing.clips.encoders import CONTAINERS
from stylemapgan.editing.clips.frame_editing import FrameEditing
from stylemapgan.editing.clips.motion import import_opencv
from stylemapgan.editing.clips.segment_editing import (
    SEGMENT,
    ClipEditing,
    EditedClip,
    OnProgress,
)
from stylemapgan.editing.clips.video_file import VideoClip
from stylemapgan.editing.clips.video_writing import VideoWriter
from stylemapgan.errors import ImageError
from stylemapgan.images import Provenance
from stylemapgan.images.picture_files import ANIMATION_ENCODERS, refuse_unwritable
from stylemapgan.version import package_version

EDITING = Batch(
    files="segments of a clip",
    made_from="video.json",
    lock=".video.lock",
    otherwise="delete that folder",
)


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
    if config.smoothing:
        import_opencv()  # says so now if it is missing, not after all squares are found
    writer = _writer(clip, out, config)  # refuses misfits before the model is opened
    editing = ClipEditing(
        clip=clip,
        edit=_frame_editing(saved, model, config),
        writer=writer,
        folder=out.with_name(f"{out.name}.parts"),
        config=config,
        until=SEGMENT if preview else None,
    )
    inputs = _inputs(saved, source, model, config, preview=preview)
    provenance = _provenance(saved, model, config, preview=preview)
    with batch_folder(editing.folder, inputs, EDITING, resume=resume):
        edited = _edit_and_join(editing, out, provenance, on_progress)
    shutil.rmtree(editing.folder, ignore_errors=True)
    return edited


def _edit_and_join(
    editing: ClipEditing, out: Path, provenance: Provenance | None, on_progress: OnProgress
) -> EditedClip:
    """Write the segments that are missing, and make the clip of all."""
    try:
        edited = editing.run(on_progress)
        editing.writer.join(
            editing.segments,
            out,
            provenance=provenance,
            end=edited.end,
            until=None if editing.until is None else edited.end,
        )
    except BaseException:
        _remove_unless_begun(editing)
        raise
    return edited


def _frame_editing(saved: SavedEdit, model: ChosenModel, config: ClipConfig) -> FrameEditing:
    """Open the model and encode the references."""
    editor = model.open()
    how = ApplyConfig(find=config.find, refine_square=config.refine_square)
    ready = make_ready(saved, model, editor, how)
    return FrameEditing(editor=editor, saved=saved, ready=ready, detail=config.detail)


def _remove_unless_begun(editing: ClipEditing) -> None:
    """Leave nothing where nothing can be resumed."""
    if not editing.segments:
        shutil.rmtree(editing.folder, ignore_errors=True)


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
        "version": package_version(),
        "preview": preview,
        **asdict(config),
        **asdict(model.engine_config),
    }

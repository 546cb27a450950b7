"""An edited clip is the clip with the edit in every frame, and nothing else."""

import errno
import os
import sys
import weakref
from collections.abc import Iterable, Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from av.error import err_check
from benchmarks.clips.clip_files import write_clip
from small_clips import IN_THE_MIDDLE, RATE, clouds, lossless, moving, planes, sound, starts

from stylemapgan.editing.applying import ApplyConfig
from stylemapgan.editing.applying.ready_edit import make_ready
from stylemapgan.editing.clips import ClipConfig, edit_clip, open_clip
from stylemapgan.editing.clips.clip import AbstractClip, AbstractClipWriter
from stylemapgan.editing.clips.frame_editing import FrameEditing
from stylemapgan.editing.clips.pyav import explaining
from stylemapgan.editing.clips.segment_editing import ClipEditing
from stylemapgan.errors import ConfigError, DataError, ImageError, MissingExtraError, StorageError
from stylemapgan.images.atomic import replacing

BEYOND = 30
"""Columns from here on lie beyond the reach of the edit."""


def tall(frames: int) -> list[np.ndarray]:
    return list(moving(frames, height=60, width=40).frames())


def test_samples_beyond_the_edit_stay_and_those_inside_change(tmp_path, clip, saved, tiny):
    edit_clip(saved, clip, tmp_path / "out.mkv", tiny, IN_THE_MIDDLE)

    before, after = planes(clip), planes(tmp_path / "out.mkv")
    assert len(after) == 13
    for frame, edited in zip(before, after, strict=True):
        for plane, new in zip(frame, edited, strict=True):
            beyond = BEYOND * plane.shape[1] // 60
            np.testing.assert_array_equal(new[:, beyond:], plane[:, beyond:])
        assert (edited[0] != frame[0]).any()


def test_ten_bits_stay_ten_bits(tmp_path, saved, tiny):
    source = lossless(tmp_path / "ten.mkv", list(moving(3).frames()), pixel_format="yuv422p10le")

    edit_clip(saved, source, tmp_path / "out.mkv", tiny, IN_THE_MIDDLE)

    for frame, edited in zip(planes(source), planes(tmp_path / "out.mkv"), strict=True):
        assert edited[0].dtype == np.uint16
        np.testing.assert_array_equal(edited[0][:, BEYOND:], frame[0][:, BEYOND:])


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv"])
def test_sound_times_and_tags_stay(tmp_path, saved, tiny, suffix):
    source = tmp_path / f"source{suffix}"
    ticks = [0, 1, 4, 5, 6, 9, 16, 22, 23, 31]  # a camera that slows down in the dark
    write_clip(source, tall(10), Fraction(10), ticks=ticks, seconds_of_sound=3.6, rotation=90)
    out = tmp_path / f"out{suffix}"

    edit_clip(saved, source, out, tiny, ClipConfig(find="middle", quality=90))

    assert starts(out) == starts(source)
    assert sound(out) == sound(source)
    with av.open(str(source)) as one, av.open(str(out)) as other:
        was, now = next(one.decode(video=0)), next(other.decode(video=0))
        assert now.rotation == was.rotation == 90
        assert other.streams.video[0].average_rate == one.streams.video[0].average_rate
        for tag in ("colorspace", "color_range", "color_primaries", "color_trc"):
            context, before = (file.streams.video[0].codec_context for file in (other, one))
            assert getattr(context, tag) == getattr(before, tag)


def test_a_lying_clip_is_edited_as_people_see_it(tmp_path, saved, tiny):
    upright = list(moving(2).frames())
    lying = [np.ascontiguousarray(np.rot90(frame, -1)) for frame in upright]  # 90 turns it back
    one = lossless(tmp_path / "upright.mkv", upright, pixel_format="yuv444p")
    other = lossless(tmp_path / "lying.mkv", lying, pixel_format="yuv444p", rotation=90)

    for source in (one, other):
        edit_clip(saved, source, tmp_path / f"edited-{source.name}", tiny, IN_THE_MIDDLE)

    seen = planes(tmp_path / "edited-upright.mkv")
    turned = planes(tmp_path / "edited-lying.mkv")
    for frame, same in zip(seen, turned, strict=True):
        for plane, lies in zip(frame, same, strict=True):
            assert np.abs(np.rot90(lies).astype(float) - plane).mean() < 0.2  # levels, of rounding


def test_an_interrupted_clip_resumes_and_ends_the_same(tmp_path, saved, tiny):
    config = replace(IN_THE_MIDDLE, smoothing=0.2)  # over the end of a segment
    source = lossless(tmp_path / "long.mkv", list(moving(25).frames()))
    edit_clip(saved, source, tmp_path / "whole.mkv", tiny, config)

    def stop(step: str, done: int, total: int) -> None:
        if (step, done) == ("frames", 17):
            raise KeyboardInterrupt

    out = tmp_path / "out.mkv"
    with pytest.raises(KeyboardInterrupt):
        edit_clip(saved, source, out, tiny, config, on_progress=stop)
    assert not out.exists()
    with pytest.raises(DataError, match=r"continue with --resume, or delete that folder"):
        edit_clip(saved, source, out, tiny, config)
    edited = edit_clip(saved, source, out, tiny, config, resume=True)

    assert edited.frames == 15  # the first segment of 10 frames was finished
    for frame, same in zip(planes(tmp_path / "whole.mkv"), planes(out), strict=True):
        for plane, other in zip(frame, same, strict=True):
            np.testing.assert_array_equal(plane, other)
    assert {path.name for path in tmp_path.iterdir()} == {"long.mkv", "whole.mkv", "out.mkv"}


def test_other_inputs_cannot_be_resumed(tmp_path, saved, tiny):
    source = lossless(tmp_path / "long.mkv", list(moving(12).frames()))

    def stop(step: str, done: int, total: int) -> None:
        if (step, done) == ("frames", 11):
            raise KeyboardInterrupt

    out = tmp_path / "out.mkv"
    with pytest.raises(KeyboardInterrupt):
        edit_clip(saved, source, out, tiny, IN_THE_MIDDLE, on_progress=stop)
    lossless(source, list(moving(13).frames()))
    other = replace(IN_THE_MIDDLE, smoothing=0.2)
    with pytest.raises(DataError, match=r"other clip, smoothing 0.1 \(now 0.2\)"):
        edit_clip(saved, source, out, tiny, other, resume=True)


def test_a_preview_is_the_first_two_seconds(tmp_path, saved, tiny):
    source = tmp_path / "source.mp4"
    write_clip(source, list(moving(13).frames()), RATE, seconds_of_sound=2.6)

    edited = edit_clip(
        saved, source, tmp_path / "out.mp4", tiny, ClipConfig(find="middle"), preview=True
    )

    assert edited.frames == len(starts(tmp_path / "out.mp4")) == 10
    assert sound(tmp_path / "out.mp4") == [each for each in sound(source) if each[0] < 2]


class CountedClip(AbstractClip):
    """A clip that counts which of its frames are still in memory."""

    def __init__(self, clip: AbstractClip) -> None:
        self.clip = clip
        self.alive = 0
        self.most = 0

    @property
    def facts(self):
        return self.clip.facts

    def frames(self) -> Iterator:
        for frame in self.clip.frames():
            self.alive += 1
            self.most = max(self.most, self.alive)
            weakref.finalize(frame, self._drop)
            yield frame

    def _drop(self) -> None:
        self.alive -= 1


class FrameCollector(AbstractClipWriter):
    """Keeps the pixels of edited frames."""

    suffix = ".none"

    def __init__(self) -> None:
        self.pixels: list[np.ndarray] = []

    def write_segment(self, path, frames: Iterable) -> None:
        del path
        self.pixels += [np.asarray(frame.photo.pixels) for frame in frames]

    def join(self, segments, out, **_) -> None:
        raise NotImplementedError


def edited_frames(clip, saved, tiny, folder, config) -> list[np.ndarray]:
    """Edit a clip without encoding the result."""
    editor = tiny.open()
    ready = make_ready(saved, tiny, editor, ApplyConfig(find="middle"))
    edit = FrameEditing(editor=editor, saved=saved, ready=ready, detail=True)
    writer = FrameCollector()
    ClipEditing(clip=clip, edit=edit, writer=writer, folder=folder, config=config, until=None).run(
        lambda step, done, total: None
    )
    return writer.pixels


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_few_frames_are_in_memory_at_once(tmp_path, clip, saved, tiny, smoothing):
    counted = CountedClip(open_clip(clip))

    found = edited_frames(
        counted, saved, tiny, tmp_path, ClipConfig(find="middle", smoothing=smoothing)
    )

    assert len(found) == 13
    ahead = round(2 * smoothing * RATE)
    assert counted.most <= ahead + 4


def test_a_clip_that_stands_still_gives_frames_that_stand_still(tmp_path, saved, tiny):
    source = lossless(tmp_path / "still.mkv", [clouds(3, 40, 60)] * 12)

    found = edited_frames(open_clip(source), saved, tiny, tmp_path, IN_THE_MIDDLE)

    for frame in found[1:]:
        np.testing.assert_array_equal(frame, found[0])


def test_the_file_says_where_the_clip_comes_from(tmp_path, clip, saved, tiny):
    edit_clip(saved, clip, tmp_path / "tagged.mp4", tiny, ClipConfig(find="middle"), preview=True)
    silent = ClipConfig(find="middle", tag=False)
    edit_clip(saved, clip, tmp_path / "silent.mp4", tiny, silent, preview=True)

    with av.open(str(tmp_path / "tagged.mp4")) as file:
        assert "compositeWithTrainedAlgorithmicMedia" in file.metadata["comment"]
    with av.open(str(tmp_path / "silent.mp4")) as file:
        assert "comment" not in file.metadata


def test_a_clip_without_a_face_says_so_and_leaves_nothing(tmp_path, clip, saved, tiny):
    pytest.importorskip("cv2")
    with pytest.raises(ImageError, match="No face was found"):
        edit_clip(saved, clip, tmp_path / "out.mp4", tiny, ClipConfig(find="face"))
    assert [path.name for path in tmp_path.iterdir()] == ["clip.mkv"]


def test_a_container_that_cannot_hold_the_sound_is_refused_at_once(tmp_path, saved, tiny):
    source = tmp_path / "source.mp4"
    write_clip(source, list(moving(2).frames()), Fraction(10), seconds_of_sound=0.2)
    with pytest.raises(ConfigError, match=r"a \.webm file cannot hold aac"):
        edit_clip(saved, source, tmp_path / "out.webm", tiny, ClipConfig(find="middle"))


def test_an_unknown_encoder_is_refused(tmp_path, clip, saved, tiny):
    with pytest.raises(ConfigError, match="codec must be one of libsvtav1"):
        edit_clip(saved, clip, tmp_path / "out.mkv", tiny, ClipConfig(codec="h264"))


def test_files_that_are_no_clips_are_refused(tmp_path, saved, tiny):
    (tmp_path / "page.mp4").write_text("<html>")
    with pytest.raises(ImageError, match="is not a video that FFmpeg reads, or is damaged"):
        edit_clip(saved, tmp_path / "page.mp4", tmp_path / "out.mp4", tiny, IN_THE_MIDDLE)
    with pytest.raises(ImageError, match="does not exist"):
        edit_clip(saved, tmp_path / "none.mp4", tmp_path / "out.mp4", tiny, IN_THE_MIDDLE)


def test_the_clip_itself_is_never_the_output(clip, saved, tiny):
    with pytest.raises(ImageError, match="is the clip itself"):
        edit_clip(saved, clip, clip, tiny, IN_THE_MIDDLE)


def test_hdr_is_refused(tmp_path, saved, tiny):
    tags = {"colorspace": 9, "color_primaries": 9, "color_trc": 18, "color_range": 1}
    source = tmp_path / "hdr.mp4"
    write_clip(source, list(moving(2).frames()), Fraction(10), codec="libsvtav1", tags=tags)
    with pytest.raises(ImageError, match=r"is HDR \(HLG\)"):
        edit_clip(saved, source, tmp_path / "out.mp4", tiny, IN_THE_MIDDLE)


@pytest.mark.parametrize(
    ("number", "kind"), [(errno.ENOSPC, StorageError), (errno.EINVAL, ImageError)]
)
def test_a_full_disk_is_told_from_a_clip_that_cannot_be_written(tmp_path, number, kind):
    with (
        pytest.raises(kind),
        replacing(tmp_path / "out.mp4"),
        explaining("out.mp4 cannot be written"),
    ):
        err_check(-number)
    assert not list(tmp_path.iterdir())


def test_video_without_pyav_names_the_extra(tmp_path, clip, saved, tiny, monkeypatch):
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(MissingExtraError, match=r"stylemapgan\[video\]"):
        edit_clip(saved, clip, tmp_path / "out.mp4", tiny, IN_THE_MIDDLE)


def test_smoothing_without_opencv_names_the_extra_at_once(tmp_path, clip, saved, tiny, monkeypatch):
    monkeypatch.setitem(sys.modules, "cv2", None)
    steps = []
    with pytest.raises(MissingExtraError, match=r"stylemapgan\[video\]"):
        edit_clip(
            *(saved, clip, tmp_path / "out.mkv", tiny, IN_THE_MIDDLE),
            on_progress=lambda *step: steps.append(step),
        )
    assert not steps
    alone = ClipConfig(find="middle", codec="ffv1", smoothing=0.0)
    edit_clip(saved, clip, tmp_path / "out.mkv", tiny, alone, preview=True)


def real_time_threads() -> list[str]:
    """List the threads of this process that run before all others."""
    threads = Path("/proc/self/task").iterdir()
    real_time = (os.SCHED_FIFO, os.SCHED_RR)
    return [each.name for each in threads if os.sched_getscheduler(int(each.name)) in real_time]


@pytest.mark.skipif(
    not hasattr(os, "sched_getscheduler") or os.geteuid() != 0,
    reason="only for root does the encoder of AV1 take real-time priority",
)
def test_encoding_takes_no_real_time_priority(tmp_path, clip, saved, tiny):
    seen = []
    edit_clip(
        *(saved, clip, tmp_path / "out.mp4", tiny, ClipConfig(find="middle")),
        preview=True,
        on_progress=lambda *step: seen.append(real_time_threads()),
    )
    assert seen
    assert not any(seen)
    assert not real_time_threads()

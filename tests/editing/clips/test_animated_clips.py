"""Animated GIF and WebP are clips as well."""

import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageSequence
from small_clips import moving, starts

from stylemapgan.editing.clips import ClipConfig, edit_clip

DURATIONS = [100, 50, 200, 70, 100]
"""Milliseconds."""


def write(path: Path) -> Path:
    pictures = [Image.fromarray(frame) for frame in moving(5).frames()]
    pictures[0].save(  # lossless: of WebP, GIF ignores it
        path, save_all=True, append_images=pictures[1:], duration=DURATIONS, lossless=True
    )
    return path


def frames(path: Path) -> tuple[list[np.ndarray], list[int]]:
    with Image.open(path) as picture:
        found = [
            (np.asarray(frame.convert("RGB")), int(frame.info["duration"]))
            for frame in ImageSequence.Iterator(picture)
        ]
    return [pixels for pixels, _ in found], [duration for _, duration in found]


@pytest.mark.parametrize("suffix", [".webp", ".gif"])
def test_an_animation_keeps_its_frames_and_times(tmp_path, saved, tiny, suffix):
    source, out = write(tmp_path / f"source{suffix}"), tmp_path / f"out{suffix}"

    edit_clip(saved, source, out, tiny, ClipConfig(find="middle", quality=100))

    before, after = frames(source), frames(out)
    assert after[1] == before[1] == DURATIONS
    for frame, edited in zip(before[0], after[0], strict=True):
        assert edited.shape == frame.shape
        assert (edited[:20, 10:30] != frame[:20, 10:30]).any()
        if suffix == ".webp":  # GIF has 256 colours a frame, and chooses them anew
            np.testing.assert_array_equal(edited[:, 30:], frame[:, 30:])
    assert b"compositeWithTrainedAlgorithmicMedia" in out.read_bytes()


def test_an_animation_needs_no_pyav(tmp_path, saved, tiny, monkeypatch):
    monkeypatch.setitem(sys.modules, "av", None)
    source = write(tmp_path / "source.gif")
    edit_clip(saved, source, tmp_path / "out.webp", tiny, ClipConfig(find="middle"))
    assert frames(tmp_path / "out.webp")[1] == DURATIONS


def test_an_animation_becomes_a_video_and_a_video_an_animation(tmp_path, saved, tiny):
    source = write(tmp_path / "source.gif")

    edit_clip(saved, source, tmp_path / "out.mp4", tiny, ClipConfig(find="middle"))
    edit_clip(saved, tmp_path / "out.mp4", tmp_path / "back.webp", tiny, ClipConfig(find="middle"))

    assert [float(start) for start in starts(tmp_path / "out.mp4")] == [0, 0.1, 0.15, 0.35, 0.42]
    assert frames(tmp_path / "back.webp")[1][:4] == DURATIONS[:4]

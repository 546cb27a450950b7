"""Write clips to edit: frames with a tone, in a video file."""

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from jaxtyping import Float32, UInt8

from stylemapgan.editing.clips.pyav import keeping_priority

SAMPLE_RATE = 48_000
TONE = 440.0
"""Frequency of the sound, in hertz."""
SLICE = 1024
"""Samples of sound encoded at once."""
RECOMMENDATION_709 = {"colorspace": 1, "color_primaries": 1, "color_trc": 1, "color_range": 1}
"""Colour tags of a stream: BT.709, samples from 16 to 235."""


def write_clip(  # noqa: PLR0913 - a clip has as many properties
    path: Path,
    frames: Iterable[UInt8[np.ndarray, "height width 3"]],
    rate: Fraction = Fraction(25),
    *,
    codec: str = "mpeg4",
    options: dict[str, str] | None = None,
    pixel_format: str = "yuv420p",
    ticks: Iterable[int] | None = None,
    seconds_of_sound: float = 0.0,
    rotation: int = 0,
    tags: dict[str, int] = RECOMMENDATION_709,
) -> None:
    """Write a clip.

    Args:
        path: Where to; the suffix selects the container.
        frames: At least one.
        rate: Frames a second.
        codec: Encoder.
        options: Of the encoder.
        pixel_format: How samples are stored.
        ticks: When each frame begins, in frames of that rate; one after the other if not given.
        seconds_of_sound: Length of the tone; 0 for no sound.
        rotation: Degrees that players turn the picture anticlockwise.
        tags: Of the colours.
    """
    with av.open(str(path), "w") as file:
        video: Any = file.add_stream(codec, rate=rate, options=options or {})
        sound = file.add_stream("aac", rate=SAMPLE_RATE) if seconds_of_sound else None
        context = video.codec_context
        context.pix_fmt, context.time_base, context.max_b_frames = pixel_format, 1 / rate, 0
        for name, value in tags.items():
            setattr(context, name, value)
        if rotation:
            video.set_display_rotation(rotation)
        numbers = iter(ticks) if ticks is not None else iter(range(10**9))
        for pixels, number in zip(frames, numbers, strict=False):
            if number == 0:
                context.height, context.width = pixels.shape[:2]
            frame = av.VideoFrame.from_ndarray(pixels, "rgb24").reformat(
                format=pixel_format, dst_colorspace=1, src_color_range=2, dst_color_range=1
            )
            frame.pts, frame.time_base = number, 1 / rate
            with keeping_priority():
                file.mux(video.encode(frame))
        file.mux(video.encode(None))
        if sound is not None:
            for frame in _tone(seconds_of_sound):
                file.mux(sound.encode(frame))
            file.mux(sound.encode(None))


def _tone(seconds: float) -> Iterable[av.AudioFrame]:
    samples: Float32[np.ndarray, "1 samples"] = (
        np.float32(0.2)
        * np.sin(
            2
            * np.pi
            * TONE
            * np.arange(round(seconds * SAMPLE_RATE), dtype=np.float32)
            / SAMPLE_RATE
        )[None]
    )
    for start in range(0, samples.shape[1], SLICE):
        part = np.ascontiguousarray(samples[:, start : start + SLICE].repeat(2, axis=0))
        frame = av.AudioFrame.from_ndarray(part, format="fltp", layout="stereo")
        frame.sample_rate, frame.pts, frame.time_base = SAMPLE_RATE, start, Fraction(1, SAMPLE_RATE)
        yield frame

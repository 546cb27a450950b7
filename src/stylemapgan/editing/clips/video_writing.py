"""Write a video: encode it in segments."""

from collections.abc import Iterable, Sequence
from fractions import Fraction
from io import BytesIO
from pathlib import Path

import numpy as np

from stylemapgan.editing.clips.clip import AbstractClipWriter, ClipFacts, ClipFrame, EditedFrame
from stylemapgan.editing.clips.encoders import CONTAINERS, ENCODERS
from stylemapgan.editing.clips.pyav import Video, explaining, import_av, keeping_priority
from stylemapgan.editing.clips.samples import (
    BT_601,
    LIMITED_RANGE,
    TAGS,
    from_rgb,
    like_source,
    range_of,
)
from stylemapgan.editing.clips.video_file import VideoClip, audio_of
from stylemapgan.editing.clips.video_joining import join_video
from stylemapgan.errors import ConfigError
from stylemapgan.images.atomic import replacing
from stylemapgan.images.colour import opaque
from stylemapgan.images.provenance import Provenance

USUAL_FORMAT = "yuv420p"
"""How samples are stored where the encoder does not know the source's way."""
MILLISECOND = Fraction(1, 1000)
"""Unit of the timestamps of a clip that was an animation, in seconds."""


class VideoWriter(AbstractClipWriter):
    """Encodes frames with the source's timestamps, colours, rotation and sound.

    Segments are NUT files, which hold any codec and any unit of time. Each begins with a key
    frame, and no frame refers to a later one, so segments can be joined as they are.

    Args:
        out: Where the clip will go; its suffix selects the container.
        codec: Encoder; the container's usual one if None.
        quality: From 0 to 100.
        facts: About the source.
        source: Where sound and notes are copied from; None for an animation.

    Raises:
        ConfigError: The encoder is unknown, or the container cannot hold picture or sound.
    """

    suffix = ".nut"

    def __init__(
        self, out: Path, codec: str | None, quality: int, facts: ClipFacts, source: VideoClip | None
    ) -> None:
        container, usual = CONTAINERS[out.suffix.lower()]
        self._codec = codec or usual
        if self._codec not in ENCODERS:
            raise ConfigError(f"codec must be one of {', '.join(ENCODERS)}, got {codec!r}.")
        self._options = ENCODERS[self._codec].options(quality)
        self._rate = facts.rate
        self._source = source
        self._refuse_misfits(out, container)

    def write_segment(self, path: Path, frames: Iterable[EditedFrame]) -> None:
        with (
            replacing(path) as unfinished,
            explaining(f"{self._codec} cannot encode the clip"),
            import_av().open(str(unfinished), "w", format="nut") as file,
        ):
            stream = None
            for frame in frames:
                stream = stream or self._stream(file, frame.source)
                file.mux(stream.encode(_encodable(frame, stream.pix_fmt)))
            assert stream is not None  # a segment has frames
            file.mux(stream.encode(None))

    def join(
        self,
        segments: Sequence[Path],
        out: Path,
        *,
        provenance: Provenance | None,
        end: Fraction,
        until: Fraction | None,
    ) -> None:
        join_video(segments, out, self._source, provenance=provenance, end=end, until=until)

    def _refuse_misfits(self, out: Path, container: str) -> None:
        """Find out before any frame is edited whether the container holds all streams."""
        av = import_av()
        with av.open(BytesIO(), "w", format=container) as file:
            known = file.supported_codecs
        names = [av.codec.Codec(self._codec, "w").canonical_name]
        if self._source is not None:
            with self._source.open() as source:
                names += [each.codec_context.codec.canonical_name for each in audio_of(source)]
        if unfit := [name for name in names if name not in known]:
            raise ConfigError(
                f"{out.name}: a {out.suffix} file cannot hold {unfit[0]}: give the output another "
                "suffix, such as .mkv, which holds everything."
            )

    def _stream(self, file: Video, first: ClipFrame) -> Video:
        stream = file.add_stream(self._codec, rate=self._rate, options=self._options)
        context, decoded = stream.codec_context, first.decoded
        context.width, context.height = first.photo.pixels.size
        context.pix_fmt = self._pixel_format(decoded)
        context.max_b_frames = 0
        context.time_base = MILLISECOND
        if decoded is not None:
            context.time_base = decoded.time_base
            for tag in TAGS:
                setattr(context, tag, getattr(decoded, tag))
            context.color_range = range_of(decoded)
        with keeping_priority():
            file.start_encoding()
        return stream

    def _pixel_format(self, decoded: Video | None) -> str:
        """Keep the way samples are stored, if the encoder knows it."""
        if decoded is None or decoded.format.is_rgb or not decoded.format.is_planar:
            return USUAL_FORMAT
        known = [each.name for each in import_av().codec.Codec(self._codec, "w").video_formats]
        name = decoded.format.name.replace("yuvj", "yuv")
        return name if name in known else USUAL_FORMAT


def _encodable(frame: EditedFrame, form: str) -> Video:
    before, edited = (
        np.asarray(opaque(photo.pixels, "white")) for photo in (frame.source.photo, frame.photo)
    )
    decoded = frame.source.decoded
    if decoded is None:
        samples = from_rgb(edited, form, BT_601, LIMITED_RANGE)
        samples.pts, samples.time_base = round(frame.source.start / MILLISECOND), MILLISECOND
        return samples
    samples = like_source(edited, decoded, before, form)
    samples.pts, samples.time_base = decoded.pts, decoded.time_base
    return samples

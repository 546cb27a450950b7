"""Join the segments of a video, and copy sound and notes from its source."""

import heapq
import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path

from stylemapgan.editing.clips.encoders import CONTAINERS
from stylemapgan.editing.clips.pyav import Video, explaining, import_av, seconds_of
from stylemapgan.editing.clips.samples import TAGS
from stylemapgan.editing.clips.video_file import VideoClip, anticlockwise, audio_of
from stylemapgan.images.atomic import replacing
from stylemapgan.images.provenance import Provenance, comment

OF_THE_FILE = ("major_brand", "minor_version", "compatible_brands", "encoder")
"""Metadata that describe a file rather than its clip, in lower case."""
INDEX_FIRST = {"movflags": "faststart"}
"""Lets players begin before they have all of an MP4 or MOV file; other containers need nothing."""


def join_video(  # noqa: PLR0913
    segments: Sequence[Path],
    out: Path,
    source: VideoClip | None,
    *,
    provenance: Provenance | None,
    end: Fraction,
    until: Fraction | None,
) -> None:
    """Join segments without encoding them again; the file appears complete or not at all.

    Args:
        segments: All of them, in order.
        out: Where to; its suffix selects the container.
        source: Where sound, rotation, colour tags and metadata are copied from, if there is one.
        provenance: What the file says about its origin.
        end: When the last frame ends, in seconds.
        until: Seconds of the source's sound that are copied; None for all.

    Raises:
        ImageError: FFmpeg cannot write the file.
        StorageError: The disk is full or writing is denied.
    """
    av = import_av()
    container, _ = CONTAINERS[out.suffix.lower()]
    options = INDEX_FIRST if container in ("mp4", "mov") else {}
    with (
        replacing(out) as unfinished,
        explaining(f"{out} cannot be written"),
        ExitStack() as files,
        av.open(str(unfinished), "w", format=container, options=options) as file,
    ):
        first = files.enter_context(av.open(str(segments[0])))
        stream = file.add_stream_from_template(first.streams.video[0], opaque=True)
        packets = [_picture(segments, stream, end)]
        if source is not None:
            opened = files.enter_context(source.open())
            _copy_notes(source, opened, file, stream)
            streams = {each.index: file.add_stream_from_template(each) for each in audio_of(opened)}
            packets.append(_sound(opened, streams, until))
        if provenance is not None:
            said = (file.metadata.get("comment"), comment(provenance))
            file.metadata["comment"] = "\n".join(filter(None, said))
        for packet in heapq.merge(*packets, key=lambda each: each.dts * each.time_base):
            file.mux(packet)


def _copy_notes(source: VideoClip, opened: Video, file: Video, stream: Video) -> None:
    """Copy what the source's file says about the clip, how it is turned, and its colours."""
    for name, text in opened.metadata.items():
        if name.lower() not in OF_THE_FILE:
            file.metadata[name.lower()] = text
    first = next(source.frames())
    if turn := anticlockwise(first.photo):
        stream.set_display_rotation(turn)
    for tag in TAGS:
        setattr(stream.codec_context, tag, getattr(first.decoded, tag))
    stream.codec_context.framerate = source.facts.rate
    ratio = opened.streams.video[0].sample_aspect_ratio
    if ratio:
        stream.codec_context.sample_aspect_ratio = ratio


def _picture(segments: Sequence[Path], stream: Video, end: Fraction) -> Iterator[Video]:
    """Read the packets of the picture; each lasts until the next one, the last until the end."""
    before, begin = None, Fraction(0)
    for packet in _packets(segments):
        if before is None:
            begin = seconds_of(packet.pts, packet.time_base)
        else:
            before.duration = packet.pts - before.pts
            yield before
        packet.stream = stream
        before = packet
    if before is not None:
        last = (begin + end) / Fraction(before.time_base)
        before.duration = max(1, round(last) - before.pts)
        yield before


def _packets(segments: Sequence[Path]) -> Iterator[Video]:
    for path in segments:
        with import_av().open(str(path)) as file:
            packets = file.demux(file.streams.video[0])
            yield from (packet for packet in packets if packet.dts is not None)


def _sound(opened: Video, streams: Mapping[int, Video], until: Fraction | None) -> Iterator[Video]:
    if not streams:
        return
    video = opened.streams.video[0]
    begin = seconds_of(video.start_time or 0, video.time_base)
    end = math.inf if until is None else begin + until
    for packet in opened.demux(audio_of(opened)):
        if packet.dts is not None and seconds_of(packet.dts, packet.time_base) < end:
            packet.stream = streams[packet.stream.index]
            yield packet

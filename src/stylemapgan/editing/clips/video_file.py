"""Read a video's frames."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from fractions import Fraction
from pathlib import Path

from PIL import Image

from stylemapgan.editing.clips.clip import AbstractClip, ClipFacts, ClipFrame
from stylemapgan.editing.clips.pyav import Video, explaining, import_av, seconds_of
from stylemapgan.editing.clips.samples import to_rgb
from stylemapgan.editing.photo import FullPhoto
from stylemapgan.errors import ImageError

ORIENTATIONS = {0: 1, 90: 8, 180: 3, 270: 6}
"""Degrees that a frame is to be turned anticlockwise → the EXIF orientation that says so."""
HDR = {16: "PQ", 18: "HLG"}
"""FFmpeg's number of a transfer curve → its name, if it reaches beyond a screen's white."""
USUAL_RATE = Fraction(25)
"""Frames a second where the file does not tell."""


class VideoClip(AbstractClip):
    """The first video stream of a file.

    Args:
        path: Of any format that FFmpeg reads.

    Raises:
        ImageError: The file is missing, damaged, holds no video, or is HDR.
        MissingExtraError: PyAV is not installed.
    """

    def __init__(self, path: Path) -> None:
        if not path.is_file():
            raise ImageError(f"{path} does not exist, or is no file: give a clip.")
        self.path = path
        first = next(self.frames(), None)
        if first is None:
            raise ImageError(f"{path} holds no frames.")
        with self._explaining(), self.open() as file:
            self._facts = _facts(file, first)

    @property
    def facts(self) -> ClipFacts:
        return self._facts

    def frames(self) -> Iterator[ClipFrame]:
        with self._explaining(), self.open() as file:
            if not file.streams.video:
                raise ImageError(f"{self.path} holds no video.")
            stream = file.streams.video[0]
            begin = size = None
            timed = (frame for frame in file.decode(stream) if frame.pts is not None)
            for number, frame in enumerate(timed):
                at = seconds_of(frame.pts, frame.time_base)
                begin = at if begin is None else begin
                size = size or (frame.width, frame.height)
                self._refuse_unfit(frame, size)
                yield _frame(frame, number, at - begin, _rate(stream))

    def open(self) -> Video:
        """Open the file anew."""
        return import_av().open(str(self.path))

    def _explaining(self) -> AbstractContextManager[None]:
        return explaining(f"{self.path} is not a video that FFmpeg reads, or is damaged")

    def _refuse_unfit(self, frame: Video, size: tuple[int, int]) -> None:
        if frame.color_trc in HDR:
            raise ImageError(
                f"{self.path} is HDR ({HDR[frame.color_trc]}), and models know SDR only: convert "
                "it to SDR first."
            )
        if (frame.width, frame.height) != size:
            raise ImageError(
                f"{self.path} changes its size from {size[0]}x{size[1]} to "
                f"{frame.width}x{frame.height} pixels: cut it in two there."
            )


def audio_of(file: Video) -> list[Video]:
    """List the streams of sound of an open file."""
    return list(file.streams.audio)


def anticlockwise(photo: FullPhoto) -> int:
    """Find the degrees that a frame is to be turned anticlockwise."""
    return next(turn for turn, known in ORIENTATIONS.items() if known == photo.orientation)


def _facts(file: Video, first: ClipFrame) -> ClipFacts:
    stream, rate = file.streams.video[0], _rate(file.streams.video[0])
    length = Fraction(0)
    if stream.duration:
        length = seconds_of(stream.duration, stream.time_base)
    elif file.duration:
        length = Fraction(file.duration, import_av().time_base)
    width, height = first.photo.size
    frames = stream.frames or max(1, round(length * rate))
    return ClipFacts(width=width, height=height, rate=rate, frames=frames)


def _rate(stream: Video) -> Fraction:
    return Fraction(stream.average_rate or stream.guessed_rate or USUAL_RATE)


def _frame(frame: Video, number: int, start: Fraction, rate: Fraction) -> ClipFrame:
    photo = FullPhoto(
        pixels=Image.fromarray(to_rgb(frame)),
        orientation=ORIENTATIONS.get(frame.rotation % 360, 1),
    )
    duration = seconds_of(frame.duration, frame.time_base) if frame.duration else 1 / rate
    return ClipFrame(number=number, start=start, duration=duration, photo=photo, decoded=frame)

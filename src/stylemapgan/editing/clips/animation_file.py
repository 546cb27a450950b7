"""Animated GIF and WebP: read their frames, and write them."""

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np
from PIL import Image

from stylemapgan.editing.clips.clip import (
    AbstractClip,
    AbstractClipWriter,
    ClipFacts,
    ClipFrame,
    EditedFrame,
)
from stylemapgan.editing.photo import FullPhoto
from stylemapgan.errors import ImageError
from stylemapgan.images.atomic import replacing
from stylemapgan.images.decoding import opened
from stylemapgan.images.provenance import Provenance, save_options

USUAL_DURATION = 100
"""Milliseconds of a frame whose file names none, as browsers show it."""
BEST = 100
"""Quality of a lossless WebP."""


class AnimationClip(AbstractClip):
    """An animated GIF or WebP.

    Raises:
        ImageError: The file is missing, damaged, too large or no picture.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        durations, size = [], (0, 0)
        for frame in self.frames():
            durations.append(frame.duration)
            size = frame.photo.size
        self._facts = ClipFacts(
            width=size[0],
            height=size[1],
            rate=Fraction(len(durations)) / sum(durations),
            frames=len(durations),
        )

    @property
    def facts(self) -> ClipFacts:
        return self._facts

    def frames(self) -> Iterator[ClipFrame]:
        with opened(self.path) as picture:
            start = Fraction(0)
            for number in range(getattr(picture, "n_frames", 1)):
                picture.seek(number)
                picture.load()
                duration = Fraction(int(picture.info.get("duration") or USUAL_DURATION), 1000)
                mode = "RGBA" if picture.has_transparency_data else "RGB"
                pixels = picture.convert(mode)
                pixels.info = {}
                photo = FullPhoto(pixels=pixels)
                yield ClipFrame(number=number, start=start, duration=duration, photo=photo)
                start += duration


class AnimationWriter(AbstractClipWriter):
    """Writes animated GIF or WebP; it repeats endlessly.

    Segments hold pixels, so frames are encoded once, when the segments are joined.

    Args:
        quality: Of WebP, up to 100, which is lossless; GIF always has 256 colours a frame.
    """

    suffix = ".npz"

    def __init__(self, quality: int) -> None:
        self.quality = quality

    def write_segment(self, path: Path, frames: Iterable[EditedFrame]) -> None:
        kept = list(frames)
        pixels = np.stack([np.asarray(frame.photo.pixels.convert("RGBA")) for frame in kept])
        milliseconds = np.array([round(frame.source.duration * 1000) for frame in kept])
        with replacing(path) as unfinished, unfinished.open("wb") as file:
            np.savez(file, pixels=pixels, milliseconds=milliseconds)

    def join(
        self,
        segments: Sequence[Path],
        out: Path,
        *,
        provenance: Provenance | None,
        end: Fraction,
        until: Fraction | None,
    ) -> None:
        del end, until  # each frame has its time, and animations are silent
        milliseconds = [int(each) for path in segments for each in _load(path, "milliseconds")]
        pictures = (_picture(each, out) for path in segments for each in _load(path, "pixels"))
        form = out.suffix.lower().removeprefix(".").upper()
        with replacing(out) as unfinished, unfinished.open("wb") as file:
            try:
                next(pictures).save(
                    file,
                    form,
                    save_all=True,
                    append_images=pictures,
                    duration=milliseconds,
                    loop=0,
                    **self._options(form),
                    **save_options(provenance, form),
                )
            except ValueError as error:
                raise ImageError(f"{out} cannot be written: {error}.") from None

    def _options(self, form: str) -> dict[str, int | bool]:
        if form == "GIF":
            return {"disposal": 1}
        return {"quality": self.quality, "method": 4, "lossless": self.quality == BEST}


def _load(path: Path, name: str) -> np.ndarray:
    with np.load(path) as segment:
        return segment[name]


def _picture(pixels: np.ndarray, out: Path) -> Image.Image:
    picture = Image.fromarray(pixels)
    if not (pixels[..., 3] == 255).all():
        return picture
    picture = picture.convert("RGB")
    if out.suffix.lower() == ".gif":  # 256 colours, chosen for each frame
        return picture.convert("P", palette=Image.Palette.ADAPTIVE)
    return picture

"""`python -m benchmarks.full_resolution`: edit a photo of 24 megapixels from file to file.

Networks are omitted: crops stand for their reconstructions. An edit shows another photo's crop
inside the mask, so that this photo supplies every pixel there; without one it inverts the mask.
"""

import sys
import time
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import numpy as np
from PIL import Image

from benchmarks.isolation import apart, process_peak

WIDTH, HEIGHT = 6_000, 4_000
SIZE = 128
"""Height and width of the model's image, in pixels."""
ROUNDS = 3
"""Repetitions; the fastest counts, because other programs only slow a run down."""


@dataclass(frozen=True)
class Case:
    """An edit to measure."""

    name: str
    side: float
    rotation: float
    covered: float
    """Side of the mask, as a share of the square's side."""
    target: str = "jpeg"
    reference: tuple[float, float] | None = None
    """Side and rotation, in degrees, of the square of another such photo that lands there."""


CASES = (
    Case("a quarter of a square of 2000", 2000.0, 0.0, 0.5),
    Case("all of a square of 4000", 4000.0, 0.0, 1.0),
    Case("all of it, turned by 15 degrees", 4000.0, 15.0, 1.0),
    Case("a quarter of 2000, written as PNG", 2000.0, 0.0, 0.5, "png"),
)
WITH_REFERENCE = tuple(
    Case(f"{area}, another photo {how}", side, turned, covered, reference=(part * side, angle))
    for area, side, covered in (("a quarter of 2000", 2000.0, 0.5), ("all of 4000", 4000.0, 1.0))
    for how, turned, part, angle in (
        ("in place", 0.0, 1.0, 0.0),
        ("turned by 5 degrees", 0.0, 1.0, 5.0),
        ("turned, 0.4 times as fine", 0.0, 0.4, 5.0),
        ("turned, 1.3 times as fine", 0.0, 1.3, 5.0),
        ("on a square turned by 15 degrees", 15.0, 1.0, 0.0),
    )
)
STEPS = ("read", "find", "crop", "paste", "write")


def make_photo(seed: int) -> bytes:
    """Draw a photo with an object, grain and an orientation tag, and encode it as a camera does."""
    random = np.random.default_rng(seed)
    wall = Image.fromarray(random.integers(110, 190, (6, 9, 3), dtype=np.uint8))
    pixels = np.array(wall.resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC))
    pixels[1200:3000, 2200:3800] = (60, 90, 60)
    pixels += random.integers(0, 16, (HEIGHT, WIDTH, 1), dtype=np.uint8)
    exif = Image.Exif()
    exif[0x0112] = 6
    file = BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=92, exif=exif.tobytes())
    return file.getvalue()


def edit(case: Case, contents: tuple[bytes, bytes]) -> dict[str, float]:
    """Edit the photo once; return seconds of each step and the peak memory in MiB."""
    from stylemapgan.editing.photo import FullPhoto, Square, foreground_square, paste_back

    marks = [time.perf_counter()]
    photos = [FullPhoto.read(content) for content in contents[: 2 if case.reference else 1]]
    marks.append(time.perf_counter())
    for photo in photos:
        foreground_square(photo)
    marks.append(time.perf_counter())
    photo = photos[0]
    square = Square(x=photo.width / 2, y=photo.height / 2, side=case.side, rotation=case.rotation)
    crop = photo.crop(square, SIZE)
    mask = np.zeros((1, 1, SIZE, SIZE), np.float32)
    edge = round(SIZE * (1 - case.covered) / 2)
    mask[:, :, edge : SIZE - edge, edge : SIZE - edge] = 1
    references = [_placed(photos[1], case, mask)] if case.reference else []
    shown = references[0].picture.reconstruction if references else -crop
    marks.append(time.perf_counter())
    edited = crop * (1 - mask) + shown * mask
    pasted = paste_back(photo, square, crop, edited, mask, references=references)
    marks.append(time.perf_counter())
    pasted.to_bytes(case.target)  # pyright: ignore[reportArgumentType]
    marks.append(time.perf_counter())
    spent = np.diff(marks)
    seconds = dict(zip(STEPS, (float(part) for part in spent), strict=True))
    return {**seconds, "all": float(spent.sum()), "peak": process_peak()}


def _placed(photo: Any, case: Case, mask: np.ndarray) -> Any:
    from stylemapgan.editing.photo import PlacedPhoto, PlacedReference, Square

    side, rotation = case.reference or (case.side, 0.0)
    at = Square(x=photo.width / 2, y=photo.height / 2, side=side, rotation=rotation)
    placed = PlacedPhoto(photo=photo, square=at, reconstruction=photo.crop(at, SIZE))
    return PlacedReference(mask=mask, picture=placed)


def main() -> int:
    """Print a table."""
    contents = apart(make_photo, 0), apart(make_photo, 1)
    print(f"A JPEG of {WIDTH}x{HEIGHT} pixels and {len(contents[0]) / 1e6:.1f} MB; seconds.\n")
    print("| edit | " + " | ".join((*STEPS, "all", "peak memory, MiB")) + " |")
    print("| --- |" + " ---: |" * (len(STEPS) + 2))
    for case in (*CASES, *WITH_REFERENCE):
        rounds = [apart(edit, case, contents) for _ in range(ROUNDS)]
        best = min(rounds, key=lambda figures: figures["all"])
        figures = [f"{best[step]:.2f}" for step in (*STEPS, "all")]
        peak = max(figures["peak"] for figures in rounds)
        print(f"| {case.name} | " + " | ".join((*figures, f"{peak:.0f}")) + " |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())

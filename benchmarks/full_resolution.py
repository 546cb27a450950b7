"""`python -m benchmarks.full_resolution`: edit a photo of 24 megapixels from file to file.

Networks are omitted: the crop itself stands for its reconstruction, and an edit inverts the mask.
"""

import sys
import time
from dataclasses import dataclass
from io import BytesIO

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


CASES = (
    Case("a quarter of a square of 2000", 2000.0, 0.0, 0.5),
    Case("all of a square of 4000", 4000.0, 0.0, 1.0),
    Case("all of it, turned by 15 degrees", 4000.0, 15.0, 1.0),
    Case("a quarter of 2000, written as PNG", 2000.0, 0.0, 0.5, "png"),
)
STEPS = ("read", "find", "crop", "paste", "write")


def make_photo() -> bytes:
    """Draw a photo with an object, grain and an orientation tag, and encode it as a camera does."""
    random = np.random.default_rng(0)
    wall = Image.fromarray(random.integers(110, 190, (6, 9, 3), dtype=np.uint8))
    pixels = np.array(wall.resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC))
    pixels[1200:3000, 2200:3800] = (60, 90, 60)
    pixels += random.integers(0, 16, (HEIGHT, WIDTH, 1), dtype=np.uint8)
    exif = Image.Exif()
    exif[0x0112] = 6
    file = BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=92, exif=exif.tobytes())
    return file.getvalue()


def edit(case: Case, content: bytes) -> dict[str, float]:
    """Edit the photo once; return seconds of each step and the peak memory in MiB."""
    from stylemapgan.editing.photo import FullPhoto, Square, foreground_square, paste_back

    seconds = {}
    marks = [time.perf_counter()]
    photo = FullPhoto.read(content)
    marks.append(time.perf_counter())
    foreground_square(photo)
    marks.append(time.perf_counter())
    square = Square(x=photo.width / 2, y=photo.height / 2, side=case.side, rotation=case.rotation)
    crop = photo.crop(square, SIZE)
    marks.append(time.perf_counter())
    mask = np.zeros((1, 1, SIZE, SIZE), np.float32)
    edge = round(SIZE * (1 - case.covered) / 2)
    mask[:, :, edge : SIZE - edge, edge : SIZE - edge] = 1
    edited = paste_back(photo, square, crop, crop * (1 - mask) - crop * mask, mask)
    marks.append(time.perf_counter())
    edited.to_bytes(case.target)  # pyright: ignore[reportArgumentType]
    marks.append(time.perf_counter())
    spent = np.diff(marks)
    seconds = dict(zip(STEPS, (float(part) for part in spent), strict=True))
    return {**seconds, "all": float(spent.sum()), "peak": process_peak()}


def main() -> int:
    """Print a table."""
    content = apart(make_photo)
    print(f"A JPEG of {WIDTH}x{HEIGHT} pixels and {len(content) / 1e6:.1f} MB; seconds.\n")
    print("| edit | " + " | ".join((*STEPS, "all", "peak memory, MiB")) + " |")
    print("| --- |" + " ---: |" * (len(STEPS) + 2))
    for case in CASES:
        rounds = [apart(edit, case, content) for _ in range(ROUNDS)]
        best = min(rounds, key=lambda figures: figures["all"])
        figures = [f"{best[step]:.2f}" for step in (*STEPS, "all")]
        peak = max(figures["peak"] for figures in rounds)
        print(f"| {case.name} | " + " | ".join((*figures, f"{peak:.0f}")) + " |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Aligned portraits put into larger canvases, at known places, turns and scales."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

import numpy as np
from jaxtyping import Float32, UInt8
from PIL import Image, ImageFilter

from stylemapgan.editing.photo import FullPhoto, Square

Surroundings = Literal["plain", "continued", "photo"]
SURROUNDINGS: tuple[Surroundings, ...] = get_args(Surroundings)
"""One colour with a slope of light; the portrait's own edges, blurred; another photo."""
LENGTHS = (640, 1280)
"""Pixels of a canvas's width and height, from and to."""
SHARES = (0.3, 0.85)
"""Side of the square as a share of the canvas's shorter side."""
STEEPEST = 20.0
"""Degrees by which a square is turned at most."""
FEATHER = 0.06
"""Share of the side over which a portrait fades into its surroundings."""
BLUR = 0.03
"""Radius of the blur of continued surroundings, as a share of the side."""

Pixels = UInt8[np.ndarray, "height width 3"]


@dataclass(frozen=True, kw_only=True, eq=False)
class PlacedPortrait:
    """A photo, and the square that a perfect finder would find in it."""

    name: str
    photo: FullPhoto
    square: Square
    surroundings: Surroundings


def placed_portraits(
    files: Sequence[Path], others: Sequence[Path], seed: int
) -> Iterator[PlacedPortrait]:
    """Put each portrait into a canvas; the same seed gives the same canvases.

    Args:
        files: Square portraits, aligned as the model expects them.
        others: Photos without faces, for surroundings.
        seed: Everything random follows from it and from the portrait's position in the list.
    """
    for number, file in enumerate(files):
        random = np.random.default_rng([seed, number])
        portrait = np.asarray(Image.open(file).convert("RGB"))
        square, size = random_square(random)
        surroundings = SURROUNDINGS[number % len(SURROUNDINGS)]
        if surroundings == "plain":
            behind = _plain(size, random)
        elif surroundings == "continued":
            behind = _continued(portrait, square, size)
        else:
            behind = _cut_out(others[int(random.integers(len(others)))], size, random)
        pixels = Image.fromarray(_laid_over(behind, portrait, square))
        photo = FullPhoto(pixels=pixels)
        yield PlacedPortrait(name=file.name, photo=photo, square=square, surroundings=surroundings)


def random_square(random: np.random.Generator) -> tuple[Square, tuple[int, int]]:
    """Choose a square, and the width and height of the canvas it lies in."""
    width, height = (int(length) for length in random.integers(*LENGTHS, 2, endpoint=True))
    rotation = random.uniform(-STEEPEST, STEEPEST)
    turned = Square(x=0, y=0, side=2, rotation=rotation).reach  # in half sides
    side = random.uniform(*SHARES) * min(width, height) / turned
    reach = side / 2 * turned
    x, y = random.uniform(reach, width - reach), random.uniform(reach, height - reach)
    return Square(x=x, y=y, side=side, rotation=rotation), (width, height)


def _continued(portrait: Pixels, square: Square, size: tuple[int, int]) -> Pixels:
    """Repeat the portrait's edges, blurred, all over a canvas."""
    picture = Image.fromarray(portrait).filter(ImageFilter.GaussianBlur(BLUR * len(portrait)))
    x, y = _in_portrait(square, size, len(portrait))
    last = len(portrait) - 1
    columns, rows = (np.clip(np.rint(each), 0, last).astype(int) for each in (x, y))
    return np.asarray(picture)[rows, columns]


def _plain(size: tuple[int, int], random: np.random.Generator) -> Pixels:
    width, height = size
    colour = random.uniform(40, 230, 3)
    slope = random.uniform(-30, 30, 2)
    rows, columns = np.mgrid[-0.5 : 0.5 : 1j * height, -0.5 : 0.5 : 1j * width]
    light = slope[0] * rows + slope[1] * columns
    grain = random.normal(0, 2, (height, width, 1))
    return np.clip(colour + light[..., None] + grain, 0, 255).astype(np.uint8)


def _cut_out(file: Path, size: tuple[int, int], random: np.random.Generator) -> Pixels:
    """Cut a random part of the size's shape out of a photo."""
    photo = Image.open(file).convert("RGB")
    most = min(photo.width / size[0], photo.height / size[1])
    scale = most * random.uniform(0.6, 1)
    width, height = size[0] * scale, size[1] * scale
    left, top = random.uniform(0, photo.width - width), random.uniform(0, photo.height - height)
    box = (left, top, left + width, top + height)
    return np.asarray(photo.resize(size, Image.Resampling.BICUBIC, box=box))


def _laid_over(behind: Pixels, portrait: Pixels, square: Square) -> Pixels:
    """Lay the portrait over a canvas; it fades out towards its border."""
    height, width = behind.shape[:2]
    length = len(portrait)
    step = length / square.side
    cosine = math.cos(math.radians(square.rotation)) * step
    sine = math.sin(math.radians(square.rotation)) * step
    matrix = (
        *(cosine, sine, length / 2 - cosine * square.x - sine * square.y),
        *(-sine, cosine, length / 2 + sine * square.x - cosine * square.y),
    )
    picture = Image.fromarray(portrait)
    if step > 1:
        picture = picture.filter(ImageFilter.GaussianBlur(0.4 * step))
    turned = picture.transform(
        (width, height), Image.Transform.AFFINE, matrix, Image.Resampling.BICUBIC
    )
    x, y = _in_portrait(square, (width, height), length)
    inside = np.minimum(np.minimum(x, length - 1 - x), np.minimum(y, length - 1 - y))
    share = np.clip(inside / (FEATHER * length), 0, 1)[..., None]
    smooth = share * share * (3 - 2 * share)
    mixed = behind + smooth * (np.asarray(turned, np.float32) - behind)
    return np.rint(mixed).astype(np.uint8)


def _in_portrait(
    square: Square, size: tuple[int, int], length: int
) -> tuple[Float32[np.ndarray, "height width"], Float32[np.ndarray, "height width"]]:
    """Find which column and row of a portrait lies at each pixel of the canvas."""
    width, height = size
    angle, step = math.radians(square.rotation), length / square.side
    right = (np.arange(width, dtype=np.float32) + 0.5 - square.x)[None, :] * step
    down = (np.arange(height, dtype=np.float32) + 0.5 - square.y)[:, None] * step
    x = math.cos(angle) * right + math.sin(angle) * down + length / 2 - 0.5
    y = -math.sin(angle) * right + math.cos(angle) * down + length / 2 - 0.5
    return x.astype(np.float32), y.astype(np.float32)

"""Learn how a model's photos are framed, from photos that are framed so.

Nobody labels anything: each photo is put before several backgrounds, and squares that are off by
known amounts are cut out. Its own border is hidden at a random distance, so that the border does
not give the square away.
"""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Float32, UInt8
from PIL import Image, ImageFilter

from stylemapgan import images
from stylemapgan.config.ranges import SEED
from stylemapgan.editing.abstract import AbstractEditor
from stylemapgan.editing.framing.framing import Framing, Offsets, learn
from stylemapgan.editing.framing.refining import moved, offset_between
from stylemapgan.editing.photo.cropped_photo import Find
from stylemapgan.editing.photo.full_photo import FullPhoto
from stylemapgan.editing.photo.square import Square
from stylemapgan.errors import EditError
from stylemapgan.images.levels import batch_for, to_bytes, to_numpy

LEAST_PHOTOS = 50
"""Fewer photos teach their people rather than their framing."""
SPREAD = (0.03, 0.03, 0.09, 5.0)
"""Standard deviations of what squares are off, as offsets: somewhat more than finders are."""
FINER = 1.5
"""How many times finer a photo is than the model's image while squares are cut out of it."""
HIDDEN, FADING = 0.12, 0.1
"""Most of a photo's border that is hidden on each side, and over which it fades: shares of it."""
BLUR = 0.05
"""Of the border that is continued as background, as a share of the photo."""
PENALTY = 0.1
"""Of the weights, for each square."""
BATCH = 16
"""Squares of up to 128 pixels encoded at once."""
Pixels = UInt8[np.ndarray, "rows columns 3"]


def learn_framing(  # noqa: PLR0913 - paths and numbers of one command
    editor: AbstractEditor,
    paths: Sequence[Path],
    find: Find,
    *,
    squares: int = 16,
    seed: int = 0,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> Framing:
    """Learn the framing of square photos.

    Args:
        editor: Runs the model.
        paths: Photos framed as the model's training photos; their middle squares are taken.
        find: What finds squares of such photos roughly.
        squares: How many squares to cut out around each photo.
        seed: Everything random follows from it.
        on_progress: Called with the number of photos done, and of all photos.

    Raises:
        EditError: There are too few photos or squares.
        ImageError: A photo cannot be read.
    """
    SEED.refuse(seed, EditError)
    if len(paths) < LEAST_PHOTOS or squares < 1:
        raise EditError(
            f"A framing needs at least {LEAST_PHOTOS} photos and 1 square of each, got "
            f"{len(paths)} photos and {squares} squares."
        )
    editor = editor.in_float32()  # framings are kept, and should be the same everywhere
    stylemaps, offsets = [], []
    for number, path in enumerate(paths):
        on_progress(number, len(paths))
        random = np.random.default_rng([seed, number])
        other = paths[int(random.integers(len(paths)))]
        crops, off = _squares(path, other, editor.image_size, squares, random)
        rows = batch_for(editor.image_size, BATCH)
        for start in range(0, squares, rows):
            stylemaps.append(to_numpy(editor.encode(crops[start : start + rows])))
        offsets.append(off)
    on_progress(len(paths), len(paths))
    numbers = np.concatenate([each.reshape(len(each), -1) for each in stylemaps])
    return learn(numbers, np.concatenate(offsets), find, PENALTY)


def _squares(
    path: Path, other: Path, size: int, count: int, random: np.random.Generator
) -> tuple[Float32[np.ndarray, "count 3 size size"], Offsets]:
    """Cut squares out that are off by random amounts; give where the right one lies from each."""
    length = round(FINER * size)
    photo, behind = (to_bytes(images.read(each, length))[0] for each in (path, other))
    if random.random() < 0.5:
        photo = photo[:, ::-1]
    right = Square(x=float(length), y=float(length), side=float(length))
    crops, offsets = [], []
    for canvas in _canvases(photo, behind, count, random):
        square = moved(right, random.normal(size=len(SPREAD)) * SPREAD)
        crops.append(FullPhoto(pixels=Image.fromarray(canvas)).crop(square, size))
        offsets.append(offset_between(square, right))
    return np.concatenate(crops), np.array(offsets)


def _canvases(
    photo: Pixels, other: Pixels, count: int, random: np.random.Generator
) -> Iterator[Pixels]:
    """Put a photo into the middle of canvases twice its size: three kinds, in turn."""
    length = len(photo)
    before, after = length // 2, length - length // 2
    widths = ((before, after), (before, after), (0, 0))
    around = np.pad(photo, widths, mode="edge")
    continued = Image.fromarray(around).filter(ImageFilter.GaussianBlur(BLUR * length))
    upside_down = Image.fromarray(other[::-1]).resize((2 * length, 2 * length))
    for number in range(count):
        plain = np.broadcast_to(random.uniform(20, 235, 3), around.shape)
        behind = (continued, upside_down, plain)[number % 3]
        shown = np.pad(_shown(length, random), ((before, after), (before, after)))[..., None]
        mixed = np.asarray(behind) * (1 - shown) + around * shown
        yield np.rint(mixed).astype(np.uint8)


def _shown(length: int, random: np.random.Generator) -> Float32[np.ndarray, "length length"]:
    """Choose how much of a photo shows: 1 inside, fading to 0 towards its border."""
    place = (np.arange(length) + 0.5) / length
    left, top, right, bottom = random.uniform(0, HIDDEN, 4)
    fading = random.uniform(0.01, FADING)
    rows = np.minimum(place - top, 1 - bottom - place) / fading
    columns = np.minimum(place - left, 1 - right - place) / fading
    share = np.clip(np.minimum(rows[:, None], columns[None, :]), 0, 1)
    return (share * share * (3 - 2 * share)).astype(np.float32)

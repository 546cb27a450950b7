"""Edits come back into the photo, and nowhere else."""

import dataclasses
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from stylemapgan.editing.photo import FullPhoto, Patch, Square, paste_back
from stylemapgan.editing.photo.filters import box_blur, continue_inwards, widen
from stylemapgan.errors import EditError

SIZE = 32
SQUARE = Square(x=150.0, y=100.0, side=128.0)


def disc(centre=(16.0, 16.0), radius=7.0) -> np.ndarray:
    rows, columns = np.mgrid[:SIZE, :SIZE] + 0.5
    inside = (rows - centre[1]) ** 2 + (columns - centre[0]) ** 2 <= radius**2
    return inside.astype(np.float32)[None, None]


def painted(images: np.ndarray, mask: np.ndarray, colour=(1.0, -1.0, -1.0)) -> np.ndarray:
    """What a perfect model makes of an edit: the masked part in one colour."""
    paint = np.array(colour, np.float32)[None, :, None, None]
    return images * (1 - mask) + paint * mask


def lying(picture: Image.Image, format_name: str, profile: bytes) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was held upright
    file = BytesIO()
    picture.save(file, format_name, exif=exif.tobytes(), icc_profile=profile)
    return file.getvalue()


def reached(mask: np.ndarray, square: Square, size: tuple[int, int]) -> np.ndarray:
    """Pixels of the upright photo within the promised distance of the mask, the slow way."""
    distance = square.side / 16 + 3 * square.side / SIZE
    rows, columns = np.nonzero(mask[0, 0])
    cell = square.side / SIZE
    angle = np.radians(square.rotation)
    near = np.zeros(size[::-1], dtype=bool)
    y, x = np.mgrid[: size[1], : size[0]] + 0.5
    right = np.cos(angle) * (x - square.x) + np.sin(angle) * (y - square.y) + square.side / 2
    down = np.cos(angle) * (y - square.y) - np.sin(angle) * (x - square.x) + square.side / 2
    for row, column in zip(rows, columns, strict=True):
        across = abs(right - (column + 0.5) * cell) <= cell / 2 + distance
        near |= across & (abs(down - (row + 0.5) * cell) <= cell / 2 + distance)
    return near


@pytest.mark.parametrize(
    ("format_name", "width"),
    [("JPEG", 2000), pytest.param("PNG", 4000, marks=pytest.mark.slow)],
)
def test_a_large_photo_stays_bit_identical_away_from_the_mask(
    scenery, wide_profile, tmp_path, format_name, width
):
    content = lying(scenery(width * 3 // 2, width), format_name, wide_profile)
    photo = FullPhoto.read(content)
    assert (photo.width, photo.height) == (width, width * 3 // 2)
    x, y = round(0.525 * width), round(0.725 * width)
    square = Square(x=float(x), y=float(y), side=0.4 * width, rotation=12.0)
    crop, mask = photo.crop(square, SIZE), disc()
    paste_back(photo, square, crop, painted(crop, mask), mask).write(tmp_path / "edited.png")

    edited = Image.open(tmp_path / "edited.png")
    original = Image.open(BytesIO(content))
    changed = (np.asarray(edited) != np.asarray(original)).any(axis=-1)
    upright = np.rot90(changed, -1)  # as orientation 6 asks for
    rows, columns = np.nonzero(upright)
    # The disc's radius, the feather of a sixteenth and three of the model's pixels.
    farthest = np.hypot(columns + 0.5 - square.x, rows + 0.5 - square.y).max()
    assert farthest <= (7 / SIZE + 1 / 16 * 2**0.5 + 3 / SIZE * 2**0.5) * square.side
    near = width // 20
    inside = np.hypot(*np.mgrid[-near:near, -near:near]) < near
    assert upright[y - near : y + near, x - near : x + near][inside].mean() > 0.99
    assert edited.info["icc_profile"] == wide_profile
    assert edited.getexif()[0x0112] == 6


@pytest.mark.parametrize("rotation", [0.0, 33.0])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_only_what_is_near_the_mask_changes_in_every_layout(scenery, orientation, rotation):
    photo = FullPhoto(pixels=scenery(300, 260), orientation=orientation)
    square = Square(x=photo.width / 2 + 9, y=photo.height / 2 - 4, side=128.0, rotation=rotation)
    crop, mask = photo.crop(square, SIZE), disc((11.0, 20.0), 5.0)
    edited = paste_back(photo, square, crop, painted(crop, mask), mask)
    changed = (edited.upright_srgb() != photo.upright_srgb()).any(axis=-1)
    near = reached(mask, square, photo.size)
    assert changed.any()
    assert not (changed & ~near).any()
    seen = edited.crop(square, SIZE)  # the colour has arrived where the mask is
    middle = seen[0, :, 19:22, 10:13].mean(axis=(1, 2))
    np.testing.assert_allclose(middle, [1, -1, -1], atol=0.2)


def test_an_edit_that_changes_nothing_leaves_every_byte(small_photo):
    crop = small_photo.crop(SQUARE, SIZE)
    blurred = crop * 0.8  # a model that does not bring the photo back well
    edited = paste_back(small_photo, SQUARE, blurred, blurred.copy(), disc())
    np.testing.assert_array_equal(edited.upright_srgb(), small_photo.upright_srgb())


def test_an_empty_mask_leaves_every_byte(small_photo):
    crop = small_photo.crop(SQUARE, SIZE)
    edited = paste_back(small_photo, SQUARE, crop, -crop, disc(radius=0.0))
    np.testing.assert_array_equal(edited.upright_srgb(), small_photo.upright_srgb())


def test_the_photo_given_is_left_alone(small_photo):
    before = small_photo.pixels.copy()
    crop = small_photo.crop(SQUARE, SIZE)
    paste_back(small_photo, SQUARE, crop, painted(crop, disc()), disc())
    np.testing.assert_array_equal(np.asarray(small_photo.pixels), np.asarray(before))


def test_tones_meet_although_the_model_brings_them_back_wrong():
    grey = FullPhoto(pixels=Image.new("RGB", (300, 200), (120, 120, 120)))
    crop, mask = grey.crop(SQUARE, SIZE), disc()
    darker = crop - 0.2  # the reconstruction misses the tone by 25 levels
    edited = paste_back(grey, SQUARE, darker, painted(darker, mask, (0.5, 0.5, 0.5)), mask)
    # Its own 191 would be 0.5; what the model misses around the mask is made up for.
    assert edited.upright_srgb()[100, 150].tolist() == pytest.approx([191 + 25.5] * 3, abs=2)


def test_grain_of_the_photo_covers_new_content():
    random = np.random.default_rng(0)
    grain = random.normal(120, 8, (400, 400, 1)).clip(0, 255).astype(np.uint8)
    photo = FullPhoto(pixels=Image.fromarray(np.repeat(grain, 3, axis=2)))
    square = Square(x=200.0, y=200.0, side=384.0)
    crop, mask = photo.crop(square, SIZE), disc()
    edited = paste_back(photo, square, crop, painted(crop, mask, (0.4, 0.2, 0.0)), mask)
    patch = edited.upright_srgb()[180:220, 180:220].astype(float)
    assert patch.std(axis=(0, 1)) == pytest.approx([8, 8, 8], abs=1.5)
    assert patch.mean(axis=(0, 1)) == pytest.approx([178, 153, 127], abs=6)


def test_edges_of_what_was_there_do_not_shine_through_new_content():
    pixels = np.full((400, 400, 3), 200, np.uint8)
    pixels[:, 190:] = 40  # an edge right through the mask
    photo = FullPhoto(pixels=Image.fromarray(pixels))
    square = Square(x=200.0, y=200.0, side=384.0)
    crop, mask = photo.crop(square, SIZE), disc()
    edited = paste_back(photo, square, crop, painted(crop, mask, (0.0, 1.0, 0.0)), mask)
    patch = edited.upright_srgb()[180:220, 170:210].astype(int)
    assert abs(patch - [128, 255, 128]).max() <= 6


def test_a_square_over_the_photos_edge_is_pasted_as_far_as_it_goes(small_photo):
    square = Square(x=10.0, y=190.0, side=128.0)
    crop, mask = small_photo.crop(square, SIZE), np.ones((1, 1, SIZE, SIZE), np.float32)
    edited = paste_back(small_photo, square, crop, painted(crop, mask), mask)
    assert edited.size == small_photo.size
    assert abs(edited.upright_srgb()[195, 3].astype(int) - [255, 0, 0]).max() <= 12


def test_a_full_mask_fades_before_the_square_ends(small_photo):
    crop, mask = small_photo.crop(SQUARE, SIZE), np.ones((1, 1, SIZE, SIZE), np.float32)
    edited = paste_back(small_photo, SQUARE, crop, painted(crop, mask), mask).upright_srgb()
    before = small_photo.upright_srgb()
    left = int(SQUARE.x - SQUARE.side / 2)
    assert abs(edited[100, left].astype(int) - before[100, left]).max() <= 12
    assert abs(edited[100, left + 16].astype(int) - [255, 0, 0]).max() <= 12
    np.testing.assert_array_equal(edited[:, : left - 1], before[:, : left - 1])


def test_a_photo_smaller_than_the_model_can_be_edited(scenery):
    photo = FullPhoto(pixels=scenery(20, 20))
    square = Square(x=10.0, y=10.0, side=20.0)
    crop, mask = photo.crop(square, SIZE), disc()
    edited = paste_back(photo, square, crop, painted(crop, mask), mask).upright_srgb()
    assert abs(edited[10, 10].astype(int) - [255, 0, 0]).max() <= 12
    np.testing.assert_array_equal(edited[0], photo.upright_srgb()[0])


def test_transparency_survives_an_edit(scenery):
    pixels = scenery(300, 200)
    alpha = Image.fromarray(np.tile(np.arange(300) % 256, (200, 1)).astype(np.uint8))
    pixels.putalpha(alpha)
    photo = FullPhoto(pixels=pixels)
    crop = photo.crop(SQUARE, SIZE)
    edited = paste_back(photo, SQUARE, crop, painted(crop, disc()), disc())
    np.testing.assert_array_equal(np.asarray(edited.pixels.getchannel("A")), np.asarray(alpha))


def test_new_colours_are_written_in_the_photos_own_profile(small_photo, wide_profile):
    photo = dataclasses.replace(small_photo, profile=wide_profile)
    crop, mask = photo.crop(SQUARE, SIZE), disc()
    edited = paste_back(photo, SQUARE, crop, painted(crop, mask, (0.4, 0.1, 0.0)), mask)
    as_seen = edited.upright_srgb()[90:110, 140:160].mean(axis=(0, 1))
    assert as_seen == pytest.approx([178.5, 140, 127.5], abs=8)


def test_a_patch_shows_what_pasting_back_does(small_photo):
    crop, mask = small_photo.crop(SQUARE, SIZE), disc()
    edited = painted(crop, mask)
    shown = Patch(small_photo, SQUARE, crop, 128).paste(edited, mask).astype(int)
    pasted = paste_back(small_photo, SQUARE, crop, edited, mask)
    assert abs(shown - pasted.crop_pixels(SQUARE, 128)).max() <= 1


def test_a_patch_without_change_is_the_photo(small_photo):
    crop = small_photo.crop(SQUARE, SIZE)
    shown = Patch(small_photo, SQUARE, crop, 64).paste(crop, disc())
    np.testing.assert_array_equal(shown, small_photo.crop_pixels(SQUARE, 64))


def test_sizes_that_do_not_fit_are_refused(small_photo):
    crop = small_photo.crop(SQUARE, SIZE)
    with pytest.raises(EditError, match="A mask must have the shape"):
        paste_back(small_photo, SQUARE, crop, crop, np.ones((1, 1, 16, 16), np.float32))
    with pytest.raises(EditError, match="edits 32x32"):
        Patch(small_photo, SQUARE, crop, 64).paste(small_photo.crop(SQUARE, 16), disc())


def test_filling_inwards_keeps_what_is_known_and_stays_between(random):
    values = random.normal(size=(3, 24, 24)).astype(np.float32)
    weight = np.ones((1, 24, 24), np.float32)
    weight[:, 5:15, 8:20] = 0
    filled = continue_inwards(values, weight)
    known = np.broadcast_to(weight > 0, values.shape)
    np.testing.assert_allclose(filled[known], values[known], atol=1e-5)
    assert values[known].min() <= filled.min() <= filled.max() <= values[known].max()


def test_filling_inwards_continues_a_constant_exactly():
    values = np.full((3, 32, 32), 7.0, np.float32)
    weight = (np.hypot(*np.mgrid[-16:16, -16:16]) > 9).astype(np.float32)[None]
    np.testing.assert_allclose(continue_inwards(values, weight), 7, rtol=1e-3)


@pytest.mark.parametrize("radius", [1, 3, 6])
def test_small_filters_match_naive_loops(random, radius):
    values = random.uniform(0, 1, (2, 13, 17)).astype(np.float32)
    padded = np.pad(values, ((0, 0), (radius, radius), (radius, radius)), mode="edge")
    length = 2 * radius + 1
    windows = [
        [padded[:, row : row + length, column : column + length] for column in range(17)]
        for row in range(13)
    ]
    means = [[window.mean(axis=(1, 2)) for window in row] for row in windows]
    maxima = [[window.max(axis=(1, 2)) for window in row] for row in windows]
    np.testing.assert_allclose(
        box_blur(values, radius), np.moveaxis(np.array(means), -1, 0), atol=1e-5
    )
    np.testing.assert_array_equal(widen(values, radius), np.moveaxis(np.array(maxima), -1, 0))

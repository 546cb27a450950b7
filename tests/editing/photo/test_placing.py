"""References' photos lie over the edited square exactly where the model sees them."""

from functools import partial

import numpy as np
import pytest
from PIL import Image

from stylemapgan.editing import Edit, Part, operations
from stylemapgan.editing.edit_rendering import placed_photo, turned_crop, turned_picture
from stylemapgan.editing.photo import CroppedPhoto, FullPhoto, PlacedPhoto, Square
from stylemapgan.editing.photo.placing import Placement
from stylemapgan.editing.photo.square import to_stored, to_upright

SIZE = 32
NOTHING = np.zeros((1, 3, SIZE, SIZE), np.float32)


def hills(x: np.ndarray, y: np.ndarray, period: float = 40.0) -> np.ndarray:
    """A smooth picture at any points, to the right and down, in levels of 255."""
    waves = [np.sin(x / period * 6.28 + 1), np.cos(y / period * 5.1), np.sin((x + y) / period * 4)]
    return 128 + 90 * np.stack(waves, axis=-1)


def photo_of_hills(width: int, height: int, orientation: int = 1, period: float = 40.0):
    x, y = np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5)
    stored = to_stored(np.rint(hills(x, y, period)).astype(np.uint8), orientation)
    return FullPhoto(pixels=Image.fromarray(np.ascontiguousarray(stored)), orientation=orientation)


def turned_by(degrees: float) -> np.ndarray:
    angle = np.radians(degrees)
    return np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])


def points_of(reference: Square, square: Square, width: int, height: int):
    """Where each pixel of the upright edited photo lies in the upright reference, by definition."""
    x, y = np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5)
    seen = (np.stack([x - square.x, y - square.y], axis=-1) / square.side) @ turned_by(
        square.rotation
    )
    there = (seen * reference.side) @ turned_by(reference.rotation).T
    return there[..., 0] + reference.x, there[..., 1] + reference.y


def placed_over(reference: FullPhoto, at: Square, onto: FullPhoto, square: Square) -> np.ndarray:
    """Everything of the reference over the edited photo, upright; made in two strips."""
    placed = PlacedPhoto(photo=reference, square=at, reconstruction=NOTHING)
    placement = Placement(placed, onto, square)
    width, height = onto.pixels.size
    middle = height // 3
    boxes = (0, 0, width, middle), (0, middle, width, height)
    strips = [placement.strip(box, np.ones((box[3] - box[1], width), np.float32)) for box in boxes]
    stored = np.concatenate(strips)
    return to_upright(stored, onto.orientation).astype(float)


def kept_inside(points, photo: FullPhoto, margin: float) -> np.ndarray:
    x, y = points
    inside_x = (x > margin) & (x < photo.width - margin)
    return inside_x & (y > margin) & (y < photo.height - margin)


@pytest.mark.parametrize("rotation", [0.0, 90.0, 23.0])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_reference_of_any_orientation_lies_where_its_square_says(orientation, rotation):
    reference = photo_of_hills(110, 90, orientation)
    at = Square(x=52.0, y=47.5, side=60.0, rotation=rotation + 8)
    square = Square(x=45.3, y=40.0, side=48.0, rotation=8.0)
    for onto_orientation in range(1, 9):
        onto = photo_of_hills(90, 80, onto_orientation)
        points = points_of(at, square, 90, 80)
        inside = kept_inside(points, reference, 4.0)
        error = abs(placed_over(reference, at, onto, square) - hills(*points))[inside]
        assert inside.mean() > 0.5
        assert error.max() <= 3  # three roundings, and a filter of a few pixels


@pytest.mark.parametrize("rotation", [0.0, 4.0, -130.0])
@pytest.mark.parametrize("step", [0.3, 0.97, 1.6, 2.5, 7.3])
def test_a_reference_of_any_size_is_resampled_well(step, rotation):
    """From a third as fine as the edited photo to seven times as fine."""
    width, height = round(150 * step), round(130 * step)
    reference = photo_of_hills(width, height, period=40 * max(step, 0.5))
    onto = photo_of_hills(120, 100)
    square = Square(x=60.2, y=50.7, side=64.0)
    at = Square(x=75 * step, y=65 * step, side=64 * step, rotation=rotation)
    points = points_of(at, square, 120, 100)
    inside = kept_inside(points, reference, 4 * max(step, 1.0))
    expected = hills(*points, period=40 * max(step, 0.5))
    error = abs(placed_over(reference, at, onto, square) - expected)[inside]
    assert error.max() <= 3
    assert np.sqrt(np.mean(error**2)) <= 0.8


@pytest.mark.parametrize("rotation", [0.0, 4.0])
def test_grain_finer_than_the_edited_photo_averages_instead_of_making_patterns(random, rotation):
    grain = random.normal(128, 40, (512, 512, 3)).clip(0, 255).astype(np.uint8)
    reference = FullPhoto(pixels=Image.fromarray(grain))
    onto = photo_of_hills(100, 100)
    at = Square(x=256.0, y=256.0, side=400.0, rotation=rotation)
    placed = placed_over(reference, at, onto, Square(x=50.0, y=50.0, side=100.0))
    of_blocks = 40 / 4
    assert 0.7 * of_blocks <= placed[10:90, 10:90].std() <= 1.1 * of_blocks


@pytest.mark.parametrize("rotation", [0.0, 30.0])
def test_grain_survives_turning(random, rotation):
    grain = random.normal(128, 20, (300, 300, 3)).clip(0, 255).astype(np.uint8)
    reference = FullPhoto(pixels=Image.fromarray(grain))
    at = Square(x=150.0, y=150.0, side=100.0, rotation=rotation)
    placed = placed_over(
        reference, at, photo_of_hills(100, 100), Square(x=50.0, y=50.0, side=100.0)
    )
    assert 0.75 * 20 <= placed.std() <= 1.05 * 20


def test_a_reference_in_its_own_place_is_copied_exactly(scenery):
    photo = FullPhoto(pixels=scenery(90, 70), orientation=6)
    square = Square(x=31.5, y=40.2, side=50.3, rotation=17.0)
    placed = placed_over(photo, square, photo, square)
    np.testing.assert_array_equal(placed, photo.upright_srgb())


def test_of_a_turned_reference_only_what_shows_is_resampled(scenery):
    photo, onto = (FullPhoto(pixels=scenery(*size)) for size in ((300, 300), (600, 40)))
    at = Square(x=150.0, y=150.0, side=200.0, rotation=15.0)
    placed = PlacedPhoto(photo=photo, square=at, reconstruction=NOTHING)
    placement = Placement(placed, onto, Square(x=300.0, y=20.0, side=500.0))
    everywhere = np.ones((40, 600), np.float32)
    share = everywhere * (np.arange(600) < 90)
    whole, some = (placement.strip((0, 0, 600, 40), one) for one in (everywhere, share))
    np.testing.assert_array_equal(some[:, :90], whole[:, :90])
    assert whole[:, 512:].any()
    assert not some[:, 512:].any()


@pytest.mark.parametrize("rotation", [0.0, 10.0])
def test_beyond_a_reference_its_edge_repeats(rotation):
    reference = photo_of_hills(60, 40, orientation=3)
    at = Square(x=-25.0, y=-10.0, side=100.0, rotation=rotation)
    onto, square = photo_of_hills(100, 100), Square(x=50.0, y=50.0, side=100.0)
    x, y = points_of(at, square, 100, 100)
    expected = hills(x.clip(0.5, 59.5), y.clip(0.5, 39.5))
    assert abs(placed_over(reference, at, onto, square) - expected).max() <= 4


def test_a_reference_far_outside_shows_one_corner():
    reference = photo_of_hills(60, 40)
    at = Square(x=-900.0, y=900.0, side=100.0, rotation=5.0)
    placed = placed_over(reference, at, photo_of_hills(80, 80), Square(x=40.0, y=40.0, side=80.0))
    corner = reference.upright_srgb()[-1, 0].astype(float)
    assert abs(placed - corner).max() <= 1


def test_transparent_parts_of_a_reference_are_white(scenery):
    pixels = scenery(80, 80)
    pixels.putalpha(0)
    reference = FullPhoto(pixels=pixels)
    square = Square(x=40.0, y=40.0, side=60.0)
    assert (placed_over(reference, square, reference, square) == 255).all()


@pytest.mark.parametrize("rotation", [0.0, 9.0])
@pytest.mark.parametrize("profiles", [(True, False), (False, True), (True, True)])
def test_colours_come_over_from_profile_to_profile(wide_profile, profiles, rotation):
    theirs, ours = (wide_profile if wide else None for wide in profiles)
    colour = Image.new("RGB", (60, 60), (180, 90, 60))
    reference = FullPhoto(pixels=colour, profile=theirs)
    onto = FullPhoto(pixels=colour, profile=ours)
    at = Square(x=30.0, y=30.0, side=50.0, rotation=rotation)
    placed = placed_over(reference, at, onto, Square(x=30.0, y=30.0, side=50.0))
    pixels = Image.fromarray(placed.astype(np.uint8))
    seen = FullPhoto(pixels=pixels, profile=ours).upright_srgb().astype(int)
    assert abs(seen - reference.upright_srgb().astype(int)).max() <= 2


def test_cmyk_references_are_placed_in_srgb(tmp_path):
    path = tmp_path / "print.jpg"
    Image.new("CMYK", (64, 64), (0, 200, 200, 30)).save(path, quality=95)
    reference = FullPhoto.read(path)
    square = Square(x=32.0, y=32.0, side=50.0)
    placed = placed_over(reference, square, photo_of_hills(64, 64), square)
    np.testing.assert_array_equal(placed, reference.upright_srgb())


@pytest.mark.parametrize(
    "how",
    [
        {},
        {"shift": (5, -3)},
        {"rotation": 20.0},
        {"rotation": -35.0, "scale": 1.4, "shift": (-4, 6)},
        {"scale": 0.7},
    ],
    ids=str,
)
def test_a_placed_photo_shows_what_the_model_sees_of_its_reference(how):
    """The picture cut out for the model, turned, and moved as `transplant` moves it."""
    reference = CroppedPhoto(
        photo=photo_of_hills(140, 120, orientation=5),
        square=Square(x=70.0, y=60.0, side=70.0, rotation=6.0),
    )
    mask = np.zeros((1, 1, SIZE, SIZE), np.float32)
    mask[..., 10:20, 8:22] = 1
    part = Part(reference=reference, mask=mask, **how)
    straight = part.straightened(partial(turned_crop, SIZE))
    placed = placed_photo(straight.reference, NOTHING, part.shift)

    picture = part.straightened(partial(turned_picture, SIZE)).reference
    if isinstance(picture, CroppedPhoto):  # not turned
        picture = picture.image(SIZE)
    seen = operations.move(picture, part.shift)[0].transpose(1, 2, 0) * 127.5 + 127.5
    covered = Edit(parts=(part,)).touched(SIZE)[0, 0] > 0
    assert covered.sum() > 40
    assert abs(placed.pixels(SIZE) - seen)[covered].max() <= 1.5
    preview = placed.for_previews(2 * SIZE)
    np.testing.assert_array_equal(preview.pixels(SIZE), placed.pixels(SIZE))
    np.testing.assert_array_equal(preview.pixels(2 * SIZE), placed.pixels(2 * SIZE))


def test_previews_do_not_keep_the_full_photo(scenery):
    photo = FullPhoto(pixels=scenery(300, 200))
    placed = PlacedPhoto(
        photo=photo, square=Square(x=150.0, y=100.0, side=128.0), reconstruction=NOTHING
    )
    assert placed.for_previews(64).photo.size == (64, 64)

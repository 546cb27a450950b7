"""The square is found where the thing is."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFilter

from stylemapgan.editing.photo import FullPhoto, Square, foreground_square, middle_square
from stylemapgan.errors import ImageError, MissingExtraError

WALL = (150, 152, 160)
CANVAS = (900, 600)


def on_a_wall(file: Path, side: int, left: int, top: int, arm: bool = False) -> FullPhoto:
    """Put the hand of a square photo before a wall; its arm may go on to the lower edge."""
    hand = Image.open(file).convert("RGB")
    levels = np.asarray(hand).astype(int)
    is_skin = levels[..., 0] - levels[..., 2] > 22  # redder than blue, unlike the grey behind
    mask = Image.fromarray(is_skin).convert("L").filter(ImageFilter.MedianFilter(5))
    mask = mask.resize((side, side), Image.Resampling.BICUBIC)
    hand = hand.resize((side, side), Image.Resampling.LANCZOS)
    rows, columns = np.mgrid[: CANVAS[1], : CANVAS[0]]
    light = 1.15 - ((columns / CANVAS[0] - 0.5) ** 2 + (rows / CANVAS[1] - 0.5) ** 2)
    wall = Image.fromarray((light[..., None] * WALL).clip(0, 255).astype(np.uint8))
    wall.paste(hand, (left, top), mask)
    if arm:
        wrist, length = (0, side - 1, side, side), CANVAS[1] - top - side
        longer = [part.crop(wrist).resize((side, length)) for part in (hand, mask)]
        wall.paste(longer[0], (left, top + side), longer[1])
    return FullPhoto(pixels=wall)


def test_hands_are_framed_as_their_own_photos_were(hands):
    files = sorted((hands / "val").iterdir())[::7]
    side, left = 360, 240
    found = [foreground_square(on_a_wall(file, side, left, CANVAS[1] - side)) for file in files]
    sizes = np.array([square.side / side for square in found])
    across = np.array([(square.x - left - side / 2) / side for square in found])
    down = np.array([(square.y - CANVAS[1] + side / 2) / side for square in found])
    for off in (abs(sizes - 1), abs(across), abs(down)):
        assert np.median(off) <= 0.08
        assert np.quantile(off, 0.9) <= 0.15


def test_a_long_arm_does_not_shrink_the_hand(hands):
    file = sorted((hands / "val").iterdir())[5]
    for side, top in ((250, 100), (250, 250), (300, 200)):
        photo = on_a_wall(file, side, 300, top, arm=True)
        found = foreground_square(photo)
        assert found.side == pytest.approx(side, rel=0.3)
        assert found.y == pytest.approx(top + side / 2, abs=0.15 * side)


@pytest.mark.parametrize("turns", range(4))
def test_a_thing_that_comes_in_from_any_edge_is_framed_alike(turns):
    pixels = np.full((400, 600, 3), WALL, np.uint8)
    pixels[150:300, 220:380] = (200, 120, 90)  # a fist
    pixels[300:, 280:330] = (200, 120, 90)  # and its arm
    upright = foreground_square(FullPhoto(pixels=Image.fromarray(pixels)))
    turned = foreground_square(FullPhoto(pixels=Image.fromarray(np.rot90(pixels, turns).copy())))
    x, y, width, height = upright.x, upright.y, 600, 400
    for _ in range(turns):
        x, y, width, height = y, width - x, height, width
    assert (turned.x, turned.y) == pytest.approx((x, y), abs=6)
    assert turned.side == pytest.approx(upright.side, abs=6)


def test_a_thing_in_the_open_is_centred():
    pixels = np.full((500, 800, 3), WALL, np.uint8)
    pixels[100:300, 500:650] = (60, 90, 60)
    square = foreground_square(FullPhoto(pixels=Image.fromarray(pixels)))
    assert (square.x, square.y) == pytest.approx((575, 200), abs=10)
    assert square.side == pytest.approx(200 / 0.865, rel=0.1)


def test_the_square_stays_inside_the_photo():
    pixels = np.full((300, 400, 3), WALL, np.uint8)
    pixels[10:280, 10:60] = (60, 90, 60)
    square = foreground_square(FullPhoto(pixels=Image.fromarray(pixels)))
    assert square.side <= 300
    assert square.x - square.side / 2 >= 0
    assert square.y + square.side / 2 <= 300


@pytest.mark.parametrize("kind", ["even", "gradient", "noise"])
def test_where_nothing_stands_out_the_middle_is_taken(random, kind):
    rows, columns = np.mgrid[:300, :500]
    pixels = {
        "even": np.full((300, 500, 3), 90),
        "gradient": np.stack([rows // 3, columns // 3, columns // 3], axis=-1),
        "noise": random.integers(0, 256, (300, 500, 3)),
    }[kind]
    photo = FullPhoto(pixels=Image.fromarray(pixels.astype(np.uint8)))
    assert foreground_square(photo) == middle_square(photo)
    assert middle_square(photo) == Square(x=250.0, y=150.0, side=300.0)


@pytest.mark.parametrize("size", [(1, 1), (3, 200), (5000, 2)])
def test_the_oddest_photos_have_a_square(size):
    photo = FullPhoto(pixels=Image.new("RGB", size, (9, 99, 199)))
    assert foreground_square(photo) == middle_square(photo)


def drawn_face(index: int) -> Image.Image:
    pytest.importorskip("python_avatars")
    pytest.importorskip("resvg_py")
    from stylemapgan.data.avatars.drawn_faces import draw_face
    from stylemapgan.data.avatars.rendering import render

    return Image.fromarray(render(draw_face(99, index), 256))


def test_a_face_is_found_at_its_place_and_scale():
    pytest.importorskip("cv2")
    from stylemapgan.editing.photo import face_square

    face = drawn_face(28)
    alone = face_square(FullPhoto(pixels=face))
    wall = Image.new("RGB", (1200, 900), WALL)
    wall.paste(face.resize((512, 512), Image.Resampling.LANCZOS), (500, 200))
    found = face_square(FullPhoto(pixels=wall))
    assert found.x == pytest.approx(500 + 2 * alone.x, abs=40)
    assert found.y == pytest.approx(200 + 2 * alone.y, abs=40)
    assert found.side == pytest.approx(2 * alone.side, rel=0.15)


def test_the_eyes_give_centre_side_and_rotation():
    from stylemapgan.editing.photo.faces import frame_eyes

    level = frame_eyes((40.0, 50.0), (60.0, 50.0), 2.0)
    assert level == Square(x=100.0, y=104.0, side=160.0, rotation=0.0)
    steep = frame_eyes((50.0, 40.0), (50.0, 60.0), 2.0)  # a head lying on its right ear
    assert steep.rotation == pytest.approx(90)
    assert (steep.x, steep.y) == pytest.approx((96, 100))


def test_a_photo_without_a_face_is_refused(small_photo):
    pytest.importorskip("cv2")
    from stylemapgan.editing.photo import face_square

    with pytest.raises(ImageError, match="No face was found"):
        face_square(small_photo)


def test_without_opencv_the_extra_is_named(small_photo, monkeypatch):
    from stylemapgan.editing.photo import face_square

    monkeypatch.setitem(__import__("sys").modules, "cv2", None)
    with pytest.raises(MissingExtraError, match=r"stylemapgan\[faces\]"):
        face_square(small_photo)

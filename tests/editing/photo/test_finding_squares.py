"""The square is found where the thing is."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFilter

from stylemapgan.editing.photo import FullPhoto, Square, foreground_square, middle_square
from stylemapgan.editing.photo.faces import ABOVE, Detection, largest, mean_square
from stylemapgan.editing.photo.finding_squares import find_foreground
from stylemapgan.editing.photo.square import turn
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


def reachable(mask: np.ndarray, start: tuple[int, int]) -> np.ndarray:
    """Walk from pixel to pixel."""
    seen, waiting = np.zeros_like(mask), [start]
    while waiting:
        row, column = waiting.pop()
        inside = 0 <= row < mask.shape[0] and 0 <= column < mask.shape[1]
        if inside and mask[row, column] and not seen[row, column]:
            seen[row, column] = True
            waiting += [(row + 1, column), (row - 1, column), (row, column + 1), (row, column - 1)]
    return seen


def test_of_several_things_the_largest_connected_one_is_kept(random):
    coarse = random.random((30, 40)) < 0.55  # a labyrinth of many parts
    mask = np.pad(coarse.repeat(3, axis=0).repeat(3, axis=1), 4)
    pixels = np.where(mask[..., None], (200, 40, 40), (90, 100, 110)).astype(np.uint8)
    shown = find_foreground(pixels).mask
    row, column = np.argwhere(shown)[0]
    np.testing.assert_array_equal(shown, reachable(shown, (row, column)))
    others = mask & ~shown
    while others.any():
        row, column = np.argwhere(others)[0]
        part = reachable(others, (row, column))
        assert part.sum() <= shown.sum()
        others &= ~part


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


@pytest.mark.parametrize("degrees", [-20.0, 20.0])
def test_a_face_is_found_turned(degrees):
    pytest.importorskip("cv2")
    from stylemapgan.editing.photo import face_square

    wall = Image.new("RGB", (600, 600), WALL)
    wall.paste(drawn_face(28), (172, 172))
    upright = face_square(FullPhoto(pixels=wall))
    turned = wall.rotate(-degrees, Image.Resampling.BICUBIC, fillcolor=WALL)  # clockwise
    found = face_square(FullPhoto(pixels=turned))
    assert found.rotation - upright.rotation == pytest.approx(degrees, abs=8)
    right, down = turn((upright.x - 300, upright.y - 300), degrees)
    assert (found.x, found.y) == pytest.approx((300 + right, 300 + down), abs=25)
    assert found.side == pytest.approx(upright.side, rel=0.15)


@pytest.mark.parametrize("degrees", [0.0, -12.0, 90.0])
def test_a_real_face_is_framed_as_its_aligned_portrait_is(portraits, degrees):
    pytest.importorskip("cv2")
    from stylemapgan.editing.photo import face_square

    wall = Image.new("RGB", (700, 600), WALL)
    wall.paste(Image.open(portraits[0]).resize((300, 300)), (200, 150))
    wall = wall.rotate(-degrees, Image.Resampling.BICUBIC, expand=True, fillcolor=WALL)
    found = face_square(FullPhoto(pixels=wall))
    assert found.side == pytest.approx(300, rel=0.12)
    assert (found.x, found.y) == pytest.approx((wall.width / 2, wall.height / 2), abs=12)
    assert found.rotation == pytest.approx(degrees, abs=13)


def detection(x: float, side: float, rotation: float, support: int) -> Detection:
    return Detection(x=x, y=50.0, side=side, rotation=rotation, support=support)


def test_threads_find_the_faces_that_one_finds():
    pytest.importorskip("cv2")
    from stylemapgan.editing.photo import face_square

    photos = []
    for left in (40, 140, 240):
        wall = Image.new("RGB", (560, 400), WALL)
        wall.paste(drawn_face(28), (left, 60))
        photos.append(FullPhoto(pixels=wall))
    with ThreadPoolExecutor(3) as threads:
        found = list(threads.map(face_square, photos))
    assert found == [face_square(photo) for photo in photos]
    assert len({square.x for square in found}) == 3


def test_detections_of_a_face_are_averaged_by_their_support():
    square = mean_square([detection(40.0, 80.0, 0.0, 30), detection(44.0, 20.0, 20.0, 10)])
    assert square.rotation == pytest.approx(5.0)
    assert square.side == pytest.approx(80 * (20 / 80) ** 0.25)  # the mean of logarithms
    above = ABOVE * square.side
    right, down = turn((0.0, -above), 5.0)
    assert (square.x, square.y) == pytest.approx((41 + right, 50 + down))


def test_a_lying_face_is_framed_towards_its_own_hair():
    level = mean_square([detection(40.0, 100.0, 0.0, 1)])
    assert (level.x, level.y) == pytest.approx((40, 50 - 100 * ABOVE))
    lying = mean_square([detection(40.0, 100.0, 90.0, 1)])
    assert (lying.x, lying.y) == pytest.approx((40 + 100 * ABOVE, 50))


def test_the_largest_of_the_clear_faces_is_taken():
    clear, larger, doubtful = (
        [detection(10.0, 50.0, 0.0, 100)],
        [detection(90.0, 70.0, 0.0, 60)],
        [detection(200.0, 90.0, 0.0, 49)],
    )
    assert largest([clear, larger, doubtful]) is larger
    assert largest([clear, doubtful]) is clear


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

"""Turning about a point leaves the point where it is, and turns the right way."""

import math

import numpy as np
import pytest

from stylemapgan.editing.edit_masks import middle_of, turned_mask
from stylemapgan.editing.photo import Square
from stylemapgan.editing.photo.square import turned_square


def in_photo(square: Square, size: int, x: float, y: float) -> tuple[float, float]:
    """Where a point of the model's image lies in the photo, by the definition of a square."""
    angle = math.radians(square.rotation)
    right = (x - size / 2) * square.side / size
    down = (y - size / 2) * square.side / size
    return (
        square.x + right * math.cos(angle) - down * math.sin(angle),
        square.y + right * math.sin(angle) + down * math.cos(angle),
    )


@pytest.mark.parametrize("rotation", [0.0, 30.0, -90.0, 200.0])
@pytest.mark.parametrize("scale", [1.0, 0.5, 2.0])
def test_every_point_turns_clockwise_about_the_pivot(rotation, scale):
    square = Square(x=50.0, y=40.0, side=64.0, rotation=15.0)
    pivot, angle = (10.0, 22.0), math.radians(rotation)
    turned = turned_square(square, 32, pivot, rotation, scale)
    for x, y in ((10.0, 22.0), (0.0, 0.0), (31.0, 5.0)):
        right, down = scale * (x - pivot[0]), scale * (y - pivot[1])
        there = (
            pivot[0] + right * math.cos(angle) - down * math.sin(angle),
            pivot[1] + right * math.sin(angle) + down * math.cos(angle),
        )
        assert in_photo(turned, 32, *there) == pytest.approx(in_photo(square, 32, x, y))


def test_a_mask_turns_with_its_picture():
    mask = np.zeros((1, 1, 32, 32), np.float32)
    mask[0, 0, 4:12, 20:24] = 1  # 8 high, 4 wide, about (22, 8)
    middle = middle_of(mask)
    assert middle is not None
    assert middle == (22, 8)

    turned = turned_mask(mask, middle, 90.0, 1.0)

    expected = np.zeros((32, 32))
    expected[6:10, 18:26] = 1
    np.testing.assert_allclose(turned[0, 0], expected, atol=1e-4)


def test_a_scaled_mask_covers_the_square_of_the_scale():
    mask = np.zeros((1, 1, 64, 64), np.float32)
    mask[0, 0, 24:40, 24:40] = 1
    grown = turned_mask(mask, (32.0, 32.0), 45.0, 2.0)
    assert grown.sum() == pytest.approx(4 * mask.sum(), rel=0.05)


def test_an_empty_mask_has_no_middle():
    assert middle_of(np.zeros((1, 1, 8, 8), np.float32)) is None

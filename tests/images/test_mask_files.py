"""Masks say exactly where, or why not."""

import numpy as np
import pytest
from PIL import Image

from stylemapgan import images
from stylemapgan.errors import ImageError


def test_white_takes_and_black_keeps_exactly(tmp_path):
    pixels = np.zeros((64, 64), np.uint8)
    pixels[:, 32:] = 255
    Image.fromarray(pixels).save(tmp_path / "mask.png")
    mask = images.read_mask(tmp_path / "mask.png", 16)
    assert mask.shape == (1, 1, 16, 16)
    assert mask.dtype == np.float32
    assert np.unique(mask[..., :8]).tolist() == [0]
    assert np.unique(mask[..., 8:]).tolist() == [1]


def test_shrinking_averages(tmp_path):
    pixels = np.zeros((8, 8), np.uint8)
    pixels[0, 0] = 255
    Image.fromarray(pixels).save(tmp_path / "mask.png")
    mask = images.read_mask(tmp_path / "mask.png", 4)
    np.testing.assert_allclose(mask[0, 0, 0, 0], 0.25, atol=1 / 255)
    assert np.count_nonzero(mask) == 1


def test_the_middle_square_is_taken_as_from_photos(tmp_path):
    pixels = np.zeros((10, 30), np.uint8)
    pixels[:, 10:20] = 255
    Image.fromarray(pixels).save(tmp_path / "mask.png")
    assert images.read_mask(tmp_path / "mask.png", 10).min() == 1


def test_transparent_parts_of_a_mask_keep_the_source(tmp_path):
    picture = Image.new("RGBA", (8, 8), (255, 255, 255, 0))
    picture.paste((255, 255, 255, 255), (0, 0, 4, 8))
    picture.save(tmp_path / "mask.png")
    mask = images.read_mask(tmp_path / "mask.png", 8)
    assert mask[..., :4].min() == 1
    assert mask[..., 4:].max() == 0


def test_a_black_mask_is_refused(tmp_path):
    Image.new("L", (9, 9)).save(tmp_path / "mask.png")
    with pytest.raises(ImageError, match=r"mask\.png is black everywhere"):
        images.read_mask(tmp_path / "mask.png", 8)


def test_a_box_is_one_inside_and_zero_outside():
    mask = images.box_mask((2, 3, 4, 5), 16)
    assert mask.shape == (1, 1, 16, 16)
    assert mask.sum() == 20
    assert mask[0, 0, 3:8, 2:6].min() == 1


@pytest.mark.parametrize("box", [(0, 0, 17, 1), (-1, 0, 4, 4), (10, 10, 7, 2), (0, 15, 1, 2)])
def test_boxes_outside_are_refused(box):
    with pytest.raises(ImageError, match="outside the model's image of 16x16"):
        images.box_mask(box, 16)


@pytest.mark.parametrize("box", [(0, 0, 0, 4), (3, 3, 4, -1)])
def test_empty_boxes_are_refused(box):
    with pytest.raises(ImageError, match="is empty"):
        images.box_mask(box, 16)

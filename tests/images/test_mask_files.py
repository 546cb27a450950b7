"""Masks say exactly where, or why not."""

import io

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


RAMP = np.linspace(0, 255, 64).round().astype(np.uint8).reshape(8, 8)
LEVELS = {
    "8 bits": Image.fromarray(RAMP),
    "16 bits": Image.fromarray(RAMP.astype(np.uint16) * 257),
    "palette": Image.fromarray(RAMP).convert("P"),
    "colours": Image.fromarray(np.stack([RAMP] * 3, axis=-1)),
    "alpha": Image.merge("LA", [Image.new("L", (8, 8), 255), Image.fromarray(RAMP)]),
    "grey below alpha": Image.merge("LA", [Image.fromarray(RAMP), Image.new("L", (8, 8), 255)]),
}


@pytest.mark.parametrize("kind", LEVELS)
def test_grey_levels_are_the_same_however_they_are_stored(tmp_path, kind):
    LEVELS[kind].save(tmp_path / "mask.png")
    mask = images.read_mask(tmp_path / "mask.png", 8)
    np.testing.assert_array_equal(mask[0, 0], RAMP / np.float32(255))
    from_bytes = images.read_mask((tmp_path / "mask.png").read_bytes(), 8)
    np.testing.assert_array_equal(from_bytes, mask)


def test_one_bit_is_black_or_white(tmp_path):
    Image.fromarray(RAMP > 99).save(tmp_path / "mask.png")
    mask = images.read_mask(tmp_path / "mask.png", 8)
    np.testing.assert_array_equal(mask[0, 0], RAMP > 99)


def test_a_mask_is_turned_as_its_photo(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6  # a quarter turn clockwise
    Image.fromarray(RAMP).save(tmp_path / "mask.png", exif=exif)
    mask = images.read_mask(tmp_path / "mask.png", 8)
    np.testing.assert_array_equal(mask[0, 0], np.rot90(RAMP, -1) / np.float32(255))


def test_faint_grey_of_sixteen_bits_stays_faint(tmp_path):
    Image.fromarray(np.full((8, 8), 262, np.uint16)).save(tmp_path / "mask.png")  # 0.4 %
    mask = images.read_mask(tmp_path / "mask.png", 8)
    np.testing.assert_array_equal(mask, np.float32(1 / 255))


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (RAMP > 99, "1, but white is 255.* multiply its values by 255 "),
        ((RAMP / 255).astype(np.uint8), "1, but white is 255.* multiply its values by 255 "),
        (RAMP.astype(np.uint16), "255, but white is 65535.* multiply its values by 257 "),
        ((RAMP > 99).astype(np.uint16), "1, but white is 65535.* multiply its values by 65535 "),
    ],
    ids=["ones", "cut-off-floats", "bytes-in-16-bits", "ones-in-16-bits"],
)
def test_a_mask_saved_with_another_white_is_refused(values, words):
    file = io.BytesIO()
    Image.fromarray(values if values.dtype != bool else values.astype(np.uint8)).save(file, "PNG")
    with pytest.raises(ImageError, match=f"^The mask has no value above {words}"):
        images.read_mask(file.getvalue(), 8)


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

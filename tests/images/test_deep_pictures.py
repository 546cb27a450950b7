"""Pictures of more than eight bits show what they show elsewhere, or say why not: never black."""

import struct
import zlib
from io import BytesIO

import numpy as np
import pytest
from odd_pictures import tiff
from PIL import Image

from stylemapgan import images
from stylemapgan.editing.photo import FullPhoto
from stylemapgan.errors import ImageError
from stylemapgan.images import read_pixels
from stylemapgan.images.colour import deep_levels
from stylemapgan.images.decoding import opened, unpack

RAMP = np.linspace(0, 1, 16, dtype=np.float32)[None].repeat(9, axis=0)
"""Black to white, to the right."""


def row(content: bytes) -> list[int]:
    pixels = read_pixels(content)
    assert np.ptp(pixels, axis=-1).max() == 0
    return pixels[4, :, 0].tolist()


EXPECTED = np.rint(RAMP[0] * 255).astype(int).tolist()
SIXTEEN = np.rint(RAMP * 65535)
READ = {
    "float32": tiff(RAMP.astype("<f4")),
    "float32, big-endian": tiff(RAMP.astype(">f4")),
    "float32, traces of a filter": tiff((RAMP * 1.0001 - 0.00005).astype("<f4")),
    "float32, white is zero": tiff((1 - RAMP).astype("<f4"), photometric=0),
    "16 bits": tiff(SIXTEEN.astype("<u2")),
    "16 bits, big-endian": tiff(SIXTEEN.astype(">u2")),
    "16 bits, white is zero": tiff((65535 - SIXTEEN).astype("<u2"), photometric=0),
    "8 bits": tiff(np.rint(RAMP * 255).astype("u1")),
}


@pytest.mark.parametrize("kind", READ)
def test_grey_of_any_depth_is_scaled(kind):
    np.testing.assert_allclose(row(READ[kind]), EXPECTED, atol=1)


def test_twelve_bits_are_scaled_by_their_own_white():
    numbers = np.rint(RAMP * 4095).astype(int)
    first, second = numbers[:, ::2], numbers[:, 1::2]
    packed = np.stack([first >> 4, (first & 15) << 4 | second >> 8, second & 255], axis=-1)
    content = tiff(SIXTEEN.astype("<u2"), bits=12, packed=packed.astype("u1").tobytes())
    np.testing.assert_allclose(row(content), EXPECTED, atol=1)


def test_colours_of_sixteen_bits_are_scaled():
    colours = np.stack([SIXTEEN, 65535 - SIXTEEN, SIXTEEN * 0 + 65535], axis=-1)
    for order in "<>":
        seen = read_pixels(tiff(colours.astype(f"{order}u2"), photometric=2))[4]
        np.testing.assert_allclose(seen[:, 0], EXPECTED, atol=1)
        np.testing.assert_allclose(seen[:, 1], EXPECTED[::-1], atol=1)
        assert seen[:, 2].min() == 255


def hole(value: float) -> np.ndarray:
    damaged = RAMP.astype("<f4")
    damaged[3, 5] = value
    return damaged


REFUSED = {
    "int32": (tiff(np.rint(RAMP * 255).astype("<i4")), "holds signed integers of 32 bits"),
    "int32, big-endian": (tiff(np.rint(RAMP * 9).astype(">i4")), "signed integers of 32 bits"),
    "uint32": (tiff(np.rint(RAMP * 255).astype("<u4")), "holds integers of 32 bits"),
    "int16": (tiff(np.rint(RAMP * 255).astype("<i2")), "signed integers of 16 bits"),
    "float32 to 255": (tiff((RAMP * 255).astype("<f4")), "from 0 to 255; expected 0 .black."),
    "float32 below 0": (tiff((RAMP * 2 - 1).astype("<f4")), "from -1 to 1; expected 0"),
    "NaN": (tiff(hole(np.nan)), "not finite"),
    "infinity": (tiff(hole(np.inf)), "not finite"),
    "float64": (tiff(RAMP.astype("<f8")), "a kind of TIFF that is not supported"),
    "float32 colours": (
        tiff(np.stack([RAMP] * 3, axis=-1).astype("<f4"), photometric=2),
        "a kind of TIFF that is not supported",
    ),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_numbers_without_a_known_white_are_refused_with_the_reason(kind, tmp_path):
    content, reason = REFUSED[kind]
    (tmp_path / "a.tif").write_bytes(content)
    for read in (read_pixels, images.read, lambda path: images.read_mask(path, 8)):
        with pytest.raises(ImageError, match=reason) as caught:
            read(tmp_path / "a.tif")
        assert str(caught.value).startswith(f"{tmp_path / 'a.tif'} ")
        assert "\n" not in str(caught.value)


def test_masks_of_fractions_and_of_sixteen_bits_are_no_blacker_than_those_of_eight(tmp_path):
    masks = []
    for name in ("float32", "16 bits", "8 bits"):
        (tmp_path / "mask.tif").write_bytes(READ[name])
        masks.append(images.read_mask(tmp_path / "mask.tif", 8))
        assert masks[-1].max() > 0.6
    np.testing.assert_allclose(masks[0], masks[2], atol=1 / 255)
    np.testing.assert_allclose(masks[1], masks[2], atol=1 / 255)


def test_deep_levels_keep_the_precision_of_the_file():
    for name, tolerance in {"float32": 1e-7, "16 bits": 1e-5}.items():
        with opened(READ[name]) as picture:
            unpack(picture)
            np.testing.assert_allclose(deep_levels(picture), RAMP, atol=tolerance)


def test_of_several_pages_the_first_is_read():
    pages = [Image.fromarray(np.full((8, 8), level, np.uint16)) for level in (65535, 0)]
    file = BytesIO()
    pages[0].save(file, "TIFF", save_all=True, append_images=pages[1:])
    assert np.unique(read_pixels(file.getvalue())).tolist() == [255]


@pytest.mark.parametrize("compression", ["raw", "tiff_lzw", "tiff_adobe_deflate"])
def test_compressed_deep_tiffs_are_scaled_too(compression):
    for numbers in (RAMP, SIXTEEN.astype(np.uint16)):
        file = BytesIO()
        Image.fromarray(numbers).save(file, "TIFF", compression=compression)
        np.testing.assert_allclose(row(file.getvalue()), EXPECTED, atol=1)


def test_one_transparent_level_of_a_deep_png_becomes_white():
    file = BytesIO()
    Image.fromarray(SIXTEEN.astype(np.uint16)).save(file, "PNG")
    whole = file.getvalue()
    start = whole.index(b"IDAT") - 4
    chunk = b"tRNS" + struct.pack(">H", 0)
    chunk = struct.pack(">I", 2) + chunk + struct.pack(">I", zlib.crc32(chunk))
    assert row(whole[:start] + chunk + whole[start:]) == [255, *EXPECTED[1:]]


MODES = ("1", "L", "LA", "P", "PA", "RGB", "RGBA", "RGBX", "CMYK", "LAB", "YCbCr")


@pytest.mark.parametrize("mode", MODES)
def test_every_way_to_store_colour_in_a_tiff_looks_alike(mode):
    scene = Image.new("RGB", (8, 8), "black")
    scene.paste("white", (0, 0, 4, 8))
    file = BytesIO()
    (scene.convert("P").convert("PA") if mode == "PA" else scene.convert(mode)).save(file, "TIFF")
    contents = [file.getvalue()]
    if mode == "LA":  # 2: opacity apart; 1: grey multiplied with it
        contents.append(contents[0].replace(extra_samples(2), extra_samples(1)))
        assert contents[0] != contents[1]
    for content in contents:
        pixels = FullPhoto.read(content).upright_srgb()
        np.testing.assert_array_equal(pixels, read_pixels(content))
        assert pixels[:, :4].min() >= 253
        assert pixels[:, 4:].max() <= 2


def extra_samples(kind: int) -> bytes:
    """The entry of a TIFF that says what its second channel is."""
    return struct.pack("<HHIHH", 338, 3, 1, kind, 0)

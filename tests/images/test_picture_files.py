"""Any picture is read as the sRGB image a person would see; files are written whole."""

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageCms

from stylemapgan import images
from stylemapgan.errors import ImageError, StorageError

CORNERS = np.array([[[230, 20, 20], [20, 200, 20]], [[20, 20, 220], [240, 240, 240]]], np.uint8)


def save(path: Path, picture: Image.Image, **settings) -> Path:
    picture.save(path, **settings)
    return path


def colours(path: Path, size: int | None = None) -> np.ndarray:
    """The bytes of the picture as read, height before width."""
    return images.to_bytes(images.read(path, size))[0].astype(int)


def swapped_profile() -> bytes:
    """An ICC profile whose first number means green and second red; otherwise sRGB."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    tags = 132 + 12 * np.arange(int.from_bytes(profile[128:132], "big"))
    red = next(tag for tag in tags if profile[tag : tag + 4] == b"rXYZ")
    green = next(tag for tag in tags if profile[tag : tag + 4] == b"gXYZ")
    profile[red : red + 4], profile[green : green + 4] = b"gXYZ", b"rXYZ"
    return bytes(profile)


def test_bytes_survive_the_way_to_images_and_back():
    levels = np.arange(256, dtype=np.uint8).reshape(1, 16, 16, 1).repeat(3, axis=-1)
    back = images.from_bytes(levels)

    assert back.dtype == np.float32
    assert back.min() == -1
    assert back.max() == 1
    np.testing.assert_array_equal(images.to_bytes(back), levels)


def test_to_bytes_rounds_and_clamps():
    values = np.array([-7.0, -1.0, 0.49 / 127.5 - 1, 0.51 / 127.5 - 1, 1.0, np.inf])
    image = np.broadcast_to(values, (1, 3, 1, 6))
    assert images.to_bytes(image)[0, 0, :, 0].tolist() == [0, 0, 0, 1, 255, 255]


def test_to_bytes_takes_tensors_of_any_precision_that_want_gradients():
    tensor = torch.full((2, 3, 4, 5), 0.5, dtype=torch.bfloat16, requires_grad=True)
    assert images.to_bytes(tensor).shape == (2, 4, 5, 3)
    assert np.unique(images.to_bytes(tensor)).tolist() == [191]


@pytest.mark.parametrize(
    ("broken", "reason"),
    [(np.zeros((3, 4, 4)), r"got \(3, 4, 4\)"), (np.full((1, 3, 2, 2), np.nan), "values are NaN")],
)
def test_to_bytes_explains_what_is_no_batch_of_images(broken, reason):
    with pytest.raises(ImageError, match=reason):
        images.to_bytes(broken)


@pytest.mark.parametrize("suffix", [".png", ".bmp", ".tif", ".webp"])
def test_read_returns_the_pixels_of_a_lossless_file(tmp_path, suffix):
    settings = {"lossless": True} if suffix == ".webp" else {}
    path = save(tmp_path / f"a{suffix}", Image.fromarray(CORNERS), **settings)
    image = images.read(path)
    assert image.shape == (1, 3, 2, 2)
    assert image.dtype == np.float32
    np.testing.assert_allclose(image[0, :, 0, 1], [20 / 127.5 - 1, 200 / 127.5 - 1, 20 / 127.5 - 1])
    np.testing.assert_array_equal(colours(path), CORNERS)


def test_grey_and_black_and_white_become_rgb(tmp_path):
    grey = save(tmp_path / "grey.png", Image.fromarray(np.array([[0, 77]], np.uint8)))
    bits = save(tmp_path / "bits.png", Image.fromarray(np.array([[False, True]])))
    assert colours(grey).tolist() == [[[0, 0, 0], [77, 77, 77]]]
    assert colours(bits).tolist() == [[[0, 0, 0], [255, 255, 255]]]


@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_sixteen_bit_grey_is_scaled_and_not_clipped(tmp_path, suffix):
    levels = np.array([[0, 257, 128 * 257, 65535]], np.uint16)
    path = save(tmp_path / f"deep{suffix}", Image.fromarray(levels))
    assert colours(path)[0, :, 0].tolist() == [0, 1, 128, 255]


def test_transparent_pixels_show_white_paper(tmp_path):
    pixels = np.array([[[200, 0, 0, 255], [200, 0, 0, 0], [200, 0, 0, 128]]], np.uint8)
    half_red = [228, 127, 127]  # (200, 0, 0) at 128/255 over 255
    for name in ("a.png", "a.webp"):
        settings = {"lossless": True, "exact": True} if name.endswith("webp") else {}
        path = save(tmp_path / name, Image.fromarray(pixels), **settings)
        np.testing.assert_allclose(
            colours(path)[0], [[200, 0, 0], [255, 255, 255], half_red], atol=1
        )
    grey = np.array([[[40, 255], [40, 0]]], np.uint8)
    path = save(tmp_path / "la.png", Image.fromarray(grey))
    assert colours(path)[0].tolist() == [[40, 40, 40], [255, 255, 255]]


def test_palettes_keep_their_colours_and_their_transparency(tmp_path):
    picture = Image.fromarray(np.array([[0, 1, 2]], np.uint8)).convert("P")
    picture.putpalette([10, 20, 30, 200, 100, 50, 0, 0, 0])
    solid = save(tmp_path / "solid.png", picture)
    see_through = save(tmp_path / "hole.png", picture, transparency=1)
    several = save(tmp_path / "several.png", picture, transparency=bytes([255, 0, 0]))
    assert colours(solid)[0].tolist() == [[10, 20, 30], [200, 100, 50], [0, 0, 0]]
    assert colours(see_through)[0].tolist() == [[10, 20, 30], [255, 255, 255], [0, 0, 0]]
    assert colours(several)[0].tolist() == [[10, 20, 30], [255, 255, 255], [255, 255, 255]]


def test_cmyk_becomes_rgb(tmp_path):
    inks = np.array([[[0, 0, 0, 0], [255, 0, 0, 0], [0, 0, 0, 255]]], np.uint8)
    path = save(tmp_path / "inks.tif", Image.frombytes("CMYK", (3, 1), inks.tobytes()))
    assert colours(path)[0].tolist() == [[255, 255, 255], [0, 255, 255], [0, 0, 0]]


def test_cmyk_jpegs_are_not_inverted(tmp_path):
    path = save(tmp_path / "inks.jpg", Image.new("CMYK", (16, 16), (0, 255, 255, 0)), quality=95)
    np.testing.assert_allclose(colours(path)[8, 8], [255, 0, 0], atol=4)


def test_an_icc_profile_says_what_the_numbers_mean(tmp_path):
    picture = Image.new("RGB", (4, 4), (200, 60, 10))
    plain = save(tmp_path / "plain.png", picture)
    swapped = save(tmp_path / "swapped.png", picture, icc_profile=swapped_profile())
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    same = save(tmp_path / "same.jpg", picture, icc_profile=srgb, quality=100, subsampling=0)
    assert colours(plain)[0, 0].tolist() == [200, 60, 10]
    np.testing.assert_allclose(colours(swapped)[0, 0], [60, 200, 10], atol=1)
    np.testing.assert_allclose(colours(same)[0, 0], [200, 60, 10], atol=2)


def test_transparent_pictures_obey_their_profile_too(tmp_path):
    picture = Image.new("RGBA", (4, 4), (200, 60, 10, 255))
    picture.putpixel((0, 0), (0, 0, 0, 0))
    path = save(tmp_path / "a.png", picture, icc_profile=swapped_profile())
    np.testing.assert_allclose(colours(path)[0, 0], [255, 255, 255], atol=1)
    np.testing.assert_allclose(colours(path)[1, 1], [60, 200, 10], atol=1)


@pytest.mark.parametrize("profile", [b"nonsense", swapped_profile()[:200]])
def test_a_broken_icc_profile_is_ignored(tmp_path, profile):
    path = save(tmp_path / "a.png", Image.fromarray(CORNERS), icc_profile=profile)
    np.testing.assert_array_equal(colours(path), CORNERS)


def test_a_profile_for_other_pixels_is_ignored(tmp_path):
    grey = Image.new("L", (2, 2), 90)
    path = save(tmp_path / "a.png", grey, icc_profile=swapped_profile())
    assert np.unique(colours(path)).tolist() == [90]


STORED = {
    1: lambda upright: upright,
    2: lambda upright: upright[:, ::-1],
    3: lambda upright: upright[::-1, ::-1],
    4: lambda upright: upright[::-1],
    5: lambda upright: upright.transpose(1, 0, 2),
    6: lambda upright: np.rot90(upright, 1),
    7: lambda upright: np.rot90(upright, 2).transpose(1, 0, 2),
    8: lambda upright: np.rot90(upright, -1),
}
"""EXIF orientation → how a camera that notes it stores an upright scene."""


@pytest.mark.parametrize("orientation", STORED)
@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif", ".webp"])
def test_pictures_stand_as_the_camera_was_held(tmp_path, orientation, suffix):
    upright = CORNERS.repeat(16, axis=0).repeat(24, axis=1)
    stored = Image.fromarray(np.ascontiguousarray(STORED[orientation](upright)))
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = save(tmp_path / f"a{suffix}", stored, exif=exif, quality=95)
    seen = colours(path)
    assert seen.shape == upright.shape
    np.testing.assert_allclose(seen[8::16, 12::24], CORNERS, atol=8)
    np.testing.assert_allclose(colours(path, 8)[1::5, 1::5], CORNERS, atol=8)


def test_broken_exif_data_do_not_spoil_a_picture(tmp_path):
    picture = Image.new("RGB", (16, 16), (90, 90, 90))
    path = save(
        tmp_path / "a.jpg", picture, exif=b"Exif\0\0II*\0\xff\xff\xff\xff broken", quality=95
    )
    np.testing.assert_allclose(colours(path), 90, atol=1)


def test_the_first_frame_of_an_animation_is_read(tmp_path):
    first, second = (Image.new("RGB", (6, 6), colour) for colour in ("red", "blue"))
    path = save(tmp_path / "a.gif", first, save_all=True, append_images=[second])
    assert colours(path)[3, 3].tolist() == [255, 0, 0]


@pytest.mark.parametrize("shape", [(20, 60), (60, 20)])
def test_the_middle_square_is_cut_out(tmp_path, shape):
    pixels = np.zeros((*shape, 3), np.uint8)
    top, left = (shape[0] - 20) // 2, (shape[1] - 20) // 2
    pixels[top : top + 20, left : left + 20] = 255
    path = save(tmp_path / "a.png", Image.fromarray(pixels))
    assert images.read(path, 20).shape == (1, 3, 20, 20)
    assert images.read(path, 20).min() == 1


@pytest.mark.parametrize(("suffix", "loudest"), [(".png", 1), (".jpg", 6.5)])
@pytest.mark.parametrize("cycles_per_pixel", [0.06, 0.11, 0.23, 0.26, 0.3, 0.481])
def test_waves_too_fine_for_the_small_picture_vanish(tmp_path, suffix, loudest, cycles_per_pixel):
    wave = 127.5 + 100 * np.sin(2 * np.pi * cycles_per_pixel * np.arange(1024))
    pixels = np.broadcast_to(np.rint(wave).astype(np.uint8)[:, None], (1024, 1024))
    path = save(tmp_path / f"a{suffix}", Image.fromarray(np.ascontiguousarray(pixels)), quality=95)
    rows = colours(path, 64)[4:-4, 32, 0]  # 1/16: nothing finer than 0.031 cycles a pixel fits
    assert np.abs(rows - 127.5).max() <= loudest  # of 100


@pytest.mark.parametrize("suffix", [".png", ".jpg"])
def test_waves_coarse_enough_for_the_small_picture_stay(tmp_path, suffix):
    place = np.arange(1024) + 0.5
    wave = 127.5 + 100 * np.sin(2 * np.pi * place / 128)
    pixels = np.broadcast_to(np.rint(wave).astype(np.uint8)[:, None], (1024, 1024))
    path = save(tmp_path / f"a{suffix}", Image.fromarray(np.ascontiguousarray(pixels)), quality=95)
    expected = 127.5 + 100 * np.sin(2 * np.pi * (np.arange(64) * 16 + 8) / 128)
    np.testing.assert_allclose(colours(path, 64)[4:-4, 32, 0], expected[4:-4], atol=5)


def test_a_photo_of_twelve_megapixels_is_never_decoded_whole(tmp_path):
    quarters = Image.fromarray(CORNERS).resize((4000, 3000), Image.Resampling.NEAREST)
    exif = Image.Exif()
    exif[0x0112] = 6
    path = save(tmp_path / "large.jpg", quarters, exif=exif)
    core, usual = Image.core, Image.core.get_block_size()
    core.clear_cache()
    core.reset_stats()
    core.set_block_size(2**20)
    try:
        small = colours(path, 64)
        taken = core.get_stats()
    finally:
        core.set_block_size(usual)
    megabytes = taken["allocated_blocks"] + taken["reused_blocks"]
    assert megabytes < 4000 * 3000 * 4 / 2**20 / 2
    np.testing.assert_allclose(small[16::32, 16::32], np.rot90(CORNERS, -1), atol=8)


def png_header(width: int, height: int) -> bytes:
    """A PNG file that claims a size and holds nothing."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        checksum = struct.pack(">I", zlib.crc32(kind + content))
        return struct.pack(">I", len(content)) + kind + content + checksum

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    content = chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + header + content


def jpeg_bytes(tmp_path) -> bytes:
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    return save(tmp_path / "whole.jpg", Image.fromarray(noise)).read_bytes()


def test_every_file_that_is_no_picture_gets_one_line_with_name_and_reason(tmp_path):
    whole = jpeg_bytes(tmp_path)
    cases = {
        "page.jpg": (b"\n<!DOCTYPE html><html></html>", "format not supported.*web page"),
        "text.png": (b"hello", "format not supported"),
        "drawing.png": (b"%!PS-Adobe-3.0 EPSF-3.0\n", "format not supported"),
        "nothing.jpg": (b"", "is empty"),
        "half.jpg": (whole[: len(whole) // 2], "is damaged"),
        "start.jpg": (whole[:20], "is damaged, or a kind of JPEG"),
        "bomb.png": (png_header(30000, 30000), "more than 175 million pixels"),
        "over.png": (png_header(13300, 13300), "more than 175 million pixels"),
        "hollow.png": (png_header(10000, 10000), "is damaged"),
    }
    for name, (content, reason) in cases.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(ImageError, match=reason) as caught:
            images.read(tmp_path / name, 64)
        assert str(caught.value).startswith(str(tmp_path / name))
        assert "\n" not in str(caught.value)


def test_missing_files_and_folders_are_refused(tmp_path):
    with pytest.raises(ImageError, match=r"none\.png does not exist"):
        images.read(tmp_path / "none.png")
    with pytest.raises(ImageError, match="is a folder"):
        images.read(tmp_path)


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".JPEG", ".webp"])
def test_written_pictures_read_back(tmp_path, suffix):
    ramp = np.linspace(-1, 1, 32, dtype=np.float32)
    image = np.broadcast_to(ramp, (2, 3, 32, 32))
    images.write(tmp_path / f"a{suffix}", image)
    back = images.read(tmp_path / f"a{suffix}")
    assert back.shape == (1, 3, 32, 32)
    np.testing.assert_allclose(back[0], image[0], atol=1 / 127 if suffix == ".png" else 0.06)


def test_writing_takes_tensors(tmp_path):
    images.write(str(tmp_path / "a.png"), torch.ones(1, 3, 4, 4, dtype=torch.float16))
    assert images.read(str(tmp_path / "a.png")).min() == 1


def test_writing_explains_where_it_cannot_write(tmp_path):
    image = np.zeros((1, 3, 4, 4))
    with pytest.raises(ImageError, match=r"'\.tga': use \.png"):
        images.write(tmp_path / "a.tga", image)
    with pytest.raises(ImageError, match="there is no folder"):
        images.write(tmp_path / "none" / "a.png", image)
    (tmp_path / "folder.png").mkdir()
    with pytest.raises(StorageError, match="cannot be written: it is a folder"):
        images.write(tmp_path / "folder.png", image)
    assert [path.name for path in tmp_path.iterdir()] == ["folder.png"]


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(tmp_path):
    images.write(tmp_path / "a.webp", np.zeros((1, 3, 4, 4)))
    before = (tmp_path / "a.webp").read_bytes()
    too_wide_for_webp = np.zeros((1, 3, 1, 16500))
    with pytest.raises(ImageError, match="cannot be written"):
        images.write(tmp_path / "a.webp", too_wide_for_webp)
    assert (tmp_path / "a.webp").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["a.webp"]


@pytest.mark.parametrize("suffix", [".gif", ".webp"])
def test_animations_keep_frames_colours_and_timing(tmp_path, suffix):
    frames = np.stack([np.full((3, 8, 8), level) for level in (-1.0, 0.0, 1.0)])
    images.write_animation(tmp_path / f"a{suffix}", frames, 120)
    with Image.open(tmp_path / f"a{suffix}") as animation:
        assert getattr(animation, "n_frames", 1) == 3
        assert animation.info["loop"] == 0
        levels = []
        for frame in range(3):
            animation.seek(frame)
            levels.append(np.asarray(animation.convert("L")).mean())
            assert animation.info["duration"] == 120
    np.testing.assert_allclose(levels, [0, 127.5, 255], atol=3)


def test_animations_refuse_stills_and_nothing(tmp_path):
    with pytest.raises(ImageError, match=r"use \.gif, \.webp"):
        images.write_animation(tmp_path / "a.png", np.zeros((2, 3, 4, 4)), 50)
    with pytest.raises(ImageError, match="at least one frame"):
        images.write_animation(tmp_path / "a.gif", np.zeros((0, 3, 4, 4)), 50)

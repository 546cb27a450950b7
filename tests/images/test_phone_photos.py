"""Photos as phones make them, HEIC and AVIF, are read like any other."""

import struct
from io import BytesIO

import numpy as np
import pi_heif.as_plugin
import pytest
from odd_pictures import CORNERS, SAMPLES
from PIL import ExifTags, Image

from stylemapgan import images
from stylemapgan.editing.photo import FullPhoto, Square, paste_back
from stylemapgan.errors import ImageError
from stylemapgan.images import read_pixels
from stylemapgan.images.decoding import opened

ORIENTATIONS = range(1, 9)


def shows_the_scene(pixels: np.ndarray) -> None:
    rows, columns = pixels.shape[:2]
    assert columns * 2 == rows * 3
    quarters = pixels[rows // 4 :: rows // 2, columns // 4 :: columns // 2]
    np.testing.assert_allclose(quarters.astype(int), CORNERS, atol=8)


def avif(picture: Image.Image, **settings) -> bytes:
    file = BytesIO()
    picture.save(file, "AVIF", **{"quality": 90, "subsampling": "4:4:4", "speed": 9} | settings)
    return file.getvalue()


def avif_of(orientation: int) -> bytes:
    """The scene as a camera held so stores it."""
    turn = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,  # against what makes it upright
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }.get(orientation)
    scene = Image.fromarray(CORNERS.repeat(32, axis=0).repeat(48, axis=1))
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    return avif(scene if turn is None else scene.transpose(turn), exif=exif)


def srgb_of_display_p3(colour: tuple[int, int, int]) -> np.ndarray:
    """Convert as both standards say: matrices from linear light to XYZ, one curve for both."""
    p3 = [[0.48657, 0.26567, 0.19822], [0.22897, 0.69174, 0.07929], [0, 0.04511, 1.04394]]
    srgb = [[0.41239, 0.35758, 0.18048], [0.21264, 0.71517, 0.07219], [0.01933, 0.11919, 0.95053]]
    levels = np.array(colour) / 255
    light = np.where(levels <= 0.04045, levels / 12.92, ((levels + 0.055) / 1.055) ** 2.4)
    light = np.clip(np.linalg.solve(srgb, np.array(p3) @ light), 0, 1)
    return 255 * np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)


@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_a_turned_camera_is_undone_once_and_not_twice(orientation):
    heic = (SAMPLES / f"orientation-{orientation}.heic").read_bytes()
    for content in (heic, avif_of(orientation)):
        shows_the_scene(read_pixels(content))
        photo = FullPhoto.read(content)
        assert photo.size == (96, 64)
        shows_the_scene(photo.upright_srgb())
        for written in (photo.to_bytes("jpeg"), photo.to_bytes("png")):
            shows_the_scene(read_pixels(written))


def test_exif_data_that_the_decoder_overlooks_turn_nothing(monkeypatch):
    content = (SAMPLES / "orientation-6.heic").read_bytes()
    monkeypatch.setattr(pi_heif.as_plugin, "set_orientation", lambda info: None)
    with opened(content) as picture:
        assert picture.getexif()[ExifTags.Base.Orientation] == 6
    shows_the_scene(read_pixels(content))
    shows_the_scene(read_pixels(FullPhoto.read(content).to_bytes("jpeg")))


@pytest.mark.parametrize("exif", [{}, {ExifTags.Base.Make: "Camera"}])
def test_an_xmp_packet_turns_no_avif(exif):
    notes = Image.Exif()
    notes.update(exif)
    scene = Image.fromarray(CORNERS.repeat(32, axis=0).repeat(48, axis=1))
    content = avif(scene, exif=notes, xmp=b'<x tiff:Orientation="6" tiff:Make="Camera"/>')
    shows_the_scene(read_pixels(content))
    photo = FullPhoto.read(content)
    assert photo.xmp == b'<x  tiff:Make="Camera"/>'
    shows_the_scene(read_pixels(photo.to_bytes("jpeg")))


def test_tiles_are_put_together_as_phones_store_them():
    with opened(SAMPLES / "phone.heic") as picture:
        assert picture.size == (192, 128)
        assert picture.info["icc_profile"]
    pixels = read_pixels(SAMPLES / "phone.heic", 64).astype(int)
    red, green = pixels[16, 16], pixels[16, 48]
    assert red[0] > 240  # more than sRGB can show
    assert red[1:].max() < 40
    assert green[1] > 190
    assert green[[0, 2]].max() < 40


def test_display_p3_becomes_srgb():
    plain = Image.new("RGB", (32, 32), (200, 60, 10))
    with opened(SAMPLES / "display-p3.heic") as picture:
        profile = picture.info["icc_profile"]
    expected = srgb_of_display_p3((200, 60, 10))
    for content in ((SAMPLES / "display-p3.heic").read_bytes(), avif(plain, icc_profile=profile)):
        np.testing.assert_allclose(read_pixels(content)[16, 16], expected, atol=3)
        photo = FullPhoto.read(content)
        assert photo.profile == profile
        np.testing.assert_allclose(photo.upright_srgb()[16, 16], expected, atol=3)


def test_transparent_parts_become_white_as_in_a_png():
    column = np.array([[200, 0, 0], [255, 255, 255], [228, 127, 127]])
    with opened(SAMPLES / "alpha.heic") as picture:
        same = avif(picture.convert("RGBA"))
    for content in ((SAMPLES / "alpha.heic").read_bytes(), same):
        np.testing.assert_allclose(read_pixels(content)[16, 8::16], column, atol=4)
        assert FullPhoto.read(content).pixels.mode == "RGBA"


def test_of_several_pictures_the_primary_one_is_read():
    red, green, blue = read_pixels(SAMPLES / "second-is-primary.heic")[16, 16].tolist()
    assert green > 250
    assert max(red, blue) < 5


def test_of_an_animated_avif_the_first_frame_is_read():
    blue = Image.new("RGB", (32, 32), "blue")
    content = avif(Image.new("RGB", (32, 32), "red"), save_all=True, append_images=[blue])
    np.testing.assert_allclose(read_pixels(content)[16, 16], [255, 0, 0], atol=6)


@pytest.mark.parametrize("name", ["ten-bits.heic", "ten-bits-grey.heic"])
def test_ten_bits_become_eight(name):
    ramp = read_pixels(SAMPLES / name)[16].astype(int)
    np.testing.assert_allclose(ramp[:, 1], np.linspace(0, 255, 64), atol=5)
    assert ramp[0].max() <= 3
    assert ramp[-1].min() >= 252


def test_masks_may_be_heic_too():
    mask = images.read_mask(SAMPLES / "ten-bits-grey.heic", 16)
    assert mask[..., -1].min() > 0.6
    assert mask[..., 0].max() < 0.4


def test_an_edited_heic_keeps_all_that_was_not_edited(tmp_path):
    photo = FullPhoto.read(SAMPLES / "phone.heic")
    square = Square(x=48.0, y=48.0, side=32.0)
    before = np.zeros((1, 3, 16, 16), np.float32)
    edited = paste_back(photo, square, before, before + 0.5, np.ones((1, 1, 16, 16), np.float32))
    edited.write(tmp_path / "edited.png")
    again = FullPhoto.read(tmp_path / "edited.png")
    assert again.profile == photo.profile
    was, now = np.asarray(photo.pixels), np.asarray(again.pixels)
    np.testing.assert_array_equal(was[:, 96:], now[:, 96:])
    assert (was != now).any()


@pytest.mark.parametrize("suffix", [".heic", ".HEIF", ".avif"])
def test_results_are_written_as_something_else(tmp_path, suffix):
    photo = FullPhoto.read(SAMPLES / "phone.heic")
    for write in (
        lambda path: images.write(path, np.zeros((1, 3, 4, 4))),
        photo.write,
    ):
        with pytest.raises(ImageError, match=rf"'\{suffix}': use \.png, \.jpg, \.jpeg, \.webp"):
            write(tmp_path / f"a{suffix}")
    assert not list(tmp_path.iterdir())


def claiming(content: bytes, width: int, height: int) -> bytes:
    """The same file with another size written at its head."""
    at = content.index(b"ispe") + 8
    return content[:at] + struct.pack(">II", width, height) + content[at + 8 :]


def test_files_that_claim_too_many_pixels_are_refused_unread():
    heic = (SAMPLES / "display-p3.heic").read_bytes()
    for content in (heic, avif(Image.new("RGB", (32, 32)))):
        for size in ((16_000, 16_000), (15_000, 12_000), (2**31, 2**31)):
            with pytest.raises(ImageError, match=r"million pixels|is damaged"):
                read_pixels(claiming(content, *size))


def test_files_that_hold_more_than_they_claim_are_refused():
    content = (SAMPLES / "phone.heic").read_bytes()
    with pytest.raises(ImageError, match="is damaged"):
        read_pixels(content.replace(struct.pack(">II", 64, 64), struct.pack(">II", 8, 8)))

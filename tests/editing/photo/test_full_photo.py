"""A photo keeps what its file says."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from stylemapgan import images
from stylemapgan.editing.photo import FullPhoto, Square
from stylemapgan.errors import EditError, ImageError
from stylemapgan.images.provenance import Provenance

LYING = 6
"""EXIF orientation of a camera held upright."""


def place(x: float, y: float, side: float, rotation: float = 0) -> Square:
    return Square(x=float(x), y=float(y), side=float(side), rotation=float(rotation))


def packed(picture: Image.Image, format_name: str, orientation: int = 1, **settings) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = "a camera"
    file = BytesIO()
    picture.save(file, format_name, exif=exif.tobytes(), **settings)
    return file.getvalue()


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photo_is_shown_as_images_read_shows_it(scenery, orientation):
    content = packed(scenery(60, 40), "PNG", orientation)
    photo = FullPhoto.read(content)
    seen = images.read_pixels(content)
    assert (photo.height, photo.width) == seen.shape[:2]
    np.testing.assert_array_equal(photo.upright_srgb(), seen)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_crop_shows_the_same_place_in_every_layout(scenery, orientation):
    content = packed(scenery(120, 80), "PNG", orientation)
    photo = FullPhoto.read(content)
    crop = photo.crop_pixels(place(30, 40, 20), 20)
    np.testing.assert_array_equal(crop, images.read_pixels(content)[30:50, 20:40])


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_a_photo_of_the_models_size_is_seen_as_it_is(scenery, mode):
    picture = scenery(32, 32).convert(mode)
    if mode == "RGBA":
        picture.putalpha(picture.getchannel("R"))
    content = packed(picture, "PNG")
    crop = FullPhoto.read(content).crop_pixels(place(16, 16, 32), 32)
    np.testing.assert_array_equal(crop, images.read_pixels(content))


def test_a_shrunk_crop_is_what_images_read_makes_of_the_middle(scenery):
    content = packed(scenery(900, 640), "PNG", LYING)
    photo = FullPhoto.read(content)
    middle = place(photo.width / 2, photo.height / 2, 640)
    crop = photo.crop_pixels(middle, 32).astype(int)
    assert abs(crop - images.read_pixels(content, 32)).max() <= 2


def test_a_turned_crop_follows_the_rotation():
    pixels = np.zeros((200, 200, 3), np.uint8)
    pixels[100:, 100:] = 255  # towards the lower right
    photo = FullPhoto(pixels=Image.fromarray(pixels))
    crop = photo.crop_pixels(place(100, 100, 100, 45), 32)
    assert crop[16, 30].tolist() == [255] * 3  # turned clockwise, that is to the right
    assert crop[2, 16].tolist() == crop[30, 16].tolist() == [0] * 3


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_turned_crop_is_the_same_in_every_layout(scenery, orientation):
    photo = FullPhoto.read(packed(scenery(120, 80), "PNG", orientation))
    upright = FullPhoto(pixels=Image.fromarray(photo.upright_srgb()))
    square = place(33, 41, 37, 20)
    one, other = (each.crop_pixels(square, 64).astype(int) for each in (photo, upright))
    assert abs(one - other).max() <= 2


def test_beyond_the_photo_its_edge_repeats(scenery):
    photo = FullPhoto(pixels=scenery(40, 30))
    crop = photo.crop_pixels(place(0, 15, 20), 20)
    np.testing.assert_array_equal(crop[:, :10], np.repeat(crop[:, 10:11], 10, axis=1))


def test_a_square_outside_the_photo_is_refused(small_photo):
    with pytest.raises(EditError, match="around 900,100 lies outside the photo of 300x200"):
        small_photo.crop(place(900, 100, 50), 16)


@pytest.mark.parametrize(
    "values", [{"side": 0.5}, {"side": 2e6}, {"side": float("nan")}, {"x": float("inf")}]
)
def test_a_square_of_no_size_or_place_is_refused(values):
    with pytest.raises(EditError, match="square"):
        Square(**{"x": 1.0, "y": 1.0, "side": 5.0, **values})


def test_the_finest_stripes_shrink_to_grey_rather_than_to_waves():
    columns = np.where(np.arange(1000) % 3 == 0, 255, 0).astype(np.uint8)
    stripes = Image.fromarray(np.tile(columns[None, :, None], (1000, 1, 3)))
    photo = FullPhoto(pixels=stripes)
    for rotation in (0, 10):
        square = place(500, 500, 700, rotation)
        crop = photo.crop_pixels(square, 32).astype(int)
        assert np.ptp(crop) <= 8
        assert abs(crop.mean() - 85) <= 2


def test_png_keeps_pixels_notes_and_profile(scenery, wide_profile):
    content = packed(scenery(90, 70), "JPEG", LYING, icc_profile=wide_profile)
    photo = FullPhoto.read(content)
    again = Image.open(BytesIO(photo.to_bytes("png")))
    original = Image.open(BytesIO(content))
    np.testing.assert_array_equal(np.asarray(again), np.asarray(original))
    assert again.info["icc_profile"] == wide_profile
    assert again.getexif()[0x0112] == LYING
    assert again.getexif()[0x010F] == "a camera"


@pytest.mark.parametrize("format_name", ["jpeg", "webp", "png"])
def test_every_format_keeps_notes_and_profile(scenery, wide_profile, format_name):
    content = packed(scenery(90, 70), "PNG", LYING, icc_profile=wide_profile)
    again = FullPhoto.read(FullPhoto.read(content).to_bytes(format_name))
    assert (again.orientation, again.profile) == (LYING, wide_profile)
    assert again.size == (70, 90)
    shown = again.upright_srgb().astype(int)
    assert abs(shown - FullPhoto.read(content).upright_srgb()).mean() < 4


def test_a_provenance_reaches_the_file_beside_the_rest(small_photo):
    content = small_photo.to_bytes("jpeg", Provenance(model="hands-64", settings={}))
    assert b"compositeWithTrainedAlgorithmicMedia" in content


def test_colours_of_a_wide_profile_become_srgb_for_the_model(wide_profile):
    pixels = Image.new("RGB", (40, 40), (150, 120, 100))
    photo = FullPhoto(pixels=pixels, profile=wide_profile)
    red, green, blue = photo.upright_srgb()[0, 0].tolist()
    # By hand: linear = level**2.2, through the two sets of primaries, then the sRGB curve.
    assert (red, green, blue) == pytest.approx((160, 120, 99), abs=3)


def test_transparency_stays_and_looks_white_to_the_model():
    pixels = Image.new("RGBA", (40, 40), (200, 0, 0, 0))
    photo = FullPhoto.read(packed(pixels, "PNG"))
    assert photo.crop_pixels(place(20, 20, 40), 8).min() == 255
    again = Image.open(BytesIO(photo.to_bytes("png")))
    assert again.getpixel((5, 5)) == (200, 0, 0, 0)
    assert Image.open(BytesIO(photo.to_bytes("jpeg"))).mode == "RGB"


def test_half_transparent_grey_and_palettes_are_mixed_with_white_once():
    levels = np.full((4, 4, 2), 128, np.uint8)
    levels[..., 0] = 40
    palette = Image.fromarray(levels[..., 0]).convert("P")
    for content in (
        packed(Image.fromarray(levels), "PNG"),
        packed(palette, "PNG", transparency=bytes([128] * 256)),
    ):
        photo = FullPhoto.read(content)
        assert photo.pixels.getpixel((1, 1)) == (40, 40, 40, 128)
        np.testing.assert_array_equal(photo.upright_srgb(), images.read_pixels(content))


@pytest.mark.parametrize("mode", ["L", "P", "CMYK", "1", "LA", "I;16"])
def test_other_kinds_of_pixels_become_srgb(scenery, mode):
    picture = scenery(50, 40)
    if mode == "I;16":
        picture = Image.fromarray(np.asarray(picture.convert("L")).astype(np.uint16) * 257)
    else:
        picture = picture.convert(mode)
    content = packed(picture, "TIFF" if mode == "CMYK" else "PNG")
    photo = FullPhoto.read(content)
    assert photo.pixels.mode == ("RGBA" if mode == "LA" else "RGB")
    np.testing.assert_array_equal(photo.upright_srgb(), images.read_pixels(content))


def test_converted_pixels_lose_the_profile_that_no_longer_holds(scenery, wide_profile):
    grey = packed(scenery(50, 40).convert("L"), "PNG", icc_profile=wide_profile)
    photo = FullPhoto.read(grey)
    assert photo.profile is None
    assert "icc_profile" not in Image.open(BytesIO(photo.to_bytes("png"))).info


def test_a_tiff_is_shown_as_images_read_shows_it(scenery):
    content = packed(scenery(60, 40), "TIFF", LYING)
    photo = FullPhoto.read(content)
    assert photo.size == (40, 60)
    np.testing.assert_array_equal(photo.upright_srgb(), images.read_pixels(content))
    again = FullPhoto.read(photo.to_bytes("png"))
    np.testing.assert_array_equal(again.upright_srgb(), photo.upright_srgb())


def test_a_broken_profile_is_kept_and_means_srgb(scenery):
    photo = FullPhoto.read(packed(scenery(30, 20), "PNG", icc_profile=b"nonsense"))
    assert photo.profile == b"nonsense"
    np.testing.assert_array_equal(photo.upright_srgb(), np.asarray(photo.pixels))


def test_a_preview_has_the_length_asked_for(small_photo):
    assert small_photo.upright_srgb(60).shape == (40, 60, 3)
    assert small_photo.upright_srgb(1000).shape == (200, 300, 3)


def test_writing_needs_a_known_suffix_and_a_folder(small_photo, tmp_path):
    with pytest.raises(ImageError, match=r"'\.gif': use \.png, \.jpg, \.jpeg, \.webp"):
        small_photo.write(tmp_path / "photo.gif")
    with pytest.raises(ImageError, match=r"there is no folder"):
        small_photo.write(tmp_path / "none" / "photo.png")
    small_photo.write(tmp_path / "photo.webp")
    assert [path.name for path in tmp_path.iterdir()] == ["photo.webp"]


def test_too_many_pixels_for_a_format_take_one_line(scenery):
    photo = FullPhoto(pixels=scenery(16_400, 2))
    with pytest.raises(ImageError, match="16400x2 pixels cannot become a WEBP file"):
        photo.to_bytes("webp")


def test_no_picture_is_refused():
    with pytest.raises(ImageError, match="The picture: format not supported"):
        FullPhoto.read(b"hello")

"""Maps of parts are found beside photos, and follow them."""

import zipfile

import numpy as np
import pytest
from PIL import Image

from stylemapgan.data import open_photos
from stylemapgan.data.label_maps import LabelMapSet, open_label_maps, part_names_beside
from stylemapgan.errors import DataError
from stylemapgan.types import WHOLE

NAMES = ("a.png", "b.png", "deeper/c.png")


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))


@pytest.fixture
def folder(tmp_path):
    """Three photos, each with a bright square where its map says 1."""
    for number, name in enumerate(NAMES):
        photo, labels = tmp_path / "train" / name, tmp_path / "labels" / "train" / name
        for path in (photo, labels):
            path.parent.mkdir(parents=True, exist_ok=True)
        numbers = np.zeros((16, 16), np.uint8)
        numbers[2 : 6 + 2 * number, 2:10] = 1
        Image.fromarray(255 * numbers).convert("RGB").save(photo)
        Image.fromarray(numbers).save(labels)
    (tmp_path / "labels" / "parts.txt").write_text("wall\nwindow\n")
    return tmp_path / "train"


def opened(folder, size=16) -> LabelMapSet:
    return open_label_maps(folder, open_photos(folder, size))


def bright(photos: np.ndarray) -> np.ndarray:
    return (photos[:, 0] > 0).astype(np.uint8)


def test_each_photo_has_its_own_map(folder):
    photos = open_photos(folder, 16)
    maps = open_label_maps(folder, photos)
    assert maps.parts == ("wall", "window")
    assert maps.maps.dtype == np.uint8
    np.testing.assert_array_equal(maps.take(np.arange(3)), bright(photos.take(np.arange(3))))


def test_batches_hold_the_maps_of_the_photos_in_batches(folder):
    photos = open_photos(folder, 16)
    maps = open_label_maps(folder, photos)
    for share in (WHOLE, *WHOLE.split(2)):
        for images_seen in (0, 4, 8):
            seen = photos.batch(images_seen, 4, share, 5)
            np.testing.assert_array_equal(maps.batch(images_seen, 4, share, 5), bright(seen))


def test_maps_are_cut_and_resized_as_their_photos(folder):
    wide = np.zeros((16, 40), np.uint8)
    wide[4:12, 16:24] = 1
    Image.fromarray(255 * wide).convert("RGB").save(folder / "a.png")
    Image.fromarray(wide.repeat(2, 0).repeat(2, 1)).save(folder.parent / "labels/train/a.png")
    photos = open_photos(folder, 8)
    maps = open_label_maps(folder, photos)
    np.testing.assert_array_equal(maps.maps[0], bright(photos.take(np.array([0])))[0])


def test_photos_that_cannot_be_used_need_no_map(folder):
    (folder / "broken.png").write_bytes(b"no picture")
    assert len(opened(folder).maps) == 3


def test_a_map_of_a_turned_photo_is_as_the_photo_is_shown(folder):
    exif = Image.Exif()
    exif[274] = 6
    shown = np.zeros((20, 10), np.uint8)
    Image.fromarray(np.zeros((10, 20, 3), np.uint8)).save(folder / "d.jpg", exif=exif)
    Image.fromarray(shown).save(folder.parent / "labels/train/d.png")
    assert len(opened(folder, 8).maps) == 4


def test_a_missing_map_is_named(folder):
    (folder.parent / "labels/train/b.png").unlink()
    with pytest.raises(DataError, match=r"no map of parts at .*b\.png: each photo needs one"):
        opened(folder)


def test_a_map_of_another_shape_is_refused(folder):
    Image.fromarray(np.zeros((16, 12), np.uint8)).save(folder.parent / "labels/train/b.png")
    with pytest.raises(DataError, match=r"has 12x16 pixels, but its photo 16x16"):
        opened(folder)


def test_a_number_without_a_name_is_refused(folder):
    Image.fromarray(np.full((16, 16), 2, np.uint8)).save(folder.parent / "labels/train/b.png")
    with pytest.raises(DataError, match=r"holds the number 2, but 2 parts .* from 0 to 1"):
        opened(folder)


def test_photos_without_named_parts_are_refused(folder):
    (folder.parent / "labels" / "parts.txt").unlink()
    with pytest.raises(DataError, match=r"There is no .*parts\.txt that names the parts"):
        part_names_beside(folder)


def test_avatars_name_their_parts_themselves(folder):
    (folder.parent / "labels" / "parts.txt").unlink()
    (folder.parent / "avatars.json").write_text("{}")
    assert part_names_beside(folder)[:2] == ("background", "face")


def test_maps_are_found_beside_folders_only(folder, tmp_path):
    archive = tmp_path / "photos.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.write(folder / "a.png", "a.png")
    with pytest.raises(DataError, match="beside a folder of photos, not beside the zip archive"):
        part_names_beside(archive)

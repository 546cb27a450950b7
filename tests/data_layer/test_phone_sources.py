"""Photos as phones make them, and deep TIFFs, are found and read wherever pictures are kept."""

import csv
import io
from pathlib import Path

import numpy as np
import pytest
from picture_sources import Pictures, write_folder, write_lmdb, write_tar, write_zip
from PIL import Image

from stylemapgan.data import open_photos
from stylemapgan.data.preparing import PrepareConfig, prepare
from stylemapgan.images import read_pixels
from stylemapgan.zoo import pictures_in

SIZE = 16
HEIC = (Path(__file__).parent.parent / "data" / "pictures" / "phone.heic").read_bytes()
RAMP = np.linspace(0, 1, 64, dtype=np.float32)[None].repeat(48, axis=0)


def saved(picture: Image.Image, format_name: str, **settings) -> bytes:
    file = io.BytesIO()
    picture.save(file, format_name, **settings)
    return file.getvalue()


GREY = Image.fromarray(np.rint(RAMP * 255).astype(np.uint8))
GOOD: Pictures = {
    "a/IMG_0001.HEIC": HEIC,
    "a/IMG_0002.heif": HEIC,
    "b/IMG_0003.hif": HEIC,
    "b/android.avif": saved(GREY.convert("RGB"), "AVIF", quality=95),
    "b/float.tif": saved(Image.fromarray(RAMP), "TIFF"),
    "b/plain.png": saved(GREY, "PNG"),
    "b/sixteen.tiff": saved(Image.fromarray(np.rint(RAMP * 65535).astype(np.uint16)), "TIFF"),
}
BAD: Pictures = {
    "c/1-integers.tif": saved(Image.fromarray(np.rint(RAMP * 9).astype(np.int32)), "TIFF"),
    "c/2-wide.tif": saved(Image.fromarray(RAMP * 255), "TIFF"),
    "c/3-cut.heic": HEIC[:300],
}
PLACES = ("folder", "photos.zip", "photos.tar", "lmdb", "shards")


def kept_in(place: str, tmp_path: Path) -> str:
    everything = GOOD | BAD
    if place == "folder":
        return str(write_folder(tmp_path / place, everything))
    if place == "photos.zip":
        return str(write_zip(tmp_path / place, everything))
    if place == "photos.tar":
        return str(write_tar(tmp_path / place, everything))
    if place == "lmdb":
        values = {f"16-{index:05d}": each for index, each in enumerate(everything.values())}
        return str(write_lmdb(tmp_path / place, values | {"length": b"%d" % len(everything)}))
    return str(write_tar(tmp_path / "shards" / "s-000.tar", everything).parent)


@pytest.mark.parametrize("place", PLACES)
def test_training_reads_them_from(place, tmp_path):
    if place == "lmdb":
        pytest.importorskip("lmdb")
    photos = open_photos(kept_in(place, tmp_path), SIZE, cache=tmp_path / "cache")
    assert len(photos) == len(GOOD)
    for content, pixels in zip(GOOD.values(), photos.pixels, strict=True):
        np.testing.assert_array_equal(pixels, read_pixels(content, SIZE))
        assert pixels.max() > 200
    plain = photos.pixels[list(GOOD).index("b/plain.png")].astype(int)
    for other in ("b/float.tif", "b/sixteen.tiff", "b/android.avif"):
        np.testing.assert_allclose(photos.pixels[list(GOOD).index(other)], plain, atol=3)
    reasons = [skipped.reason for skipped in photos.skipped]
    assert "holds signed integers of 32 bits" in reasons[0]
    assert "holds numbers from 0 to 255" in reasons[1]
    assert "is damaged" in reasons[2]


def test_prepare_takes_them_and_lists_the_others_with_the_reason(tmp_path):
    place = kept_in("folder", tmp_path)
    (tmp_path / "folder" / "raw.cr3").write_bytes(b"a camera's own")
    settings = PrepareConfig(size=SIZE, validation=0.0)
    made = prepare(place, tmp_path / "out", settings, workers=1)
    assert made.parts["train"] == len(GOOD)
    assert made.found == len(GOOD) + len(BAD) + 1
    with (tmp_path / "out" / "skipped.csv").open(encoding="utf-8") as file:
        reasons = {row["file"]: row["reason"] for row in csv.DictReader(file)}
    assert reasons.keys() == BAD.keys() | {"raw.cr3"}
    assert reasons["raw.cr3"].startswith("format not supported in folders (JPEG, PNG")
    for path in (tmp_path / "out" / "train").rglob("*.png"):
        assert read_pixels(path).max() > 200


def test_commands_that_take_a_folder_of_pictures_find_them(tmp_path):
    folder = write_folder(tmp_path / "folder", {Path(name).name: GOOD[name] for name in GOOD})
    assert [path.name for path in pictures_in(folder)] == sorted(Path(name).name for name in GOOD)

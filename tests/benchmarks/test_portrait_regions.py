"""Maps of parts for portraits follow the landmarks, and are found by training and evaluation."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from stylemapgan.data import open_photos
from stylemapgan.data.label_maps import open_label_maps
from stylemapgan.errors import DataError

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def _surroundings(monkeypatch, tmp_path_factory) -> None:
    monkeypatch.syspath_prepend(ROOT)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))


def round_face() -> np.ndarray:
    """Landmarks on circles: the parts of the mesh in their places."""
    from benchmarks.rivals import regions

    circles = (
        (regions.OVAL, 256, 256, 200),
        (regions.LEFT_EYE, 176, 220, 30),
        (regions.RIGHT_EYE, 336, 220, 30),
        (regions.LEFT_BROW, 176, 160, 16),
        (regions.RIGHT_BROW, 336, 160, 16),
        (regions.NOSE, 256, 290, 30),
        (regions.LIPS, 256, 390, 40),
    )
    points = np.zeros((468, 2), np.float32)
    for outline, x, y, radius in circles:
        angles = np.linspace(0, 2 * np.pi, len(outline), endpoint=False)
        points[list(outline), 0] = x + radius * np.cos(angles)
        points[list(outline), 1] = y + radius * np.sin(angles)
    return points


def test_each_part_is_where_its_landmarks_are_and_as_large():
    from benchmarks.rivals.regions import PARTS, draw_regions

    numbers = draw_regions(round_face(), 128)
    names = list(PARTS)
    at = {(4, 4): "background", (64, 64): "face", (55, 44): "eyes", (55, 84): "eyes"}
    at |= {(40, 44): "brows", (40, 84): "brows", (72, 64): "nose", (97, 64): "mouth"}
    for (row, column), part in at.items():
        assert names[numbers[row, column]] == part
    for part, radius, count in (("eyes", 30, 2), ("nose", 30, 1), ("mouth", 40, 1)):
        area = (numbers == names.index(part)).sum() * 16  # pixels of a 512-pixel picture
        assert area == pytest.approx(count * np.pi * radius**2, rel=0.1)


def test_maps_of_portraits_are_found_beside_them(tmp_path):
    from benchmarks.rivals.regions import PARTS, write_regions

    for split in ("train", "val"):
        (tmp_path / split).mkdir()
        Image.new("RGB", (512, 512)).save(tmp_path / split / f"{split}_face.jpg")
    np.savez(tmp_path / "landmarks.npz", train_face=round_face(), val_face=round_face())
    assert write_regions(tmp_path, tmp_path, 64) == 2
    for split in ("train", "val"):
        maps = open_label_maps(tmp_path / split, open_photos(tmp_path / split, 32))
        assert maps.parts == tuple(PARTS)
        assert set(np.unique(maps.maps)) == set(range(len(PARTS)))


def test_what_has_no_landmarks_or_does_not_fit_is_refused(tmp_path):
    from benchmarks.rivals.regions import write_regions

    (tmp_path / "train").mkdir()
    Image.new("RGB", (512, 512)).save(tmp_path / "train" / "other.jpg")
    np.savez(tmp_path / "landmarks.npz", face=round_face())
    with pytest.raises(DataError, match=r"no landmarks of .*other\.jpg"):
        write_regions(tmp_path, tmp_path, 64)
    with pytest.raises(DataError, match="must divide 512 pixels, got 100"):
        write_regions(tmp_path, tmp_path, 100)

"""The data of an evaluation is found, and lined up with what is known of it."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from stylemapgan.errors import DataError
from stylemapgan.evaluation.data import open_test_data


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))


def paint(path: Path, level: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.full((8, 8, 3), level, np.uint8)).save(path)


def split_folder(folder: Path) -> Path:
    for index in range(6):
        paint(folder / "train" / f"{index}.png", index)
    for index in range(4):
        paint(folder / "val" / f"{index}.png", 100 + index)
    return folder


def level(image: np.ndarray) -> int:
    return round(float((image[0, 0, 0] + 1) * 127.5))


def test_photos_of_val_are_tested_and_those_of_train_are_the_likeness(tmp_path):
    data = open_test_data(split_folder(tmp_path), 8)
    assert data.names == ("0.png", "1.png", "2.png", "3.png")
    assert [level(image) for image in data.images(slice(1, 3))] == [101, 102]
    assert len(data.likeness) == 6


def test_a_plain_folder_is_its_own_likeness(tmp_path):
    for index in range(3):
        paint(tmp_path / f"{index}.png", index)
    data = open_test_data(tmp_path, 8)
    assert data.training is None
    assert data.likeness is data.photos
    assert data.attributes == {}
    assert data.part_names == ()
    assert data.triples == ()


def test_fewer_photos_are_spread_over_all(tmp_path):
    data = open_test_data(split_folder(tmp_path), 8, most=2)
    assert data.names == ("0.png", "3.png")
    assert [level(image) for image in data.images(np.array([1]))] == [103]


def test_attributes_of_a_table_line_up_with_photos_whatever_their_order(tmp_path):
    folder = split_folder(tmp_path)
    lines = [{"file": f"val/{index}.png", "hair": f"hair{index}"} for index in (3, 1, 0)]
    lines.append({"file": "train/5.png", "hair": "long"})
    (folder / "attributes.jsonl").write_text("\n".join(map(json.dumps, lines)))
    data = open_test_data(folder, 8)
    assert data.attributes == {"hair": ("hair0", "hair1", "", "hair3")}
    assert data.training_attributes == {"hair": ("", "", "", "", "", "long")}


def test_a_table_of_labels_may_say_the_split_in_a_column(tmp_path):
    folder = split_folder(tmp_path)
    (folder / "labels.csv").write_text(
        "split,file,participant,digit\nval,2.png,7,five\ntrain,2.png,8,one\n"
    )
    data = open_test_data(folder, 8)
    assert data.attributes == {"digit": ("", "", "five", "")}
    assert data.training_attributes["digit"][2] == "one"


def test_maps_of_parts_come_in_the_photos_order(tmp_path):
    folder = split_folder(tmp_path)
    (folder / "labels" / "val").mkdir(parents=True)
    (folder / "labels" / "parts.txt").write_text("wall\nhand\n")
    for index in range(4):
        values = np.zeros((8, 8), np.uint8)
        values[index] = 1
        Image.fromarray(values).save(folder / "labels" / "val" / f"{index}.png")
    data = open_test_data(folder, 8)
    assert data.part_names == ("wall", "hand")
    maps = data.part_maps(slice(1, 3))
    assert [int(each.argmax(axis=0)[0]) for each in maps] == [1, 2]
    (folder / "labels" / "val" / "3.png").unlink()
    with pytest.raises(DataError, match="no map of parts"):
        data.part_maps(np.array([3]))


def test_maps_of_parts_are_cut_and_resized_as_their_photos(tmp_path):
    folder = tmp_path / "wide"
    (folder / "labels" / "val").mkdir(parents=True)
    (folder / "labels" / "parts.txt").write_text("wall\nhand")
    (folder / "val").mkdir()
    painted = np.zeros((16, 40), np.uint8)
    painted[:, :20] = 1  # the left half
    Image.fromarray(painted * 255).convert("RGB").save(folder / "val" / "0.png")
    Image.fromarray(painted).save(folder / "labels" / "val" / "0.png")
    data = open_test_data(folder, 8)
    (seen,), (photo,) = data.part_maps(slice(0, 1)), data.images(slice(0, 1))
    np.testing.assert_array_equal(seen, photo[0] > 0)
    Image.fromarray(painted).convert("RGB").save(folder / "labels" / "val" / "0.png")
    with pytest.raises(DataError, match="one number for each pixel"):
        data.part_maps(slice(0, 1))


def test_maps_of_parts_are_numbers_and_not_colours(tmp_path):
    folder = split_folder(tmp_path)
    maps = folder / "labels" / "val"
    maps.mkdir(parents=True)
    numbers = np.arange(64, dtype=np.uint8).reshape(8, 8) % 7
    palette = Image.fromarray(numbers)
    palette.putpalette([250, 200, 150] * 7)
    palette.save(maps / "0.png")
    Image.fromarray(numbers.astype(np.uint16)).save(maps / "1.png")
    Image.fromarray(numbers.astype(np.uint16) * 256).save(maps / "2.png")
    paint(maps / "3.png", 1)
    data = open_test_data(folder, 8)
    for each in data.part_maps(slice(0, 2)):
        np.testing.assert_array_equal(each, numbers)
    for row, reason in ((2, "holds numbers from 0 to 1536"), (3, "holds colours")):
        with pytest.raises(DataError, match=reason):
            data.part_maps(np.array([row]))
    (maps / "3.png").write_bytes(b"hello")
    with pytest.raises(DataError, match=r"3\.png: format not supported"):
        data.part_maps(np.array([3]))


def test_triples_are_listed_with_their_attributes(tmp_path):
    folder = split_folder(tmp_path)
    (folder / "triples").mkdir()
    told = {"folder": "000000", "part": "hair", "source": {"hair": "a"}, "reference": {"hair": "b"}}
    (folder / "triples" / "triples.jsonl").write_text(json.dumps(told) + "\n")
    (triple,) = open_test_data(folder, 8).triples
    assert triple.folder == folder / "triples" / "000000"
    assert (triple.part, triple.source["hair"], triple.reference["hair"]) == ("hair", "a", "b")


def test_a_missing_folder_is_refused(tmp_path):
    with pytest.raises(DataError, match="There is no folder"):
        open_test_data(tmp_path / "nowhere", 8)

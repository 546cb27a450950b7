"""Folders of avatars: the same bytes however they come about."""

import json
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from stylemapgan.data.avatars import (
    AvatarConfig,
    Face,
    draw_face,
    draw_triple,
    label_map,
    render,
    swap,
    write_folder,
)
from stylemapgan.errors import ConfigError, DataError

SETTINGS = AvatarConfig(count=24, size=32, seed=3, validation_share=0.25, triples=4)
RUN_UNTIL_KILLED = """
from pathlib import Path
from stylemapgan.data.avatars import AvatarConfig, write_folder
if __name__ == "__main__":
    settings = AvatarConfig(count=24, size=32, seed=3, validation_share=0.25, triples=4)
    write_folder(Path("avatars"), settings, workers=2)
"""


@pytest.fixture(scope="module")
def finished(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("finished") / "avatars"
    write_folder(folder, SETTINGS)
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def read(path: Path) -> np.ndarray:
    with Image.open(path) as picture:
        return np.array(picture)


def test_pictures_and_maps_are_those_of_the_numbered_faces(finished):
    for index in range(SETTINGS.count):
        face = draw_face(SETTINGS.seed, index)
        place = f"{'train' if index < 18 else 'val'}/{index:06d}.png"
        np.testing.assert_array_equal(read(finished / place), render(face, 32))
        np.testing.assert_array_equal(read(finished / "labels" / place), label_map(face, 32))
    assert len(list((finished / "train").iterdir())) == 18
    assert len(list((finished / "val").iterdir())) == 6


def test_attributes_name_the_file_and_rebuild_its_face(finished):
    lines = (finished / "attributes.jsonl").read_text("utf-8").splitlines()
    assert len(lines) == SETTINGS.count
    for index, line in enumerate(lines):
        attributes = json.loads(line)
        assert Path(attributes.pop("file")).stem == f"{index:06d}"
        assert Face(**attributes) == draw_face(SETTINGS.seed, index)


def test_triples_come_with_pictures_mask_and_part(finished):
    lines = (finished / "triples" / "triples.jsonl").read_text("utf-8").splitlines()
    assert len(lines) == SETTINGS.triples
    for index, line in enumerate(lines):
        told, triple = json.loads(line), draw_triple(SETTINGS.seed, index, 32)
        place = finished / "triples" / told["folder"]
        np.testing.assert_array_equal(read(place / "source.png"), triple.source_pixels)
        np.testing.assert_array_equal(read(place / "reference.png"), triple.reference_pixels)
        np.testing.assert_array_equal(read(place / "truth.png"), triple.truth_pixels)
        np.testing.assert_array_equal(read(place / "mask.png"), np.where(triple.mask, 255, 0))
        assert told["part"] == triple.part
        assert told["pixels_that_differ"] == triple.mask.sum()
        assert Face(**told["source"]) == triple.source
        assert Face(**told["reference"]) == triple.reference


def test_triples_come_with_the_parts_of_their_pictures(finished):
    for index in range(SETTINGS.triples):
        triple, place = draw_triple(SETTINGS.seed, index, 32), finished / f"triples/{index:06d}"
        for name, face in (
            ("source", triple.source),
            ("reference", triple.reference),
            ("truth", swap(triple.source, triple.reference, triple.part)),
        ):
            with Image.open(place / f"{name}-parts.png") as picture:
                np.testing.assert_array_equal(np.asarray(picture), label_map(face, 32))


def test_triples_drawn_before_there_were_maps_get_them_and_keep_their_pictures(finished, tmp_path):
    write_folder(tmp_path / "a", SETTINGS)
    for path in (tmp_path / "a").glob("triples/*/*-parts.png"):
        path.unlink()
    picture = tmp_path / "a" / "triples" / "000000" / "source.png"
    before = picture.stat().st_mtime_ns
    write_folder(tmp_path / "a", SETTINGS)
    assert contents(tmp_path / "a") == contents(finished)
    assert picture.stat().st_mtime_ns == before


def test_label_maps_have_colours_for_people(finished):
    with Image.open(finished / "labels" / "train" / "000000.png") as picture:
        assert picture.mode == "P"
        assert np.asarray(picture.convert("RGB"))[0, 0].tolist() == [200, 220, 240]


def test_the_card_tells_how_to_make_it_again_and_under_which_terms(finished):
    card = (finished / "card.md").read_text("utf-8")
    assert "OUT --count 24 --size 32 --seed 3 --validation-share 0.25 --triples 4" in card
    for told in ("python-avatars 1.", "resvg-py 0.", "MIT licence", "18 faces to train on"):
        assert told in card


def test_the_number_of_workers_changes_no_byte(finished, tmp_path):
    progress = []
    write_folder(tmp_path / "a", SETTINGS, workers=2, on_progress=lambda *p: progress.append(p))
    assert contents(tmp_path / "a") == contents(finished)
    assert progress[0] == (0, 28)
    assert progress[-1] == (28, 28)


def test_a_second_run_writes_nothing(finished):
    before = {path: path.stat().st_mtime_ns for path in finished.rglob("*")}
    write_folder(finished, SETTINGS)
    assert {path: path.stat().st_mtime_ns for path in finished.rglob("*")} == before


def test_what_is_missing_is_made_again(finished, tmp_path):
    write_folder(tmp_path / "a", SETTINGS)
    for name in (
        *("train/000003.png", "val/000020.png", "labels/train/000000.png", "attributes.jsonl"),
        *("triples/000001/triple.json", "triples/000001/mask.png", "triples/triples.jsonl"),
        "card.md",
    ):
        (tmp_path / "a" / name).unlink()
    (tmp_path / "a" / "train" / ".0123456789ab.part").write_bytes(b"half a pict")
    write_folder(tmp_path / "a", SETTINGS)
    assert contents(tmp_path / "a") == contents(finished)


def test_a_killed_run_goes_on_and_ends_with_the_same_bytes(finished, tmp_path):
    (tmp_path / "run.py").write_text(RUN_UNTIL_KILLED)
    command = [sys.executable, "run.py"]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE) as process:
        while not list(tmp_path.glob("avatars/train/0*.png")) and process.poll() is None:
            time.sleep(0.005)
        process.kill()
        process.communicate()  # its output ends when its workers have left too
    assert not (tmp_path / "avatars" / "card.md").exists()
    write_folder(tmp_path / "avatars", SETTINGS)
    assert contents(tmp_path / "avatars") == contents(finished)


def test_an_interrupt_leaves_whole_files_only(finished, tmp_path):
    def interrupt(done: int, total: int) -> None:
        if done:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_folder(tmp_path / "a", SETTINGS, workers=2, on_progress=interrupt)
    begun = contents(tmp_path / "a")
    assert 0 < len(begun) < len(contents(finished))
    assert begun.items() <= contents(finished).items()


def test_faces_without_label_maps_or_triples_or_validation(tmp_path):
    settings = replace(SETTINGS, count=2, validation_share=0.0, triples=0, labels=False)
    write_folder(tmp_path / "a", settings)
    assert {path.name for path in (tmp_path / "a").iterdir()} == {
        *("train", "attributes.jsonl", "avatars.json", "card.md")
    }
    assert "labels/" not in (tmp_path / "a" / "card.md").read_text("utf-8")


def test_triples_without_label_maps_have_no_maps_either(tmp_path):
    write_folder(tmp_path / "a", replace(SETTINGS, count=2, triples=1, labels=False))
    files = {path.name for path in (tmp_path / "a" / "triples" / "000000").iterdir()}
    assert files == {"source.png", "reference.png", "truth.png", "mask.png", "triple.json"}


def test_a_folder_keeps_to_its_settings(finished):
    with pytest.raises(DataError, match="made with size 32, not 64, seed 3, not 0: choose"):
        write_folder(finished, replace(SETTINGS, size=64, seed=0))


def test_folders_of_something_else_are_left_alone(tmp_path):
    (tmp_path / "diary.txt").write_text("dear diary")
    for place in (tmp_path, tmp_path / "diary.txt"):
        with pytest.raises(DataError, match="holds something other than avatars"):
            write_folder(place, SETTINGS)
    assert contents(tmp_path) == {"diary.txt": b"dear diary"}


def test_damaged_settings_are_refused(tmp_path):
    (tmp_path / "avatars.json").write_text("{")
    with pytest.raises(DataError, match="is damaged: choose a new folder"):
        write_folder(tmp_path, SETTINGS)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"count": 0}, "count must be at least 1, got 0"),
        ({"seed": -1}, "seed must be at least 0, got -1"),
        ({"size": 8}, "size must be from 16 to 1024, got 8"),
        ({"validation_share": 1.0}, "leave a face to train on, got 1.0 of 24"),
        ({"count": 1, "validation_share": 0.9}, "leave a face to train on, got 0.9 of 1"),
    ],
)
def test_impossible_settings_are_refused(changes, message):
    with pytest.raises(ConfigError, match=message):
        replace(SETTINGS, **changes)

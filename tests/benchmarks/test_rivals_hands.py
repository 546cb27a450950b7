"""Hands take part in the comparison, with parts that the bundled model finds."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from stylemapgan import zoo
from stylemapgan.data import open_photos
from stylemapgan.data.label_maps import open_label_maps
from stylemapgan.editing import Editor
from stylemapgan.editing.parts import read_parts
from stylemapgan.errors import DataError

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def _benchmarks_can_be_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(ROOT)


@pytest.fixture(autouse=True)
def _cache_of_its_own(tmp_path_factory, monkeypatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.getbasetemp() / "cache"))


def make_hands(folder: Path, names: tuple[str, ...]) -> Path:
    """A folder laid out as the photos of hands are: grey blobs on white."""
    random = np.random.default_rng(1)
    for split, of_split in (("train", ("900_1", "900_2")), ("val", names)):
        (folder / split).mkdir(parents=True)
        for name in of_split:
            pixels = np.full((100, 100, 3), 230, np.uint8)
            pixels[30:, 30:70] = random.integers(120, 180, (70, 40, 3))
            Image.fromarray(pixels).save(folder / split / f"{name}.jpg")
    return folder


def test_hands_are_resized_and_get_the_parts_that_the_bundled_model_finds(tmp_path):
    from benchmarks.rivals.data import prepare_hands

    data = tmp_path / "hands-64"
    prepare_hands(make_hands(tmp_path / "hands", ("047_5", "107_1")), data)
    editor, file = Editor.load("hands-64", precision="32-true"), zoo.parts_file("hands-64")
    assert file is not None
    parts = read_parts(file)
    for split in ("train", "val"):
        photos = open_photos(data / split, 64)
        maps = open_label_maps(data / split, photos)
        assert maps.parts == parts.names
        for row in range(len(photos)):
            picture = photos.take(np.array([row]))
            found = parts.label_map(editor, editor.resize(editor.encode(picture)))
            assert (maps.maps[row] == found[0]).mean() > 0.99


def test_hands_without_a_split_are_refused(tmp_path):
    from benchmarks.rivals.data import prepare_hands

    with pytest.raises(DataError, match="holds no pictures"):
        prepare_hands(tmp_path, tmp_path / "hands-64")


@pytest.mark.slow
def test_a_further_seed_on_hands_is_measured_and_leaves_no_pictures_for_sheets(tmp_path):
    from benchmarks.rivals.command import run
    from benchmarks.rivals.data import prepare_hands
    from benchmarks.rivals.demonstrations import EDITS, PHOTOS
    from benchmarks.rivals.results import read_result

    pairs = [name for *names, _ in EDITS["hands-64"] for name in names]
    names = (*PHOTOS["hands-64"], *pairs)
    hands = make_hands(tmp_path / "hands", names)
    prepare_hands(hands, tmp_path / "data" / "hands-64")
    common = ["--output", str(tmp_path / "runs"), "--data", str(tmp_path / "data")]
    common += ["--budget", "tiny"]
    assert run(["train", *common, "--cells", "hands-64-stylemapgan-1"]) == 0
    assert run(["measure", *common, "--entries", "hands-64-w-1"]) == 0
    results = tmp_path / "runs" / "results"
    assert read_result(results / "hands-64-w-1.json").seed == 1
    assert [path.name for path in results.iterdir()] == ["hands-64-w-1.json"]

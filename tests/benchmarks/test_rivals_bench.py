"""The comparison trains every method, measures what its weights open, and reports both."""

from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from stylemapgan import images
from stylemapgan.errors import ConfigError, DataError, TrainingError

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def _benchmarks_can_be_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(ROOT)


@pytest.fixture(autouse=True)
def _cache_of_its_own(tmp_path_factory, monkeypatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.getbasetemp() / "cache"))


@pytest.fixture(scope="module")
def portraits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder laid out as the portraits are, with random pictures of the names shown on sheets."""
    folder = tmp_path_factory.mktemp("portraits")
    random = np.random.default_rng(0)
    shown = ("005_neutral", "013_smiling", "029_neutral", "037_smiling", "061_neutral")
    names = {
        "train": ("a", "b"),
        "composites": tuple(f"c{number}" for number in range(6)),
        "val": (*shown, "173_neutral", "900_neutral", "901_neutral"),
    }
    for part, of_part in names.items():
        (folder / part).mkdir()
        for name in of_part:
            pixels = random.integers(0, 256, (96, 96, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(folder / part / f"{name}.png")
    landmarks: dict[str, Any] = {"900_neutral": np.zeros((468, 2), np.float32)}
    np.savez(folder / "landmarks.npz", **landmarks)
    table = [
        "split,file,person,expression",
        "train,a.jpg,001,neutral",
        "val,900_neutral.jpg,900,neutral",
    ]
    (folder / "labels.csv").write_text("\n".join(table) + "\n", "utf-8")
    return folder


@pytest.fixture(scope="module")
def data(portraits, tmp_path_factory) -> Path:
    """The data sets of the comparison; only portraits."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(ROOT)
        from benchmarks.rivals.data import prepare_faces

        folder = tmp_path_factory.mktemp("data")
        prepare_faces(portraits, folder / "faces-64")
    return folder


def test_photographs_weigh_five_times_as_much_as_composites(data):
    names = [path.name for path in (data / "faces-64" / "train").iterdir()]
    assert sum(name.startswith("train-a-") for name in names) == 5
    assert sum(name.startswith("composites-c0-") for name in names) == 1
    assert len(names) == 2 * 5 + 6
    with Image.open(data / "faces-64" / "val" / "005_neutral.png") as picture:
        assert picture.size == (64, 64)


def test_what_is_known_of_tested_portraits_comes_along_under_their_new_names(data):
    from stylemapgan.evaluation.data import open_test_data
    from stylemapgan.evaluation.tasks.portraits.portrait_edits import open_portraits

    opened = open_test_data(data / "faces-64", 64)
    assert "001" not in opened.attributes["person"]  # training pictures have other names
    assert list(open_portraits(opened, 64).known) == [("900", "neutral")]


def test_portraits_and_composites_get_maps_of_parts_which_some_methods_need(data):
    from stylemapgan import zoo
    from stylemapgan.data import open_photos
    from stylemapgan.data.label_maps import open_label_maps
    from stylemapgan.editing.parts import read_parts

    file = zoo.parts_file("faces-128")
    assert file is not None
    for split, photos in (("train", 16), ("val", 8)):
        folder = data / "faces-64" / split
        maps = open_label_maps(folder, open_photos(folder, 64))
        assert maps.parts == read_parts(file).names
        assert maps.maps.shape == (photos, 64, 64)
        assert len(np.unique(maps.maps)) > 1


def test_portraits_without_composites_are_refused(portraits, tmp_path):
    from benchmarks.rivals.data import prepare_faces

    with pytest.raises(DataError, match="holds no pictures"):
        prepare_faces(portraits / "train", tmp_path / "faces-64")


def test_every_method_trains_on_the_same_photos_with_its_own_number_of_images():
    from benchmarks.rivals.budgets import BUDGETS, configure
    from benchmarks.rivals.cells import all_cells

    budget = BUDGETS["cpu"]
    for cell in all_cells():
        config = configure(cell, budget, Path("data"))
        assert config.method == cell.method
        assert config.training.images == budget.images[cell.method]
        assert config.data.photos.endswith("data/train")
        assert config.training.horizontal_flips == (cell.data != "avatars-64")
        assert config.training.seed == cell.seed


def test_every_entry_belongs_to_a_cell_and_has_a_name_of_its_own():
    from benchmarks.rivals.cells import all_cells
    from benchmarks.rivals.entries import all_entries

    entries = all_entries()
    assert len({entry.name for entry in entries}) == len(entries)
    assert {entry.cell for entry in entries} == set(all_cells())


def test_further_seeds_come_after_all_first_ones_and_only_of_two_methods():
    from benchmarks.rivals.cells import all_cells

    cells = all_cells()
    seeds = [cell.seed for cell in cells]
    assert seeds == sorted(seeds)
    names = ("faces-64", "avatars-64", "hands-64")
    first = list(dict.fromkeys(cell.data for cell in cells if cell.seed == 0))
    assert first == list(names)
    for seed in (1, 2):
        found = {(cell.data, cell.method) for cell in cells if cell.seed == seed}
        assert found == {(data, method) for data in names for method in ("stylemapgan", "backbone")}


def test_further_seeds_open_every_method_that_weights_change():
    from benchmarks.rivals.entries import all_entries

    methods = {
        seed: {
            entry.method
            for entry in all_entries()
            if entry.cell.seed == seed and entry.cell.method in ("stylemapgan", "backbone")
        }
        for seed in (0, 1, 2)
    }
    assert methods[1] == methods[2]
    assert methods[0] - methods[1] == {"copy-pixels", "poisson"}
    assert methods[1] >= {"w-plus", "image2stylegan", "in-domain", "neural-collage", "pix2latent"}


def test_strips_come_apart_as_they_were_joined():
    from benchmarks.rivals.demonstrations import join, split

    pictures = np.random.default_rng(0).uniform(-1, 1, (3, 3, 8, 8)).astype(np.float32)
    np.testing.assert_array_equal(split(join(pictures)), pictures)


def test_sheets_show_what_there_is(tmp_path):
    from benchmarks.rivals.demonstrations import join
    from benchmarks.rivals.sheets import write_sheets

    assert write_sheets(tmp_path, tmp_path) == []
    six = np.zeros((6, 3, 64, 64), np.float32)
    for name in ("faces-64-photos", "faces-64-alae-0-reconstructions"):
        images.write(tmp_path / f"{name}.webp", join(six))
    (sheet,) = write_sheets(tmp_path, tmp_path)
    assert sheet.name == "rivals-reconstructions.webp"
    with Image.open(sheet) as picture:
        assert picture.height > 2 * 80  # two rows


def test_curves_come_back_as_they_were_written_and_are_drawn(tmp_path):
    from benchmarks.rivals.figure import draw_figure
    from benchmarks.rivals.patience import Curve, Point, read_curves, write_curve

    points = [Point(steps=3**n, seconds=0.1 * 3**n, mse=0.5 / 3**n) for n in range(3)]
    curve = Curve(entry="faces-64-in-domain-0", points=tuple(points))
    write_curve(tmp_path, curve)
    assert read_curves(tmp_path) == [curve]
    draw_figure([curve], tmp_path / "figure.svg")
    first = (tmp_path / "figure.svg").read_bytes()
    assert b"<svg" in first
    draw_figure([curve], tmp_path / "figure.svg")
    assert (tmp_path / "figure.svg").read_bytes() == first
    (tmp_path / "faces-64-in-domain-0.json").write_text("{}", "utf-8")
    with pytest.raises(DataError, match="measure again"):
        read_curves(tmp_path)


def test_mistakes_get_one_line(tmp_path, capsys):
    from benchmarks.rivals.cells import choose
    from benchmarks.rivals.command import run
    from benchmarks.rivals.entries import choose_entries

    with pytest.raises(ConfigError, match="Unknown cell 'cats-64-alae-0'"):
        choose(["cats-64-alae-0"])
    with pytest.raises(ConfigError, match="Unknown entry 'faces-64-paint-0'"):
        choose_entries(["faces-64-paint-0"])
    assert run(["report", "--results", str(tmp_path)]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def train(output: Path, data: Path, should_stop: Any = lambda: False, budget: str = "tiny") -> bool:
    """Train one cell."""
    from benchmarks.rivals.budgets import BUDGETS, configure
    from benchmarks.rivals.cells import choose
    from benchmarks.rivals.training import train_cell

    (cell,) = choose(["faces-64-bigan-0"])
    config = configure(cell, BUDGETS[budget], data / cell.data)
    return train_cell(output / cell.name, config, should_stop, lambda progress: None)


@pytest.mark.slow
def test_a_cell_trains_once_across_interruptions_and_keeps_account_of_them(tmp_path, data):
    from benchmarks.rivals.training import read_starts

    updates = count()
    assert not train(tmp_path, data, lambda: next(updates) == 4)
    assert train(tmp_path, data)
    first, second = read_starts(tmp_path / "faces-64-bigan-0")
    assert (first["images_from"], first["images_to"]) == (0, second["images_from"])
    assert second["images_to"] == 48
    assert train(tmp_path, data)  # does nothing
    assert len(read_starts(tmp_path / "faces-64-bigan-0")) == 2
    with pytest.raises(TrainingError, match="other settings"):
        train(tmp_path, data, budget="cpu")


@pytest.mark.slow
def test_a_method_gives_the_reasons_for_what_it_is_not_measured_at(tmp_path, data):
    from benchmarks.rivals.command import run
    from benchmarks.rivals.results import read_result

    assert train(tmp_path, data)
    common = ["--output", str(tmp_path), "--data", str(data), "--budget", "tiny"]
    assert run(["measure", *common, "--entries", "faces-64-bigan-0"]) == 0
    result = read_result(tmp_path / "results" / "faces-64-bigan-0.json")
    assert result.figures["reconstruction"]
    assert result.left_out["local-editing"] == "does not edit by mask"


@pytest.mark.slow
def test_all_commands_in_a_row(tmp_path, data, monkeypatch):
    monkeypatch.setattr("benchmarks.rivals.patience.STEPS", (1, 3))
    from benchmarks.rivals.command import run
    from benchmarks.rivals.results import read_result

    common = ["--output", str(tmp_path), "--data", str(data), "--budget", "tiny"]
    cells = ["--cells", "faces-64-backbone-0", "faces-64-stylemapgan-0"]
    assert run(["train", *common, *cells]) == 0
    entries = ["faces-64-w-plus-0", "faces-64-neural-collage-0", "faces-64-copy-pixels-0"]
    assert run(["measure", *common, "--entries", *entries]) == 0
    assert run(["patience", *common, "--entries", *entries[:2]]) == 0
    result = read_result(tmp_path / "results" / "faces-64-neural-collage-0.json")
    assert result.figures["reconstruction"]
    assert result.seconds["edit"] > 0
    sheets = tmp_path / "sheets"
    sheets.mkdir()
    arguments = ["--results", str(tmp_path / "results"), "--images", str(sheets)]
    assert run(["report", *arguments]) == 0
    assert {path.name for path in sheets.iterdir()} == {
        "rivals-edits.webp",
        "rivals-patience.svg",
        "rivals-reconstructions.webp",
    }

"""The ablation trains each cell once, whatever comes between, and reports all of them."""

import json
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from stylemapgan import images
from stylemapgan.checkpoints.file import read
from stylemapgan.errors import ConfigError, DataError, TrainingError
from stylemapgan.methods import runs
from stylemapgan.training.run_folder import RunFolder

ROOT = Path(__file__).parents[2]
PHOTOS = {"train": 12, "val": 8}


@pytest.fixture(autouse=True)
def _benchmarks_can_be_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(ROOT)


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with random pictures for training and for tests."""
    folder = tmp_path_factory.mktemp("photos")
    random = np.random.default_rng(0)
    for part, number in PHOTOS.items():
        (folder / part).mkdir()
        for index in range(number):
            picture = random.uniform(-1, 1, (1, 3, 64, 64)).astype(np.float32)
            images.write(folder / part / f"{index}.png", picture)
    return folder


@pytest.fixture(autouse=True)
def _cache_of_its_own(tmp_path_factory, monkeypatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.getbasetemp() / "cache"))


def train(
    output: Path, photos: Path, name: str, should_stop: Callable[[], bool] = lambda: False
) -> list[str]:
    """Train a cell on the tiny budget; list the stages that made progress."""
    from benchmarks.paper.budgets import BUDGETS
    from benchmarks.paper.command import choose
    from benchmarks.paper.stages import stages
    from benchmarks.paper.training import train_stages

    (cell,) = choose([name])
    stages_seen: list[str] = []
    train_stages(
        output,
        stages(cell, BUDGETS["tiny"], photos),
        should_stop,
        lambda stage, progress: stages_seen.append(stage),
    )
    return list(dict.fromkeys(stages_seen))


def weights(output: Path, name: str) -> dict[str, Any]:
    from benchmarks.paper.training import newest_snapshot

    return dict(read(newest_snapshot(output / "cells" / name)).tensors)


def assert_equal(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert one.keys() == other.keys()
    for name, tensor in one.items():
        np.testing.assert_array_equal(tensor, other[name], err_msg=name)


@pytest.mark.slow
def test_a_cell_trains_once_and_its_warm_up_serves_other_cells(tmp_path, photos):
    assert train(tmp_path, photos, "avatars-8-joint") == [
        "warm-ups/avatars-8-joint",
        "cells/avatars-8-joint",
    ]
    assert train(tmp_path, photos, "avatars-8-joint") == []
    assert train(tmp_path, photos, "avatars-8-no-latent") == ["cells/avatars-8-no-latent"]


@pytest.mark.slow
def test_stages_and_an_interruption_change_nothing_in_the_weights(tmp_path, photos):
    from benchmarks.paper.budgets import BUDGETS
    from benchmarks.paper.command import choose
    from benchmarks.paper.stages import stages

    name = "hands-32-joint"
    for _ in range(8):  # far more often than needed: a tiny cell has four updates
        updates = count()
        train(tmp_path, photos, name, lambda ticks=updates: next(ticks) == 1)
    whole = stages(choose([name])[0], BUDGETS["tiny"], photos)[-1]
    run = runs.start(whole.config, tmp_path / "cells" / "in-one-go")
    run.train()
    run.photos.close()

    assert_equal(weights(tmp_path, name), weights(tmp_path, "in-one-go"))


@pytest.mark.slow
def test_sequential_training_trains_the_generator_first_and_then_the_encoder(tmp_path, photos):
    import torch

    from stylemapgan.methods.stylemapgan.recipe import STYLEMAPGAN
    from stylemapgan.training.recipe import new_state

    name = "avatars-8-sequential"
    train(tmp_path, photos, name)
    halves = [tmp_path / folder / name for folder in ("warm-ups", "cells")]
    halves[0] = halves[0].with_name(f"{name}-generator")
    first, second = (
        torch.load(folder / "state" / "latest.pt", weights_only=True) for folder in halves
    )
    fresh = new_state(STYLEMAPGAN, RunFolder(halves[0]).config(), torch.device("cpu"))
    for network, before, after in (
        ("encoder", fresh.encoder.state_dict(), first["encoder"]),
        ("generator", first["generator"], second["generator"]),
    ):
        for key, tensor in before.items():
            assert torch.equal(tensor, after[key]), f"{network}.{key}"
    for network, before, after in (
        ("generator", fresh.generator.state_dict(), first["generator"]),
        ("encoder", first["encoder"], second["encoder"]),
    ):
        assert not any(torch.equal(tensor, after[key]) for key, tensor in before.items()), network


@pytest.mark.slow
def test_per_pixel_noise_is_the_same_after_an_interruption(tmp_path, photos):
    name = "avatars-8-pixel-noise"
    for _ in range(8):
        updates = count()
        train(tmp_path / "parts", photos, name, lambda ticks=updates: next(ticks) == 1)
    train(tmp_path / "whole", photos, name)

    found = weights(tmp_path / "whole", name)
    assert any(name.endswith("noise.amount") for name in found)
    assert_equal(weights(tmp_path / "parts", name), found)


def test_a_folder_of_another_budget_is_refused(tmp_path, photos):
    from benchmarks.paper.budgets import BUDGETS
    from benchmarks.paper.command import choose
    from benchmarks.paper.stages import stages
    from benchmarks.paper.training import train_stages

    train(tmp_path, photos, "avatars-32-joint", should_stop=lambda: True)
    other = stages(choose(["avatars-32-joint"])[0], BUDGETS["cpu"], photos)
    with pytest.raises(TrainingError, match="other settings: choose another --output"):
        train_stages(tmp_path, other, lambda: True, lambda stage, progress: None)


def test_every_size_has_the_same_widths_at_the_same_resolution():
    from benchmarks.paper.budgets import BUDGETS
    from benchmarks.paper.command import choose
    from benchmarks.paper.stages import stages

    for size in (1, 4, 8, 16, 32):
        (cell,) = choose([f"avatars-{size}-joint"])
        model = stages(cell, BUDGETS["cpu"], Path("photos"))[-1].config.model
        resolutions = [size * 2**level for level in range(model.doublings + 1)]
        assert dict(zip(resolutions, model.generator_widths, strict=True))[64] == 16
        assert dict(zip(resolutions, model.encoder_widths, strict=True))[32] == 32
        assert model.discriminator_widths == (96, 96, 64, 32, 16)


def test_all_cells_of_a_table_see_as_many_images():
    from benchmarks.paper.budgets import BUDGETS
    from benchmarks.paper.command import choose
    from benchmarks.paper.stages import stages

    for budget in BUDGETS.values():
        for cell in choose([]):
            last = stages(cell, budget, Path("photos"))[-1]
            of_table = budget.images_of_variants if cell.is_variant else budget.images
            assert last.config.training.images == of_table, cell.name


def test_cells_that_share_a_warm_up_agree_on_it():
    from benchmarks.paper.budgets import BUDGETS
    from benchmarks.paper.command import choose
    from benchmarks.paper.stages import stages

    warm_ups = {}
    for cell in choose([]):
        for stage in stages(cell, BUDGETS["cpu"], Path("photos"))[:-1]:
            assert warm_ups.setdefault(stage.folder, stage.config) == stage.config, cell.name
    assert len(warm_ups) < len(choose([]))


def made_up_result(name: str) -> Any:
    """A cell with figures that tell rows apart."""
    from benchmarks.paper.command import choose
    from benchmarks.paper.results import Result

    from stylemapgan.metrics.intervals import Estimate

    (cell,) = choose([name])
    size = cell.stylemap_size
    return Result(
        cell=cell.name,
        data=cell.data,
        stylemap_size=size,
        variant=cell.variant.name,
        meaning=cell.variant.meaning,
        parameters=1_234_567,
        training={},
        evaluation={},
        figures={
            "reconstruction": {"mse": Estimate(0.1 / size, 0.09 / size, 0.12 / size, 8)},
            "generation": {
                "frechet (random)": Estimate(1000.0 + size, float("nan"), float("nan"), 8)
            },
        },
    )


def all_results() -> list[Any]:
    from benchmarks.paper.command import choose

    return [made_up_result(cell.name) for cell in choose([])]


def test_the_tables_have_every_cell_with_its_interval():
    from benchmarks.paper.tables import to_markdown

    text = to_markdown(all_results())
    assert text.count("| 4x4 | 1.23 M | 0.0250 (0.0225 to 0.0300) | 1,004 |") == 2
    for size in ("vector", "8x8", "16x16", "32x32", "vector, 512 channels"):
        assert f"\n| {size} | 1.23 M |" in text
    for result in all_results():
        if result.variant not in ("joint", "wide-vector"):
            assert f"\n| {result.meaning} |" in text
    assert text.count("all networks together, all losses") == 1  # as long as those beside it


def test_a_result_comes_back_as_it_was_written(tmp_path):
    from benchmarks.paper.results import read_result, write_result

    result = made_up_result("hands-4-joint")
    write_result(tmp_path / "result.json", result)
    read_back = read_result(tmp_path / "result.json")
    assert read_back.figure("reconstruction", "mse") == result.figure("reconstruction", "mse")
    assert np.isnan(read_back.figures["generation"]["frechet (random)"].low)
    assert read_back.cell == "hands-4-joint"


def test_the_report_fills_a_page_and_draws_the_figure(tmp_path, capsys):
    from benchmarks.paper.command import run
    from benchmarks.paper.page import BEGIN, END
    from benchmarks.paper.results import write_result

    for result in all_results():
        write_result(tmp_path / "results" / f"{result.cell}.json", result)
    page = tmp_path / "page.md"
    page.write_text(f"before\n\n{BEGIN}\nold\n{END}\n\nafter\n", "utf-8")
    figure = tmp_path / "figure.svg"
    arguments = ["report", "--output", str(tmp_path), "--page", str(page), "--figure", str(figure)]
    assert run(arguments) == 0
    text = page.read_text("utf-8")
    assert text.startswith("before\n")
    assert text.endswith("after\n")
    assert "old" not in text
    assert "| 16x16 |" in text
    first = figure.read_bytes()
    assert b"<svg" in first
    assert run(arguments) == 0
    assert figure.read_bytes() == first
    assert "not measured" not in capsys.readouterr().err


def test_the_report_says_which_cells_are_missing(tmp_path, capsys):
    from benchmarks.paper.command import run
    from benchmarks.paper.results import write_result

    write_result(tmp_path / "results" / "hands-1-joint.json", made_up_result("hands-1-joint"))
    assert run(["report", "--output", str(tmp_path)]) == 0
    assert "hands-32-joint" in capsys.readouterr().err


def test_mistakes_get_one_line(tmp_path, capsys):
    from benchmarks.paper.command import choose, run
    from benchmarks.paper.page import put_into

    with pytest.raises(ConfigError, match="Unknown cell 'cats-8-joint'"):
        choose(["cats-8-joint"])
    with pytest.raises(DataError, match="cannot be read"):
        put_into(tmp_path / "nowhere.md", "tables")
    assert run(["report", "--output", str(tmp_path)]) == 2
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.slow
def test_the_three_commands_in_a_row(tmp_path, photos):
    from benchmarks.paper.command import run

    name = "avatars-8-joint"
    common = ["--output", str(tmp_path), "--avatars", str(photos), "--hands", str(photos)]
    chosen = ["--budget", "tiny", "--cells", name]
    assert run(["train", *common, *chosen]) == 0
    assert run(["measure", *common, *chosen]) == 0
    values = json.loads((tmp_path / "results" / f"{name}.json").read_text("utf-8"))
    assert values["training"]["images"] == 32
    assert values["figures"]["reconstruction"]["mse"]["value"] > 0
    assert run(["report", "--output", str(tmp_path)]) == 0
    assert "| 8x8 |" in (tmp_path / "tables.md").read_text("utf-8")

"""`stylemapgan compare` takes a folder of models, and compares methods one by one."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from stylemapgan.cli.compared import Compared, folders_of, list_compared
from stylemapgan.cli.main import main
from stylemapgan.errors import ConfigError


@pytest.fixture
def models(model, colour_model, tmp_path) -> Path:
    """A folder with a StyleMapGAN model and the model of another method, whose name comes first."""
    folder = tmp_path / "models"
    folder.mkdir()
    shutil.copy(model, folder / "ours.safetensors")
    shutil.copy(colour_model, folder / "another.safetensors")
    return folder


def names(compared: list[Compared]) -> list[tuple[str, str]]:
    return [(Path(each.model).stem, each.method) for each in compared]


def test_a_folder_of_models_stands_for_its_files_stylemapgan_first(models):
    assert names(list_compared([str(models)])) == [("ours", ""), ("another", "")]


def test_all_methods_are_compared_one_by_one_beginning_with_the_main_one(models):
    compared = names(list_compared([str(models)], ["all"]))
    assert compared[0] == ("ours", "w-plus")
    assert set(compared) >= {("ours", "w"), ("ours", "poisson"), ("another", "mean-colour")}
    assert len(set(compared)) == len(compared)


def test_a_method_is_compared_in_every_model_that_has_it(models):
    compared = list_compared([str(models)], ["poisson", "mean-colour"])
    assert names(compared) == [("ours", "poisson"), ("another", "mean-colour")]


def test_a_method_that_no_model_has_is_refused_with_those_they_have(models):
    with pytest.raises(ConfigError, match=r"has the method 'painting': choose from .*mean-colour"):
        list_compared([str(models)], ["painting"])


def test_methods_of_a_measured_folder_are_refused(tmp_path):
    (tmp_path / "evaluation.json").write_text("{}", "utf-8")
    with pytest.raises(ConfigError, match="is measured already"):
        list_compared([str(tmp_path)], ["all"])


def test_a_folder_of_onnx_files_is_one_model(tmp_path):
    for name in ("encoder.onnx", "framing.safetensors"):
        (tmp_path / name).touch()
    assert list_compared([str(tmp_path)]) == [Compared(str(tmp_path))]


def test_equal_names_get_folders_of_their_own(tmp_path):
    twice = [Compared("a/x.safetensors", "w"), Compared("b/x.safetensors", "w")]
    assert folders_of(twice, tmp_path) == [tmp_path / "x-w", tmp_path / "x-w-again-1"]


def test_a_comparison_of_all_methods_names_each_of_them(models, tmp_path):
    data = tmp_path / "data"
    data.mkdir()
    for number, colour in enumerate(np.random.default_rng(0).integers(0, 256, (3, 3))):
        Image.new("RGB", (32, 32), tuple(map(int, colour))).save(data / f"{number}.png")
    arguments = ["--methods", "w-plus,mean-colour", "--tasks", "reconstruction"]
    output = tmp_path / "compared"
    assert not main(
        ["compare", str(models), "--data", str(data), "--output", str(output), *arguments]
    )
    told = json.loads((output / "compare.json").read_text("utf-8"))
    assert "mean-colour" in json.dumps(told)
    assert (output / "ours-w-plus").is_dir()
    assert (output / "another-mean-colour").is_dir()

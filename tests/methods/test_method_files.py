"""Models of other methods: their files, and what commands and evaluations do with them."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from stylemapgan import images
from stylemapgan.checkpoints.file import read
from stylemapgan.checkpoints.method_file import (
    is_method_file,
    read_method,
)
from stylemapgan.cli.main import main
from stylemapgan.errors import CheckpointError, ConfigError
from stylemapgan.methods.registry import TRAINED_METHODS, open_file, open_trained


@pytest.fixture
def photo(tmp_path) -> Path:
    path = tmp_path / "red.png"
    Image.new("RGB", (40, 40), (255, 0, 0)).save(path)
    return path


def test_a_method_file_says_everything_that_was_written(colour_model):
    found = read_method(colour_model)
    assert (found.method, found.config, found.images_seen) == ("mean-colour", {"image_size": 32}, 7)
    assert (found.licence, found.data) == ("CC0-1.0", "Fotos von Händen")
    assert found.tensors["factor"].tolist() == [0.5]


def test_files_of_methods_are_told_from_all_others(colour_model, photo, tmp_path):
    assert is_method_file(colour_model)
    assert not is_method_file(photo)
    assert not is_method_file(tmp_path)
    assert not is_method_file(Path("hands-64"))


def test_a_stylemapgan_command_says_in_one_line_whose_model_it_is(colour_model):
    with pytest.raises(CheckpointError, match=r"model of the method mean-colour, not of StyleMap"):
        read(colour_model)


def test_a_file_of_an_unknown_method_is_refused_with_those_known(colour_model, monkeypatch):
    monkeypatch.delitem(TRAINED_METHODS, "mean-colour")
    with pytest.raises(CheckpointError, match="'mean-colour', which this version does not know"):
        open_file(colour_model)


def test_two_files_of_one_method_are_refused(colour_model):
    assert [each.name for each in open_trained([colour_model.parent])] == ["mean-colour"]
    with pytest.raises(ConfigError, match="hold the method mean-colour"):
        open_trained([colour_model, colour_model])


def run(*arguments: str | Path) -> int:
    return main([str(each) for each in arguments])


def test_reconstruct_works_with_another_methods_model(colour_model, photo, tmp_path):
    output = tmp_path / "out.png"
    assert not run("reconstruct", photo, "--model", colour_model, "--output", output)
    np.testing.assert_allclose(images.read(output)[0, :, 5, 5], [0.5, -0.5, -0.5], atol=0.01)


def test_interpolate_and_generate_work_with_another_methods_model(colour_model, photo, tmp_path):
    assert not run(
        "interpolate", photo, photo, "--model", colour_model, "--output", tmp_path / "walk.png"
    )
    assert not run(
        "generate", "--count", "1", "--model", colour_model, "--output", tmp_path / "one.png"
    )
    expected = 0.7 * np.random.default_rng(0).uniform(-1, 1, 3)
    found = images.read(tmp_path / "one.png")
    np.testing.assert_allclose(found[0, :, 5, 5], expected, atol=0.01)
    assert (tmp_path / "walk.png").exists()


def test_what_a_method_cannot_do_is_said_in_one_line(colour_model, photo, tmp_path, capsys):
    part = ("--box", "0,0,8,8")
    assert run("blend", photo, photo, *part, "--model", colour_model, "-o", tmp_path / "x.png") == 2
    assert "mean-colour does not edit by mask." in capsys.readouterr().err
    assert not (tmp_path / "x.png").exists()

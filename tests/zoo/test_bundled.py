"""Models are found by name or by path."""

import pytest

from stylemapgan.errors import CheckpointError
from stylemapgan.zoo import BUNDLED, find, sample_folder


@pytest.mark.parametrize("name", BUNDLED)
def test_a_bundled_model_is_found_by_its_name(name):
    assert find(name).name == f"{name}.safetensors"


def test_a_bundled_name_wins_over_a_folder_of_that_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / BUNDLED[0]).mkdir()
    assert find(BUNDLED[0]).name == f"{BUNDLED[0]}.safetensors"


def test_a_model_is_found_by_its_path(tmp_path):
    path = tmp_path / "mine.safetensors"
    path.touch()
    assert find(path) == find(str(path)) == path


def test_a_folder_is_no_model(tmp_path):
    with pytest.raises(CheckpointError, match="is a folder, not a model"):
        find(tmp_path)


def test_what_is_not_there_is_named_beside_what_is():
    with pytest.raises(CheckpointError, match=rf"Unknown model 'fish'.*\({BUNDLED[0]}"):
        find("fish")


def test_pictures_come_with_bundled_models_only():
    with pytest.raises(CheckpointError, match=r"'mine\.safetensors' has no sample pictures"):
        sample_folder("mine.safetensors")

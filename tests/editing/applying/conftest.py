"""Photos to edit, an edit of them, and what edits them."""

import json
from pathlib import Path

import pytest
from many_photos import clouds

from stylemapgan.config.engine import EngineConfig
from stylemapgan.editing.applying import ChosenModel, SavedEdit, read_edit


@pytest.fixture(scope="session")
def tiny(exported_tiny) -> ChosenModel:
    """The smallest networks, as ONNX files."""
    return ChosenModel(name=str(exported_tiny / "networks"), engine_config=EngineConfig())


@pytest.fixture
def photos(tmp_path) -> Path:
    """Six photos in folders, of several sizes and formats."""
    folder = tmp_path / "photos"
    (folder / "winter").mkdir(parents=True)
    for seed, (width, height) in enumerate([(60, 48), (40, 80), (32, 32), (90, 50), (64, 64)]):
        (folder / f"{seed}.png").write_bytes(clouds(seed, width, height))
    (folder / "winter" / "snow.JPG").write_bytes(clouds(9, 50, 70, "jpeg"))
    return folder


@pytest.fixture(scope="session")
def edit_file(tmp_path_factory) -> Path:
    """An edit with a turned part and a part in its place."""
    folder = tmp_path_factory.mktemp("edit")
    (folder / "other.png").write_bytes(clouds(77, 70, 60))
    placed = {"shift": [4, -2], "rotation": 20, "scale": 1.2, "strength": 0.8}
    parts = [
        {"reference": "other.png", "mask": {"box": [4, 4, 16, 12]}, **placed},
        {"reference": "other.png", "mask": {"box": [10, 16, 12, 12]}, "space": "w"},
    ]
    path = folder / "edit.json"
    path.write_text(json.dumps({"parts": parts}))
    return path


@pytest.fixture(scope="session")
def saved(edit_file) -> SavedEdit:
    return read_edit(edit_file)

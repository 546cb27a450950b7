"""A clip, an edit of it, and what edits it."""

import io
from pathlib import Path

import pytest
from PIL import Image
from small_clips import clouds, lossless, moving

from stylemapgan import checkpoints
from stylemapgan.config.engine import EngineConfig
from stylemapgan.editing import Edit, Part
from stylemapgan.editing.applying import ChosenModel, SavedEdit, SavedPicture
from stylemapgan.editing.edit_masks import BoxMask
from stylemapgan.editing.photo import Square


@pytest.fixture(scope="session")
def tiny(tiny_checkpoint, tmp_path_factory) -> ChosenModel:
    """The smallest networks, as a model file."""
    file = tmp_path_factory.mktemp("model") / "tiny.safetensors"
    checkpoints.write(file, tiny_checkpoint)
    return ChosenModel(name=str(file), engine_config=EngineConfig())


@pytest.fixture(scope="session")
def saved() -> SavedEdit:
    """An edit of a small box in the upper left of the square."""
    packed = io.BytesIO()
    Image.fromarray(clouds(77, 50, 50)).save(packed, "png")
    picture = SavedPicture(content=packed.getvalue(), square=Square(x=25.0, y=25.0, side=50.0))
    part = Part(reference="other", mask=BoxMask(x=4, y=4, width=8, height=8))
    return SavedEdit(name="edit.json", edit=Edit(parts=(part,)), pictures={"other": picture})


@pytest.fixture
def clip(tmp_path) -> Path:
    """Thirteen frames, five a second."""
    return lossless(tmp_path / "clip.mkv", list(moving(13).frames()))

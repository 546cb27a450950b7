"""Nobody chooses a square: models of faces look for a face, others take what they usually do."""

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from stylemapgan import checkpoints, zoo
from stylemapgan.checkpoints import file
from stylemapgan.editing import Editor, OnnxEditor, open_editor
from stylemapgan.editing.photo import (
    CroppedPhoto,
    FullPhoto,
    foreground_square,
    middle_square,
    usual_square,
)


@pytest.fixture
def no_face() -> FullPhoto:
    noise = np.random.default_rng(0).integers(0, 256, (90, 120, 3), dtype=np.uint8)
    return FullPhoto(pixels=Image.fromarray(noise))


@pytest.mark.parametrize("subject", ["", "face"])
def test_without_a_face_the_square_is_found_otherwise(no_face, subject):
    assert usual_square(no_face, subject, "middle") == middle_square(no_face)
    assert usual_square(no_face, subject, "foreground") == foreground_square(no_face)


@pytest.mark.skipif(find_spec("cv2") is None, reason="OpenCV is not installed")
def test_models_of_faces_find_the_square_around_the_face():
    known = CroppedPhoto.of_sample(zoo.sample_folder("faces-128") / "005_neutral.webp")
    found = usual_square(known.photo, "face", "middle")
    assert found.x == pytest.approx(known.square.x, abs=0.1 * known.square.side)
    assert found.y == pytest.approx(known.square.y, abs=0.1 * known.square.side)
    assert found.side == pytest.approx(known.square.side, rel=0.15)
    assert usual_square(known.photo, "", "middle") == middle_square(known.photo)


@pytest.mark.parametrize(("name", "subject"), [("faces-128", "face"), ("hands-64", "")])
def test_models_say_what_photos_show_in_every_engine(name, subject):
    assert open_editor(name, engine="onnx").subject == subject
    editor = Editor.load(name)
    assert editor.subject == editor.networks.subject == subject


@pytest.mark.parametrize("engine", ["onnx", "torch"])
def test_the_bundled_model_of_faces_knows_its_framing_in_every_engine(engine):
    framing = open_editor("faces-128", engine=engine).framing
    assert framing is not None
    assert framing.find == "face"
    assert open_editor("hands-64", engine=engine).framing is None


def test_a_model_file_keeps_its_subject_and_older_ones_have_none(tiny_checkpoint, tmp_path):
    path = tmp_path / "mine.safetensors"
    for subject in ("", "face", "Gesichter"):
        stored = checkpoints.Checkpoint(**{**vars(tiny_checkpoint), "subject": subject})
        checkpoints.write(path, stored)
        assert file.read_facts(path).subject == subject
    metadata = file.to_metadata(tiny_checkpoint, file.FORMAT)
    del metadata["subject"]
    assert file.from_metadata(path, metadata, file.FORMAT)["subject"] == ""


def test_an_exported_model_without_a_subject_has_none(exported_tiny: Path):
    assert OnnxEditor.load(exported_tiny / "networks").subject == ""

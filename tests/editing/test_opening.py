"""The right editor opens for a model."""

import pytest

from stylemapgan import zoo
from stylemapgan.checkpoints import write
from stylemapgan.checkpoints.networks import pack
from stylemapgan.editing import Editor, OnnxEditor, open_editor
from stylemapgan.errors import CheckpointError, EditError


@pytest.fixture
def model_file(networks, tmp_path):
    config = networks.generator.config
    checkpoint = pack(
        config, networks.generator, networks.encoder, images_seen=0, licence="", data=""
    )
    write(tmp_path / "tiny.safetensors", checkpoint)
    return tmp_path / "tiny.safetensors"


def test_bundled_models_run_on_onnx(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert isinstance(open_editor("hands-64"), OnnxEditor)
    assert isinstance(open_editor("hands-64", engine="onnx"), OnnxEditor)


def test_an_exported_folder_runs_on_onnx(exported):
    assert isinstance(open_editor(exported), OnnxEditor)
    assert isinstance(open_editor(str(exported)), OnnxEditor)


def test_a_model_file_runs_on_pytorch(model_file):
    assert isinstance(open_editor(model_file), Editor)


@pytest.mark.parametrize("asked", [{"engine": "torch"}, {"precision": "bf16-mixed"}])
def test_who_asks_for_what_pytorch_alone_can_do_gets_it(asked):
    assert isinstance(open_editor("hands-64", **asked), Editor)


def test_onnx_files_that_are_not_there_are_missed(model_file):
    with pytest.raises(CheckpointError, match=r"tiny\.safetensors has no ONNX files"):
        open_editor(model_file, engine="onnx")


@pytest.mark.parametrize(
    ("asked", "named"), [({"device": "cuda"}, "on cuda"), ({"precision": "bf16-mixed"}, "bf16")]
)
def test_onnx_computes_in_one_way_only(asked, named):
    with pytest.raises(EditError, match=rf"float32 on the CPU, not in .*{named}"):
        open_editor("hands-64", engine="onnx", **asked)


def test_pytorch_cannot_open_an_exported_folder(exported):
    with pytest.raises(CheckpointError, match=r"holds ONNX files.*choose the engine onnx"):
        open_editor(exported, engine="torch")


def test_what_is_not_there_is_named_beside_what_is():
    with pytest.raises(CheckpointError, match=rf"Unknown model 'fish'.*\({zoo.BUNDLED[0]}"):
        open_editor("fish")

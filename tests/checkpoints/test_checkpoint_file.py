"""Model files come back as written, and say what is wrong with them."""

import re
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from safetensors.numpy import save_file

from stylemapgan.checkpoints import Checkpoint, read, write
from stylemapgan.checkpoints.file import read_facts
from stylemapgan.config import preset
from stylemapgan.errors import CheckpointError, StorageError


@pytest.fixture
def checkpoint() -> Checkpoint:
    rng = np.random.default_rng(0)
    return Checkpoint(
        config=preset("tiny-32").model,
        tensors={
            "generator.a": rng.normal(size=(2, 3)).astype(np.float32),
            "encoder.b": rng.normal(size=(4,)).astype(np.float16),
            "encoder.count": np.array(7),
        },
        images_seen=1234,
        licence="Apache-2.0",
        data="Fotos von Händen",
    )


def test_a_model_file_comes_back_as_written(tmp_path, checkpoint):
    write(tmp_path / "m.safetensors", checkpoint)
    found = read(tmp_path / "m.safetensors")

    facts = read_facts(tmp_path / "m.safetensors")
    for field in ("config", "images_seen", "licence", "data"):
        assert getattr(found, field) == getattr(checkpoint, field) == getattr(facts, field)
    assert facts.tensors == {}
    assert found.tensors.keys() == checkpoint.tensors.keys()
    for name, array in checkpoint.tensors.items():
        assert found.tensors[name].dtype == array.dtype
        np.testing.assert_array_equal(found.tensors[name], array)


def test_writing_leaves_one_file_that_others_may_read(tmp_path, checkpoint):
    path = tmp_path / "m.safetensors"
    plain = tmp_path / "plain"
    plain.touch()

    write(path, checkpoint)
    write(path, checkpoint)

    assert sorted(tmp_path.iterdir()) == [path, plain]
    assert path.stat().st_mode == plain.stat().st_mode


def test_a_failed_write_leaves_nothing_behind(tmp_path, checkpoint):
    path = tmp_path / "m.safetensors"
    path.mkdir()  # a folder cannot be replaced by a file

    with pytest.raises(StorageError, match="cannot be written: it is a folder"):
        write(path, checkpoint)

    assert list(tmp_path.iterdir()) == [path]


def test_write_names_the_folder_that_is_missing(tmp_path, checkpoint):
    with pytest.raises(CheckpointError, match=f"no folder {re.escape(str(tmp_path / 'no'))}"):
        write(tmp_path / "no" / "m.safetensors", checkpoint)


def test_write_refuses_another_suffix(tmp_path, checkpoint):
    with pytest.raises(CheckpointError, match=r"model files end in \.safetensors"):
        write(tmp_path / "m.pt", checkpoint)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"<!DOCTYPE html><html><body>Sign in</body></html>", "web page"),
        (b"PK\x03\x04" + bytes(100), "stylemapgan import"),
        (b"\x80\x02}q\x00." + bytes(100), "stylemapgan import"),
        (b"", "not a safetensors file"),
        (bytes(1000), "not a safetensors file"),
    ],
)
def test_read_says_what_a_foreign_file_is(tmp_path, content, reason):
    path = tmp_path / "m.safetensors"
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match=reason) as caught:
        read(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_read_refuses_a_missing_file(tmp_path):
    with pytest.raises(CheckpointError, match=r"none\.safetensors: there is no such file"):
        read(tmp_path / "none.safetensors")


@pytest.mark.parametrize("kept", [0.1, 0.5, 0.99])
def test_read_refuses_a_truncated_file(tmp_path, checkpoint, kept):
    path = tmp_path / "m.safetensors"
    write(path, checkpoint)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * kept)])
    with pytest.raises(CheckpointError, match="incomplete"):
        read(path)


def test_arrays_come_back_whatever_their_order_in_memory(tmp_path, checkpoint):
    array = np.arange(24, dtype=np.float32).reshape(2, 3, 4).transpose(2, 0, 1)
    write(tmp_path / "m.safetensors", replace(checkpoint, tensors={"generator.a": array}))
    np.testing.assert_array_equal(read(tmp_path / "m.safetensors").tensors["generator.a"], array)


@pytest.mark.parametrize(
    ("metadata", "reason"),
    [
        (None, "format is 'unknown'"),
        ({"format": "pt"}, "format is 'pt', expected 'stylemapgan-1'"),
        ({"format": "stylemapgan-1"}, "has no 'config'"),
        ({"format": "stylemapgan-1", "config": "{"}, "is invalid"),
        ({"format": "stylemapgan-1", "config": '{"image_size": 33}'}, "got 33 and 8"),
        ({"format": "stylemapgan-1", "config": '{"pixels": 32}'}, "pixels"),
    ],
)
def test_read_refuses_metadata_it_does_not_know(tmp_path, metadata, reason):
    path = tmp_path / "m.safetensors"
    save_file({"a": np.zeros(2)}, path, metadata=metadata)
    with pytest.raises(CheckpointError, match=reason):
        read(path)


def test_reading_a_model_file_needs_no_torch():
    program = "import sys, stylemapgan.checkpoints; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0

"""`stylemapgan export` writes a folder that the editing commands take as a model."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from PIL import Image

from stylemapgan.checkpoints import read, write
from stylemapgan.checkpoints.networks import pack
from stylemapgan.config.model import ModelConfig
from stylemapgan.models import Encoder, Generator


@pytest.fixture
def folder(photos, tmp_path):
    """Photos in a folder of their own."""
    kept = tmp_path / "kept"
    kept.mkdir()
    for name in photos:
        (tmp_path / name).rename(kept / name)
    return kept


@pytest.fixture(scope="module")
def model(tmp_path_factory) -> Path:
    """Networks of two levels, for each layer takes its time to export."""
    torch.manual_seed(0)
    widths = ("generator_widths", "resizer_widths", "encoder_widths", "discriminator_widths")
    config = ModelConfig(
        image_size=8,
        stylemap_size=4,
        style_channels=8,
        mapping_layers=1,
        **dict.fromkeys(widths, (8, 8)),
    )
    path = tmp_path_factory.mktemp("model") / "two-levels.safetensors"
    networks = Generator(config), Encoder(config)
    write(path, pack(config, *networks, images_seen=0, licence="", data=""))
    return path


def test_an_exported_model_edits_like_the_model_file(run, model, folder):
    outcome = run("export", model, "tiny", "--photos", folder)

    assert outcome.code == 0, outcome.err
    assert "ONNX Runtime and PyTorch compared on photos" in outcome.out
    assert "wrote tiny; to edit with it: --model tiny" in outcome.out

    for engine, place in (("torch", model), ("onnx", "tiny")):
        arguments = ("reconstruct", *sorted(folder.iterdir()), "--precision", "32-true")
        edited = run(*arguments, "--model", place, "--engine", engine, "-o", f"{engine}.png")
        assert edited.code == 0, edited.err
    with Image.open("torch.png") as expected, Image.open("onnx.png") as result:
        # float16 weights move a value by a level or so
        assert np.abs(np.asarray(expected, int) - np.asarray(result, int)).max() <= 3

    metadata = {entry.key: entry.value for entry in onnx.load("tiny/encoder.onnx").metadata_props}
    errors = json.loads(metadata["typical_errors"])
    assert len(errors) == 11
    assert errors == sorted(errors)
    assert read(model).typical_errors == ()  # the model file itself is left alone


def test_a_folder_without_pictures_is_refused(run, model, photos, tmp_path):
    (tmp_path / "empty").mkdir()
    outcome = run("export", model, "tiny", "--photos", "empty")
    assert (outcome.code, outcome.err) == (
        2,
        "error: empty holds no pictures (JPEG, PNG, WebP, AVIF, HEIC, BMP, TIFF).\n",
    )


def test_a_folder_in_use_is_refused_before_any_work(run, model, folder):
    outcome = run("export", model, folder)
    assert outcome.code == 2
    assert "is not empty: give a new or empty folder" in outcome.err


def test_what_is_not_installed_is_named_with_its_extra(tmp_path):
    program = (
        "import sys\n"
        "from stylemapgan.cli.main import main\n"
        "for missing in ('torch', 'onnx', 'onnxscript'):\n"
        "    sys.modules[missing] = None\n"
        f"    print(main(['export', 'hands-64', {str(tmp_path / 'out')!r}]))\n"
        "    del sys.modules[missing]"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert done.stdout == "2\n2\n2\n"
    messages = done.stderr.splitlines()
    assert len(messages) == 3
    for message, missing in zip(messages, ("PyTorch", "onnx", "onnxscript"), strict=True):
        assert message.startswith(f"error: This needs {missing}")
        assert "pip install 'stylemapgan[export]'" in message

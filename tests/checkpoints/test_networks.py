"""Networks go into a model file and come back the same."""

import dataclasses
import subprocess
import sys

import numpy as np
import pytest
import torch

from stylemapgan.checkpoints import write
from stylemapgan.checkpoints.networks import Networks, build, load, pack
from stylemapgan.config import preset
from stylemapgan.errors import CheckpointError
from stylemapgan.models import Discriminator, Encoder, Generator

CONFIG = preset("tiny-32").model
OPENED = """
import sys
from pathlib import Path
from stylemapgan.checkpoints.networks import load

load(Path(sys.argv[1]))
sys.exit("sympy" in sys.modules)
"""


@pytest.fixture
def networks() -> Networks:
    return Networks(
        generator=Generator(CONFIG), encoder=Encoder(CONFIG), discriminator=Discriminator(CONFIG)
    )


def packed(networks: Networks, *, half: bool = False):
    return pack(
        CONFIG,
        networks.generator,
        networks.encoder,
        networks.discriminator,
        images_seen=5,
        licence="Apache-2.0",
        data="noise",
        half=half,
    )


def test_loaded_networks_compute_what_the_saved_ones_did(tmp_path, networks):
    write(tmp_path / "m.safetensors", packed(networks))
    loaded = load(tmp_path / "m.safetensors")

    z, images = torch.randn(2, 8), torch.randn(2, 3, 32, 32)
    assert loaded.discriminator is not None
    assert torch.equal(loaded.generator(z), networks.generator(z))
    assert torch.equal(loaded.encoder(images), networks.encoder(images))
    assert torch.equal(loaded.discriminator(images), networks.discriminator(images))
    assert not loaded.generator.training


def test_a_checkpoint_is_a_copy(networks):
    checkpoint = packed(networks)
    before = {name: array.copy() for name, array in checkpoint.tensors.items()}
    with torch.no_grad():
        for network in (networks.generator, build(checkpoint).generator):
            for parameter in network.parameters():
                parameter.zero_()
    for name, array in before.items():
        np.testing.assert_array_equal(checkpoint.tensors[name], array)


def test_half_precision_halves_the_file_and_runs_in_float32(tmp_path, networks):
    write(tmp_path / "full.safetensors", packed(networks))
    write(tmp_path / "half.safetensors", packed(networks, half=True))
    full, half = (load(tmp_path / f"{name}.safetensors") for name in ("full", "half"))

    sizes = {path.stem: path.stat().st_size for path in tmp_path.iterdir()}
    assert sizes["half"] < 0.7 * sizes["full"]
    z = torch.randn(2, 8)
    assert half.generator(z).dtype == torch.float32
    torch.testing.assert_close(half.generator(z), full.generator(z), rtol=0, atol=0.02)


def test_a_model_for_editing_has_no_discriminator(networks):
    checkpoint = packed(dataclasses.replace(networks, discriminator=None))
    assert not any(name.startswith("discriminator.") for name in checkpoint.tensors)
    assert build(checkpoint).discriminator is None


def test_loaded_networks_can_be_trained_on(networks):
    loaded = build(packed(networks))
    loaded.generator(torch.randn(2, 8)).square().mean().backward()
    assert all(parameter.grad is not None for parameter in loaded.generator.parameters())


def test_build_names_tensors_that_do_not_fit(networks):
    checkpoint = packed(networks)
    tensors = dict(checkpoint.tensors)
    del tensors["encoder.to_stylemap.bias"]
    tensors["generator.extra"] = np.zeros(3)
    tensors["critic.weight"] = np.zeros(3)
    tensors["generator.synthesis.constant"] = np.zeros((1, 16, 5, 5))

    with pytest.raises(CheckpointError) as caught:
        build(dataclasses.replace(checkpoint, tensors=tensors))

    message = str(caught.value)
    assert "missing: encoder.to_stylemap.bias;" in message
    assert "unexpected: generator.extra, critic.weight;" in message
    assert "generator.synthesis.constant (1, 16, 5, 5) instead of (1, 16, 4, 4)" in message


def test_load_names_the_file_whose_config_and_tensors_disagree(tmp_path, networks):
    other = dataclasses.replace(CONFIG, mapping_layers=2)
    path = tmp_path / "m.safetensors"
    write(path, dataclasses.replace(packed(networks), config=other))
    with pytest.raises(CheckpointError, match=r"m\.safetensors: .* of another shape: generator"):
        load(path)


def test_a_long_list_of_tensors_is_cut_short(networks):
    with pytest.raises(
        CheckpointError, match=r"missing: generator\.[^,]*,[^,]*,[^,]* and \d+ more"
    ):
        build(dataclasses.replace(packed(networks), tensors={}))


def test_opening_a_model_loads_no_symbolic_algebra(tmp_path, networks):
    """PyTorch would, and wait for it for a second, to draw weights that nobody sees."""
    write(tmp_path / "m.safetensors", packed(networks))
    command = [sys.executable, "-c", OPENED, str(tmp_path / "m.safetensors")]
    assert subprocess.run(command, check=False).returncode == 0

"""What the PyTorch editor adds to the contract."""

import numpy as np
import pytest
import torch

import stylemapgan
from stylemapgan.checkpoints import write
from stylemapgan.checkpoints.networks import pack
from stylemapgan.config import preset
from stylemapgan.editing import Editor
from stylemapgan.errors import CheckpointError, EditError


@pytest.fixture
def photos() -> np.ndarray:
    return np.random.default_rng(0).uniform(-1, 1, (2, 3, 32, 32)).astype(np.float32)


def test_a_model_file_edits_like_the_networks_in_it(networks, photos, tmp_path):
    packed = pack(
        preset("tiny-32").model,
        networks.generator,
        networks.encoder,
        images_seen=0,
        licence="",
        data="",
    )
    write(tmp_path / "tiny.safetensors", packed)

    loaded = stylemapgan.Editor.load(tmp_path / "tiny.safetensors")

    assert loaded.config == preset("tiny-32").model
    torch.testing.assert_close(loaded.reconstruct(photos), Editor(networks).reconstruct(photos))


def test_results_carry_no_gradients(networks, photos):
    assert not Editor(networks).reconstruct(photos).requires_grad


def test_mixed_precision_gives_nearly_the_same_float32_pictures(networks, photos):
    exact = Editor(networks).reconstruct(photos)
    mixed = Editor(networks, precision="bf16-mixed").reconstruct(photos)
    assert mixed.dtype == torch.float32
    assert (mixed - exact).abs().mean() < 0.03 * exact.std()


def test_a_device_that_is_not_there_is_named(networks):
    with pytest.raises(EditError, match="cannot use the device 'abacus' here"):
        Editor(networks, device="abacus")


def test_a_model_that_is_not_there_is_named():
    with pytest.raises(CheckpointError, match=r"no model 'fish-64'.*bundled model \(hands-64"):
        Editor.load("fish-64")

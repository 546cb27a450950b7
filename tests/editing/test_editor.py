"""What the PyTorch editor adds to the contract."""

import dataclasses

import numpy as np
import pytest
import torch

import stylemapgan
from stylemapgan.checkpoints import write
from stylemapgan.checkpoints.networks import Networks, pack
from stylemapgan.config import preset
from stylemapgan.editing import Editor
from stylemapgan.editing.operations import transplant
from stylemapgan.errors import CheckpointError, EditError
from stylemapgan.machine.precision import choose
from stylemapgan.models import Encoder, Generator


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

    loaded = stylemapgan.Editor.load(tmp_path / "tiny.safetensors", precision="32-true")

    assert loaded.config == preset("tiny-32").model
    torch.testing.assert_close(loaded.reconstruct(photos), Editor(networks).reconstruct(photos))


@pytest.mark.parametrize(("kernel", "fade"), [(3, 0), (1, 2)])
def test_the_border_of_a_mask_fades_where_modulation_does_not_mix_cells(photos, kernel, fade):
    config = dataclasses.replace(preset("tiny-32").model, modulation_kernel=kernel)
    own = Networks(generator=Generator(config).eval(), encoder=Encoder(config).eval())
    editor = Editor(own)
    mask = np.zeros((1, 1, 32, 32), np.float32)
    mask[..., 9:22, 5:20] = 1

    source, reference = (editor.resize(editor.encode(photos[i : i + 1])) for i in (0, 1))
    w_plus = transplant(source, reference, torch.as_tensor(mask), fade=fade)
    expected = editor.synthesize(w_plus)
    assert torch.equal(editor.blend_w_plus(photos[:1], photos[1:], mask), expected)


def test_results_carry_no_gradients(networks, photos):
    assert not Editor(networks).reconstruct(photos).requires_grad


def test_mixed_precision_gives_nearly_the_same_float32_pictures(networks, photos):
    exact = Editor(networks).reconstruct(photos)
    mixed = Editor(networks, precision="bf16-mixed").reconstruct(photos)
    assert mixed.dtype == torch.float32
    assert (mixed - exact).abs().mean() < 0.03 * exact.std()


@pytest.mark.parametrize("precision", ["32-true", "bf16-mixed"])
def test_a_precision_that_is_named_keeps_its_bits(networks, photos, tmp_path, precision):
    """The same bits as the networks give by themselves, whatever auto means on this machine."""
    images = torch.as_tensor(photos)
    layout = torch.channels_last if precision == "bf16-mixed" else torch.contiguous_format
    for network in (networks.generator, networks.encoder):
        network.to(memory_format=layout)
    with torch.inference_mode(), torch.autocast("cpu", enabled=precision == "bf16-mixed"):
        stylemaps = networks.encoder(images).float()
        w_plus = [each.float() for each in networks.generator.resizer(stylemaps)]
        expected = networks.generator.synthesis(w_plus).float()
    assert torch.equal(Editor(networks, precision=precision).reconstruct(photos), expected)


def test_auto_is_one_of_the_two_and_says_which(networks, photos):
    chosen = Editor(networks, precision="auto")
    assert chosen.precision == choose("auto").precision
    named = Editor(networks, precision=chosen.precision)
    assert torch.equal(chosen.reconstruct(photos), named.reconstruct(photos))
    assert chosen.what_computes.endswith(f"precision {chosen.precision} (auto)")
    assert named.what_computes.endswith(f"precision {chosen.precision}")


def test_a_mixed_editor_has_a_float32_editor_of_the_same_networks(networks, photos):
    mixed = Editor(networks, precision="bf16-mixed")
    exact = mixed.in_float32()
    assert (exact.precision, mixed.precision) == ("32-true", "bf16-mixed")
    assert exact.networks.generator is mixed.networks.generator
    assert torch.equal(exact.reconstruct(photos), Editor(networks).reconstruct(photos))
    assert exact.in_float32() is exact


def test_a_device_that_is_not_there_is_named(networks):
    with pytest.raises(EditError, match="cannot use the device 'abacus' here"):
        Editor(networks, device="abacus")


def test_a_model_that_is_not_there_is_named():
    unknown = r"Unknown model 'fish-64'.*bundled model \(faces-128"
    with pytest.raises(CheckpointError, match=unknown):
        Editor.load("fish-64")

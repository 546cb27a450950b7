"""A model takes over from another what has the same place and shape."""

import dataclasses
from pathlib import Path

import pytest
import torch

from stylemapgan.checkpoints import write
from stylemapgan.checkpoints.networks import Networks, pack
from stylemapgan.config import ModelConfig, RunConfig, preset
from stylemapgan.errors import CheckpointError, ConfigError
from stylemapgan.methods.runs import resume, start
from stylemapgan.methods.stylemapgan.recipe import STYLEMAPGAN
from stylemapgan.methods.stylemapgan.state import StyleMapGANState
from stylemapgan.methods.stylemapgan.transfer import load_pretrained, transfer
from stylemapgan.training.recipe import new_state

CPU = torch.device("cpu")
TINY = preset("tiny-32").model
LARGER = dataclasses.replace(
    TINY,
    image_size=64,
    generator_widths=(*TINY.generator_widths, 6),
    resizer_widths=(*TINY.resizer_widths, 6),
    encoder_widths=(*TINY.encoder_widths, 6),
    discriminator_widths=(*TINY.discriminator_widths, 6),
)


def fresh(model: ModelConfig, seed: int) -> StyleMapGANState:
    training = dataclasses.replace(preset("tiny-32").training, seed=seed)
    return new_state(STYLEMAPGAN, RunConfig(model=model, training=training), CPU)


def networks(state: StyleMapGANState) -> Networks:
    return Networks(
        generator=state.generator, encoder=state.encoder, discriminator=state.discriminator
    )


def test_a_model_of_the_same_shapes_is_taken_over_whole():
    source, target = fresh(TINY, 1), fresh(TINY, 2)
    taken = transfer(target, networks(source))
    assert taken.tensors == taken.tensors_total
    for name in ("generator", "encoder", "discriminator"):
        expected = getattr(source, name).state_dict()
        for key, value in getattr(target, name).state_dict().items():
            assert torch.equal(value, expected[key])
    for kept, value in zip(
        target.generator_ema.parameters(), source.generator.parameters(), strict=True
    ):
        assert torch.equal(kept, value)


def test_a_larger_image_takes_over_all_but_the_finest_layers():
    source, target = fresh(TINY, 1), fresh(LARGER, 2)
    transfer(target, networks(source))
    stylemap = torch.randn(1, 8, 4, 4)
    coarse = source.generator.resizer(stylemap)
    for one, other in zip(coarse, target.generator.resizer(stylemap), strict=False):
        assert torch.equal(one, other)
    # the encoder's trunk counts from the image: halving 32 to 16 pixels is a layer later
    one, other = source.encoder.trunk.state_dict(), target.encoder.trunk.state_dict()
    assert torch.equal(one["1.refine.weight"], other["2.refine.weight"])
    assert torch.equal(one["3.down.weight"], other["4.down.weight"])
    assert torch.equal(source.encoder.to_stylemap.weight, target.encoder.to_stylemap.weight)


def test_another_stylemap_size_keeps_the_convolutions():
    finer = dataclasses.replace(
        TINY,
        image_size=64,
        stylemap_size=8,
        discriminator_widths=(*TINY.discriminator_widths, 6),
    )
    source, target = fresh(TINY, 1), fresh(finer, 2)
    constant = target.generator.synthesis.constant.clone()
    taken = transfer(target, networks(source))
    assert 0 < taken.tensors < taken.tensors_total
    assert torch.equal(target.generator.synthesis.constant, constant)
    assert torch.equal(
        source.generator.synthesis.first.convolution.weight,
        target.generator.synthesis.first.convolution.weight,
    )


def test_a_3x3_modulation_that_becomes_1x1_computes_the_same_for_a_constant_style():
    one_cell = dataclasses.replace(TINY, modulation_kernel=1)
    source, target = fresh(TINY, 1), fresh(one_cell, 2)
    taken = transfer(target, networks(source))
    assert taken.tensors == taken.tensors_total
    style = torch.randn(1, TINY.resizer_widths[0], 1, 1).expand(-1, -1, 6, 6)
    expected, found = (
        state.generator.synthesis.first.modulation.to_scale_and_shift(style)
        for state in (source, target)
    )
    inner = (..., slice(1, -1), slice(1, -1))  # zeros beyond the border enter a 3x3 kernel
    torch.testing.assert_close(found[inner], expected[inner], rtol=1e-4, atol=1e-5)
    assert not torch.allclose(found[..., 0, 0], expected[..., 0, 0])


def test_a_1x1_modulation_does_not_become_3x3():
    one_cell = dataclasses.replace(TINY, modulation_kernel=1)
    source, target = fresh(one_cell, 1), fresh(TINY, 2)
    before = target.generator.synthesis.first.modulation.to_scale_and_shift.weight.clone()
    taken = transfer(target, networks(source))
    assert 0 < taken.tensors < taken.tensors_total
    after = target.generator.synthesis.first.modulation.to_scale_and_shift.weight
    assert torch.equal(after, before)


@pytest.mark.parametrize(("given", "wanted"), [(2, 1), (1, 2)])
def test_a_resizer_of_other_depth_takes_over_the_first_convolution_of_each_level(given, wanted):
    same_widths = dataclasses.replace(TINY, resizer_widths=(8, 8, 8, 8))  # shapes tell nothing
    source = fresh(dataclasses.replace(same_widths, resizer_convolutions=given), 1)
    target = fresh(dataclasses.replace(same_widths, resizer_convolutions=wanted), 2)
    seconds = 2 * 4 * (wanted - 1)  # weights and biases that the source lacks
    taken = transfer(target, networks(source))
    assert taken.tensors == taken.tensors_total - seconds
    stylemap = torch.randn(1, 8, 4, 4)
    one, other = (state.generator.resizer.convolutions for state in (source, target))
    for position in ("0", "2", "4", "6"):
        expected = one[position](stylemap)
        assert torch.equal(other[position](stylemap), expected)


def test_networks_without_a_common_width_are_refused():
    other = dataclasses.replace(
        TINY,
        style_channels=5,
        mapping_layers=1,
        generator_widths=(7, 7, 7, 7),
        resizer_widths=(7, 7, 7, 7),
        encoder_widths=(7, 7, 7, 7),
    )
    with pytest.raises(ConfigError, match="no layer has the same shape"):
        transfer(fresh(other, 2), networks(fresh(TINY, 1)))


@pytest.fixture
def model_file(tmp_path) -> Path:
    """A model without a discriminator, as bundled ones are."""
    state = fresh(TINY, 1)
    path = tmp_path / "source.safetensors"
    checkpoint = pack(TINY, state.generator, state.encoder, images_seen=5, licence="", data="")
    write(path, checkpoint)
    return path


def test_a_run_starts_from_a_model_file_and_says_so(settings, model_file, tmp_path):
    run = start(settings(init_from=str(model_file)), tmp_path / "run")
    expected = load_pretrained(str(model_file)).encoder.state_dict()
    for key, value in run.state.encoder.state_dict().items():
        torch.testing.assert_close(value, expected[key])
    run.train()
    (note,) = [entry["machine"] for entry in run.folder.journal.entries() if "machine" in entry]
    assert "the discriminator starts with fresh weights" in note["init_from"]
    assert resume(tmp_path / "run").state.images_seen == 24


def test_a_run_starts_from_another_run_with_its_discriminator(settings, tmp_path):
    first = start(settings(images=8), tmp_path / "first")
    first.train()
    second = start(settings(init_from=str(tmp_path / "first")), tmp_path / "second")
    expected = first.state.discriminator.state_dict()
    for key, value in second.state.discriminator.state_dict().items():
        assert torch.equal(value, expected[key])
    assert second.state.images_seen == 0


def test_a_model_that_is_not_there_is_named(settings, tmp_path):
    with pytest.raises(CheckpointError, match="nowhere"):
        start(settings(init_from="nowhere"), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_run_that_has_not_saved_anything_cannot_be_started_from(settings, tmp_path):
    start(settings(), tmp_path / "first")
    with pytest.raises(ConfigError, match="has not saved a state yet"):
        load_pretrained(str(tmp_path / "first"))


def test_freezing_more_layers_than_there_are_is_refused(settings):
    with pytest.raises(ConfigError, match="freeze_discriminator must be at most 4"):
        new_state(STYLEMAPGAN, settings(init_from="x", freeze_discriminator=5), CPU)


def test_freezing_without_a_model_to_start_from_is_refused(settings):
    with pytest.raises(ConfigError, match="set init_from too"):
        settings(freeze_discriminator=1)

"""Presets are what they are named after."""

import dataclasses

import pytest

from stylemapgan import zoo
from stylemapgan.checkpoints.file import read
from stylemapgan.config import PRESETS, ModelConfig, RunConfig, TrainConfig, preset
from stylemapgan.errors import ConfigError

REFERENCE_WIDTHS = {
    "paper-128": (512, 512, 512, 512, 256),
    "paper-256": (512, 512, 512, 512, 256, 128),
    "paper-512": (512, 512, 512, 512, 256, 128, 64),
    "paper-1024-light": (512, 512, 512, 256, 128, 64, 32),
}
"""Channels from the stylemap's size to the image's, read off the paper's table."""


@pytest.mark.parametrize("name", REFERENCE_WIDTHS)
def test_paper_presets_have_the_papers_widths(name):
    model, widths = preset(name).model, REFERENCE_WIDTHS[name]
    assert model.generator_widths == widths
    assert model.encoder_widths == widths
    at_4_pixels_and_8 = (512, 512) if model.stylemap_size == 16 else (512,)
    assert model.discriminator_widths == at_4_pixels_and_8 + widths
    assert model.style_channels == 64
    assert model.mapping_layers == 8
    assert model.normalisation == "layer"


def test_only_the_light_generator_narrows_its_resized_stylemaps():
    assert preset("paper-1024-light").model.resizer_widths == (64,) * 7
    assert preset("paper-256").model.resizer_widths == REFERENCE_WIDTHS["paper-256"]


@pytest.mark.parametrize("name", REFERENCE_WIDTHS)
def test_paper_presets_train_as_the_paper_says(name):
    training = preset(name).training
    assert training == TrainConfig()
    assert (training.images, training.batch, training.learning_rate) == (5_000_000, 16, 0.002)
    assert (training.r1_gamma, training.r1_interval) == (10.0, 16)
    assert 0.5 ** (training.batch / training.ema_half_life) == pytest.approx(0.999, abs=1e-7)
    additions = {"gradient", "laplacian", "feature_adversarial", "feature_guided"}
    for term, weight in vars(training.weights).items():
        assert weight == (0.0 if term in additions else 1.0)
    assert training.perceptual_network == "lpips-vgg16"
    assert training.augmentations == ()
    assert training.precision == "32-true"


@pytest.mark.parametrize("name", PRESETS)
def test_only_presets_for_laptops_modulate_by_1x1_convolutions(name):
    assert preset(name).model.modulation_kernel == (1 if "laptop" in name else 3)


def test_class_defaults_are_the_papers_networks_at_256_pixels():
    assert preset("paper-256") == RunConfig()
    assert preset("paper-256").model == ModelConfig()


@pytest.mark.parametrize("name", PRESETS)
def test_sizes_follow_from_a_presets_name(name):
    model = preset(name).model
    assert str(model.image_size) in name.split("-")
    assert model.cell_size == model.image_size // model.stylemap_size
    assert model.stylemap_size * 2**model.doublings == model.image_size
    assert 4 * 2**model.discriminator_halvings == model.image_size


def test_the_fine_preset_is_the_shape_of_the_bundled_faces():
    bundled = read(zoo.find("faces-128")).config
    fine = preset("laptop-128-fine").model
    assert fine == dataclasses.replace(bundled, discriminator_widths=fine.discriminator_widths)


def test_an_unknown_preset_is_answered_with_the_known_ones():
    with pytest.raises(
        ConfigError, match="Unknown preset 'huge': choose one of tiny-32, laptop-64, "
    ):
        preset("huge")

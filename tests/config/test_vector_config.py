"""Shapes of the vector networks check themselves."""

import dataclasses
from typing import Any

import pytest

from stylemapgan.config import VectorConfig, from_dict, preset, to_dict
from stylemapgan.config.presets import VECTOR_LAPTOP_64, VECTOR_TINY_32
from stylemapgan.errors import ConfigError

WRONG: list[tuple[dict[str, Any], str]] = [
    ({"image_size": 48}, "got 48 and 4"),
    ({"image_size": 4, "constant_size": 2}, "at least 8"),
    ({"constant_size": 1}, "constant_size (at least 2)"),
    ({"constant_size": 0}, "got 32 and 0"),
    ({"constant_size": 64}, "got 32 and 64"),
    ({"constant_size": 8}, "generator_widths must list 3 positive widths"),
    ({"generator_widths": (16, 16, 12)}, "generator_widths must list 4 positive widths"),
    ({"encoder_widths": (16, 16, 12, 0)}, "encoder_widths must list 4 positive widths"),
    ({"discriminator_widths": (16,) * 5}, "discriminator_widths must list 4 positive widths"),
    ({"style_channels": 0}, "style_channels must be from 1 to 65,536, got 0."),
    ({"mapping_layers": 70_000}, "mapping_layers must be from 1 to 65,536, got 70000."),
]


@pytest.mark.parametrize(("changes", "message"), WRONG)
def test_a_wrong_shape_is_answered_in_one_line(changes, message):
    with pytest.raises(ConfigError) as raised:
        dataclasses.replace(VECTOR_TINY_32, **changes)
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("config", [VectorConfig(), VECTOR_LAPTOP_64, VECTOR_TINY_32])
def test_shapes_survive_being_written_down(config):
    assert from_dict(VectorConfig, to_dict(config)) == config


def test_an_unknown_kind_of_styles_is_answered_with_the_known_ones():
    with pytest.raises(ConfigError, match="expected one of shared, layered, got 'many'"):
        from_dict(VectorConfig, {"styles": "many"})


def test_a_misspelt_setting_of_the_vector_networks_is_named():
    with pytest.raises(ConfigError, match="style_chanels"):
        from_dict(VectorConfig, {"style_chanels": 8})


@pytest.mark.parametrize(
    ("size", "constant", "doublings", "halvings"),
    [(64, 4, 4, 4), (64, 8, 3, 4), (32, 2, 4, 3), (96, 6, 4, 4), (256, 4, 6, 6)],
)
def test_two_layers_are_modulated_at_each_resolution(size, constant, doublings, halvings):
    config = VectorConfig(
        image_size=size,
        constant_size=constant,
        generator_widths=(8,) * (doublings + 1),
        encoder_widths=(8,) * (halvings + 1),
        discriminator_widths=(8,) * (halvings + 1),
    )
    assert config.doublings == doublings
    assert config.discriminator_halvings == halvings
    assert config.layers == 2 * len(config.generator_widths)


def test_vector_presets_have_the_sizes_of_their_namesakes():
    for vector, name in ((VECTOR_TINY_32, "tiny-32"), (VECTOR_LAPTOP_64, "laptop-64")):
        assert vector.image_size == preset(name).model.image_size
        assert vector.discriminator_widths == preset(name).model.discriminator_widths

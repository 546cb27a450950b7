"""Settings check themselves, and survive being written down."""

import dataclasses
import math
import tomllib
from typing import Any

import pytest

from stylemapgan.config import (
    PRESETS,
    DataConfig,
    LossWeights,
    ModelConfig,
    RunConfig,
    TrainConfig,
    from_dict,
    preset,
    read_toml,
    to_dict,
    to_toml,
)
from stylemapgan.errors import ConfigError

TINY = preset("tiny-32").model


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_comes_back_from_toml(tmp_path, name):
    data = DataConfig(photos="/photos/“mine”", licence="CC BY 4.0", statement="two\nlines \\ é")
    settings = dataclasses.replace(preset(name), data=data)
    path = tmp_path / "config.toml"
    path.write_text(to_toml(settings), encoding="utf-8")
    assert read_toml(path) == settings


def test_toml_holds_plain_tables_that_a_person_can_edit():
    values = tomllib.loads(to_toml(preset("tiny-32")))
    assert list(values) == ["method", "model", "vector", "training", "data"]
    assert values["model"]["generator_widths"] == [16, 16, 12, 8]
    assert values["training"]["weights"]["perceptual"] == 1.0
    assert values["training"]["horizontal_flips"] is True


def test_settings_left_out_keep_their_defaults():
    built = from_dict(RunConfig, {"training": {"batch": 4, "weights": {"perceptual": 0.5}}})
    weights = LossWeights(perceptual=0.5)
    assert built == RunConfig(training=TrainConfig(batch=4, weights=weights))


def test_a_whole_number_will_do_for_a_fraction():
    assert from_dict(TrainConfig, {"r1_gamma": 1}).r1_gamma == 1.0


def test_plain_values_share_nothing_with_the_config():
    values = to_dict(preset("tiny-32"))
    values["training"]["batch"] = 2
    assert preset("tiny-32").training.batch == 8


WRONG: list[tuple[Any, str]] = [
    ({"modle": {}}, "modle"),
    ({"training": {"bach": 4}}, "bach"),
    ({"model": 3}, "settings.model"),
    ({"model": []}, "settings.model"),
    ([], "settings"),
    (None, "settings"),
    ("batch", "settings"),
    ({"training": {"images": 2.7}}, "2.7 @ settings.training.images"),
    ({"training": {"images": "2"}}, "'2' @ settings.training.images"),
    ({"training": {"batch": True}}, "True @ settings.training.batch"),
    ({"training": {"horizontal_flips": "false"}}, "settings.training.horizontal_flips"),
    ({"training": {"horizontal_flips": 0}}, "settings.training.horizontal_flips"),
    ({"training": {"learning_rate": "fast"}}, "'fast' @ settings.training.learning_rate"),
    ({"training": {"augmentations": "colour"}}, "settings.training.augmentations"),
    ({"training": {"augmentations": ["warp"]}}, "colour, translation, cutout"),
    ({"training": {"precision": "fp8"}}, "32-true, bf16-mixed"),
    ({"training": {"perceptual_network": 3}}, "efficientnet-lite0, lpips-vgg16, none"),
    ({"model": {"generator_widths": "abcdef"}}, "settings.model.generator_widths"),
    ({"model": {"generator_widths": 7}}, "settings.model.generator_widths"),
    ({"model": {"generator_widths": [1.5] * 6}}, "settings.model.generator_widths"),
    ({"data": {"photos": 3}}, "settings.data.photos"),
    ({"model": {"normalisation": "group"}}, "layer, instance, batch"),
    ({"model": {"modulation_kernel": 2}}, "modulation_kernel must be 1 or 3, got 2"),
    ({"model": {"resizer_convolutions": 3}}, "resizer_convolutions must be 1 or 2, got 3"),
    ({"training": {"warm_up_beta1": 1.0}}, "at least 0 and below 1, got 1.0"),
    ({"training": {"photo_augmentation": {"rotation": -1.0}}}, "rotation"),
    ({"training": {"batch": 7}}, "multiple of 4"),
]


@pytest.mark.parametrize(("values", "expected"), WRONG, ids=str)
def test_wrong_values_are_refused_in_one_line_that_says_where(values, expected):
    with pytest.raises(ConfigError) as error:
        from_dict(RunConfig, values)
    message = str(error.value)
    assert expected in message
    assert "\n" not in message
    assert "unknown error" not in message
    assert "typing" not in message


def test_all_wrong_settings_are_told_at_once():
    with pytest.raises(ConfigError, match=r"image_size must .* 31 and 8.*; batch must .* got 7"):
        from_dict(RunConfig, {"training": {"batch": 7}, "model": {"image_size": 31}})


FIELDS = {field.name: field.default for field in dataclasses.fields(TrainConfig)}
COUNTS = [name for name, default in FIELDS.items() if type(default) is int]
FRACTIONS = [name for name, default in FIELDS.items() if type(default) is float]


def test_negative_counts_are_refused():
    for name in COUNTS:
        with pytest.raises(ConfigError, match=f"^{name} must .*got -1"):
            dataclasses.replace(TrainConfig(), **{name: -1})


@pytest.mark.parametrize("value", [-1.0, math.nan, math.inf, -math.inf])
def test_numbers_that_cannot_be_are_refused(value):
    for name in FRACTIONS:
        with pytest.raises(ConfigError, match=f"^{name} must .*got {value}"):
            dataclasses.replace(TrainConfig(), **{name: value})


@pytest.mark.parametrize("value", [-0.5, math.nan, math.inf])
def test_loss_weights_that_cannot_be_are_refused(value):
    for field in dataclasses.fields(LossWeights):
        with pytest.raises(ConfigError, match=rf"^weights\.{field.name} must .*got {value}"):
            dataclasses.replace(LossWeights(), **{field.name: value})


MAY_BE_ZERO = {
    *("r1_gamma", "perceptual_from", "adversarial_from", "cooldown", "seed"),
    *("freeze_discriminator", "frechet_images", "warm_up_beta1"),
    "discriminator_head_start",
}


def test_lengths_and_rates_of_zero_are_refused():
    for name in {*COUNTS, *FRACTIONS} - MAY_BE_ZERO:
        with pytest.raises(ConfigError, match=f"^{name} must .*got 0"):
            dataclasses.replace(TrainConfig(), **{name: type(FIELDS[name])(0)})


def test_batches_divide_into_groups_or_are_refused():
    for batch in (1, 2, 3, 4, 8, 20):
        assert TrainConfig(batch=batch).batch == batch
    for batch in (5, 6, 7, 9, 18):
        with pytest.raises(ConfigError, match=f"multiple of 4.*got {batch}"):
            TrainConfig(batch=batch)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"image_size": 48}, "times a power of two; got 48 and 4"),
        ({"image_size": 33}, "times a power of two; got 33 and 4"),
        ({"image_size": 0}, "at least 8"),
        ({"image_size": -32}, "at least 8"),
        ({"stylemap_size": 0}, "got 32 and 0"),
        ({"stylemap_size": -4}, "got 32 and -4"),
        ({"stylemap_size": 64}, "got 32 and 64"),
        ({"stylemap_size": 8}, "generator_widths must list 3 positive widths"),
        ({"generator_widths": ()}, r"generator_widths must list 4 .* got \(\)"),
        ({"resizer_widths": (8, 8, 8, 0)}, "resizer_widths must list 4 positive widths"),
        ({"encoder_widths": (8, 8, 8)}, "encoder_widths must list 4"),
        ({"discriminator_widths": (8,) * 5}, "discriminator_widths must list 4"),
        ({"style_channels": 0}, "style_channels must be from 1 to 65,536, got 0"),
        ({"mapping_layers": -1}, "mapping_layers must be from 1 to 65,536, got -1"),
    ],
)
def test_networks_that_cannot_be_built_are_refused(changes, expected):
    with pytest.raises(ConfigError, match=expected):
        dataclasses.replace(TINY, **changes)


def test_sizes_need_not_be_powers_of_two():
    model = ModelConfig(
        image_size=96,
        stylemap_size=6,
        generator_widths=(8,) * 5,
        resizer_widths=(8,) * 5,
        encoder_widths=(8,) * 5,
        discriminator_widths=(8,) * 5,
    )
    assert (model.cell_size, model.doublings, model.discriminator_halvings) == (16, 4, 4)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"[training\n", "is not valid TOML"),
        (b"\xff\xfe", "is not valid TOML"),
        (b"[training]\nbatch = 7\n", "multiple of 4"),
        (b"[training]\nlearning_rate = nan\n", "learning_rate must"),
        (b"[traning]\n", "traning"),
    ],
)
def test_a_bad_file_is_named_with_its_fault(tmp_path, content, expected):
    path = tmp_path / "mine.toml"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match=expected) as error:
        read_toml(path)
    assert str(error.value).startswith(str(path))
    assert "\n" not in str(error.value)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"none\.toml cannot be read: No such file"):
        read_toml(tmp_path / "none.toml")

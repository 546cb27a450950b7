"""A flag goes before the preset, and the preset before the class's default."""

import dataclasses
from typing import Any

import pytest
from cyclopts import CycloptsError

from stylemapgan.cli.train import app
from stylemapgan.config import (
    PRESETS,
    DataConfig,
    LossWeights,
    RunConfig,
    TrainConfig,
    preset,
    to_toml,
)
from stylemapgan.errors import ConfigError


def parse(*tokens: str) -> dict[str, Any]:
    _, bound, _ = app.parse_args(["photos", *tokens], exit_on_error=False, print_error=False)
    return bound.arguments


def training(*tokens: str) -> TrainConfig:
    return parse(*tokens)["training"]


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_alone_is_taken_whole(name):
    arguments = parse("--preset", name)
    assert arguments["model"] == preset(name).model
    assert arguments["training"] == preset(name).training


def test_without_a_word_laptop_64_is_taken():
    assert training() == preset("laptop-64").training


def test_a_flag_goes_before_the_preset_and_changes_nothing_else():
    expected = dataclasses.replace(preset("laptop-64").training, batch=16, learning_rate=1e-5)
    assert training("--batch", "16", "--learning-rate", "1e-5") == expected


def test_a_flag_may_repeat_the_class_default_against_the_preset():
    assert preset("laptop-64").training.precision == "auto"
    assert training("--precision", "32-true").precision == "32-true"
    assert training("--batch", "16").batch == TrainConfig.batch


def test_a_single_loss_weight_leaves_the_others_to_the_preset():
    expected = dataclasses.replace(preset("laptop-64").training.weights, domain_guided=0.25)
    assert training("--weights.domain-guided", "0.25").weights == expected


def test_claims_have_a_flag_for_yes_and_one_for_no():
    assert training().horizontal_flips
    assert not training("--no-horizontal-flips").horizontal_flips
    assert training("--horizontal-flips").horizontal_flips


@pytest.mark.parametrize(
    "tokens",
    [
        ["--augmentations", "colour", "--augmentations", "cutout"],
        ["--augmentations", "colour", "cutout"],
        ["--augmentations", '["colour", "cutout"]'],
    ],
)
def test_names_are_listed_in_any_usual_way(tokens):
    assert training(*tokens).augmentations == ("colour", "cutout")


def test_an_empty_list_has_a_flag_of_its_own():
    assert preset("laptop-64").training.augmentations
    assert training("--empty-augmentations").augmentations == ()


@pytest.mark.parametrize(
    "tokens", [["8", "8", "6", "4"], ["[8, 8, 6, 4]"]], ids=["several values", "one list"]
)
def test_widths_are_listed_in_any_usual_way(tokens):
    model = parse("--preset", "tiny-32", "--generator-widths", *tokens)["model"]
    expected = dataclasses.replace(preset("tiny-32").model, generator_widths=(8, 8, 6, 4))
    assert model == expected


@pytest.fixture
def mine(tmp_path) -> str:
    data = DataConfig(
        photos="/my/photos", validation="/my/others", licence="CC0-1.0", statement="Mine"
    )
    settings = RunConfig(
        model=preset("tiny-32").model,
        training=TrainConfig(batch=4, horizontal_flips=False, weights=LossWeights(perceptual=0.1)),
        data=data,
    )
    path = tmp_path / "mine.toml"
    path.write_text(to_toml(settings))
    return str(path)


def test_a_file_takes_the_place_of_a_preset(mine):
    arguments = parse("--config", mine, "--learning-rate", "0.01")
    assert arguments["model"] == preset("tiny-32").model
    assert arguments["training"] == TrainConfig(
        batch=4, horizontal_flips=False, weights=LossWeights(perceptual=0.1), learning_rate=0.01
    )


def test_what_a_file_says_about_photos_counts_unless_said_otherwise(mine):
    arguments = parse("--config", mine, "--licence", "MIT")
    assert str(arguments["photos"]) == "photos"
    assert str(arguments["validation"]) == "/my/others"
    assert (arguments["licence"], arguments["statement"]) == ("MIT", "Mine")
    _, bound, _ = app.parse_args(["--config", mine], exit_on_error=False, print_error=False)
    assert str(bound.arguments["photos"]) == "/my/photos"


def test_a_preset_names_no_photos():
    _, bound, _ = app.parse_args(["--preset", "tiny-32"], exit_on_error=False, print_error=False)
    assert bound.arguments.keys() & {"photos", "validation"} == set()


@pytest.mark.parametrize(
    ("tokens", "told"),
    [
        (["--preset", "huge"], "Unknown preset 'huge'"),
        (["--config", "/none.toml"], "/none.toml cannot be read"),
        (
            ["--preset", "tiny-32", "--config", "mine.toml"],
            "--preset and --config exclude each other",
        ),
        (["--resume", "runs/a", "--batch", "8"], "leave out .*--batch"),
        (["--batch", "7"], "multiple of 4"),
        (["--learning-rate", "nan"], "learning_rate must be a positive number, got nan"),
        (["--weights.perceptual", "-1"], r"weights\.perceptual must"),
        (["--image-size", "32"], "generator_widths must list 3"),
        (["--precision", "fp8"], "32-true"),
        (["--augmentations", "warp"], "colour"),
        (["--batch", "many"], "many"),
        (["--weights.beauty", "1"], "beauty"),
        (["--bach", "8"], "bach"),
    ],
)
def test_nonsense_is_refused_in_words(tokens, told):
    with pytest.raises((ConfigError, CycloptsError), match=told):
        parse(*tokens)

"""Numbers that make no sense are refused in one line, where they enter, by every command."""

import pytest

from stylemapgan.config.ranges import AMOUNT, PSI, SEED, STRENGTH
from stylemapgan.server import request_schemas

HUGE = 10**23
PAIR = ("photo-0.png", "photo-1.png")
TRANSPLANT = ("transplant", *PAIR, "--box", "0,0,16,16")
MOVE = ("move", PAIR[0], "--direction", "variance-1", "--directions", "ways.safetensors")
TRAIN = ("train", ".", "--preset", "tiny-32", "--dry-run")
WITH_MODEL = {"transplant", "interpolate", "generate", "move", "blend", "parts"}
REFUSED = {
    (*TRANSPLANT, "--strength"): ([-1, 1.01, "nan", "inf"], "The strength must be from 0 to 1"),
    (*TRANSPLANT, "--shift"): (["1000,0", "0,-33"], "shift must be from -32 to 32 in a picture"),
    (*TRANSPLANT, "--morph"): ([-1, 0, 1, HUGE], "must be from 2 to 10,000"),
    (*TRANSPLANT, "--milliseconds"): ([-80, 0, HUGE], "must be from 10 to 60,000 milliseconds"),
    ("blend", *PAIR, "--box"): (["0,0,33,4", "-1,0,4,4", "0,0,0,4"], "The box"),
    ("interpolate", *PAIR, "--steps"): ([-1, 0, 1, HUGE], "must be from 2 to 10,000"),
    ("interpolate", *PAIR, "--milliseconds"): ([-80, 9], "must be from 10 to 60,000 milliseconds"),
    (
        "move",
        PAIR[0],
        "--direction",
        "variance-1",
        "--directions",
        "ways.safetensors",
        "--amount",
    ): (
        ["1e30", -101, "nan", "-inf"],
        "The amount of a push must be from -100 to 100",
    ),
    ("generate", "--psi"): ([-1, 2.5, "nan", "inf"], "psi (truncation) must be from 0 to 2"),
    ("generate", "--count"): ([-1, 0, HUGE], "must be from 1 to 10,000"),
    ("generate", "--seed"): ([-1, HUGE], "The seed must be from 0 to"),
    ("parts", "fit", ".", "--seed"): ([-1, HUGE], "The seed must be from 0 to"),
    ("parts", "fit", ".", "--most"): ([-1, 0], "both must be at least 1"),
    ("refine", PAIR[0], "--steps"): ([-1, 0, HUGE], "Refining takes 1 to 10,000 steps"),
    ("refine", PAIR[0], "--learning-rate"): ([0, "1e30", "nan"], "above 0 and at most 1,000,000"),
    ("refine", PAIR[0], "--in-domain"): ([-1, "1e30", "nan"], "0 or above, and at most"),
    ("serve", "--port"): ([-1, 70_000], "port must be"),
    ("serve", "--seconds"): ([0, -1, "nan", "inf"], "seconds must be"),
    ("prepare", ".", "out", "--size"): ([-1, HUGE], "size must be from 16 to 8192 pixels"),
    ("prepare", ".", "out", "--validation"): ([-1, 1, "nan"], "validation and test must be"),
    ("prepare", ".", "out", "--workers"): ([-1, 0, HUGE], "must be from 1 to 4,096"),
    ("avatars", "out", "--workers"): ([-1, 0, HUGE], "must be from 1 to 4,096"),
    ("avatars", "out", "--validation-share"): ([-1, 1, "nan"], "validation_share must be"),
    (*TRAIN, "--devices"): ([-1, 0, HUGE], "must be from 1 to 4,096"),
    (*TRAIN, "--nodes"): ([-1, 0], "must be from 1 to 4,096"),
    (*TRAIN, "--memory"): ([-1, 0, "nan", "inf"], "above 0 and at most 1,000,000 GiB"),
    (*TRAIN, "--style-channels"): ([0, HUGE], "style_channels must be from 1 to 65,536"),
    (*TRAIN, "--learning-rate"): ([0, -1, "nan", "inf"], "learning_rate must be"),
    (*TRAIN, "--seed"): ([HUGE], "The seed must be from 0 to"),
    ("evaluate", "m", ".", "--output", "out", "--steps"): ([-1, 0], "steps must be"),
    ("evaluate", "m", ".", "--output", "out", "--confidence"): ([0, 1, "nan"], "confidence must"),
    ("evaluate", "m", ".", "--output", "out", "--seed"): ([HUGE], "The seed must be from 0 to"),
}
"""A command up to the option → values it refuses, and what the message says."""


@pytest.mark.usefixtures("photos")
def test_commands_refuse_numbers_out_of_range_and_name_the_range(run, model):
    assert (
        run(
            *(
                "directions",
                "variance",
                ".",
                "--count",
                1,
                "-o",
                "ways.safetensors",
                "--model",
                model,
            )
        ).code
        == 0
    )
    for (*command, option), (values, words) in REFUSED.items():
        which = ["--model", model] if command[0] in WITH_MODEL else []
        for value in values:
            outcome = run(*command, f"{option}={value}", *which)
            said = (option, value, outcome.code, outcome.err)
            assert outcome.code == 2, said
            assert words in outcome.err, said
            assert outcome.err.count("\n") == 1, said


def test_requests_have_the_same_ranges():
    schema = request_schemas.EditRequest.model_json_schema()["$defs"]
    generated = request_schemas.GenerateRequest.model_json_schema()["properties"]
    for allowed, described in (
        (STRENGTH, schema["PartSchema"]["properties"]["strength"]),
        (AMOUNT, schema["PushSchema"]["properties"]["amount"]),
        (PSI, generated["psi"]),
        (SEED, generated["seed"]),
    ):
        assert (described["minimum"], described["maximum"]) == (allowed.least, allowed.most)

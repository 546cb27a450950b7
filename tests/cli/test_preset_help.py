"""`train --help` shows what a setting would be, not what the paper has."""

import re

import pytest


def defaults(text: str) -> dict[str, str]:
    """Read each flag's default out of a help page, whatever its lines are broken to."""
    words = " ".join(re.sub("[│╭╮╰╯─]", " ", text).split())
    found = {}
    for flag in re.split(r" (?=--[a-z])", words):
        default = re.search(r"\[default: ([^\]]*)\]", flag)
        if default:
            found[flag.split()[0].removeprefix("--")] = default[1]
    return found


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], {"images": "84000", "batch": "4", "preset": "laptop-64", "precision": "auto"}),
        (
            ["--preset", "paper-256"],
            {"images": "5000000", "batch": "16", "preset": "paper-256", "precision": "32-true"},
        ),
        (["--preset", "tiny-32", "--batch", "4"], {"images": "2000", "batch": "4"}),
    ],
)
def test_help_shows_the_values_of_the_preset(run, arguments, expected):
    outcome = run("train", *arguments, "--help")
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out.startswith("Usage: stylemapgan train ")
    shown = defaults(outcome.out)
    assert {name: shown[name] for name in expected} == expected
    assert shown["devices"] == "1"


def test_help_for_a_preset_that_is_not_there_names_those_that_are(run):
    outcome = run("train", "--preset", "huge", "-h")
    assert (outcome.code, outcome.out) == (2, "")
    assert "Unknown preset 'huge': choose one of tiny-32" in outcome.err

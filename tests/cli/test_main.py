"""The command `stylemapgan` finds its commands fast, and fails in one line."""

import importlib
import importlib.metadata
import subprocess
import sys

import pytest
from cyclopts import App

import stylemapgan
from stylemapgan.cli.main import COMMANDS

CLEAN_IMPORT = """
import sys
from stylemapgan.cli.main import main
code = main(["--help"])
heavy = {"torch", "numpy", "PIL", "stylemapgan.images"} & sys.modules.keys()
sys.exit(f"imported {heavy}" if heavy else code)
"""


def test_help_lists_every_command_without_importing_any():
    result = subprocess.run(
        [sys.executable, "-W", "error", "-c", CLEAN_IMPORT],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (result.returncode, result.stderr) == (0, "")
    for name in COMMANDS:
        assert f" {name} " in result.stdout


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_explains_itself_as_the_list_does(run, name):
    place, help_line = COMMANDS[name]
    module, function = place.split(":")
    command = getattr(importlib.import_module(f"stylemapgan.cli.{module}"), function)
    explanation = command.help if isinstance(command, App) else command.__doc__
    assert explanation.startswith(help_line.removesuffix("."))
    outcome = run(name, "--help")
    assert outcome.code == 0
    assert f"stylemapgan {name}" in outcome.out


@pytest.mark.parametrize(
    "arguments",
    [["bland"], ["blend"], ["blend", "a", "b", "--bx", "1"], ["generate", "--count", "many"]],
)
def test_mistyped_commands_fail_in_one_line(run, arguments):
    outcome = run(*arguments)
    assert outcome.code == 2
    assert outcome.out == ""
    assert outcome.err.startswith("error: ")
    assert outcome.err.count("\n") == 1


def test_public_names_are_there():
    for name in stylemapgan.__all__:
        assert getattr(stylemapgan, name)
    assert set(stylemapgan.__all__) <= set(dir(stylemapgan))
    with pytest.raises(AttributeError, match="no attribute 'Discriminator'"):
        _ = stylemapgan.Discriminator  # pyright: ignore[reportAttributeAccessIssue]


def test_a_source_folder_that_is_not_installed_has_an_unknown_version(run, monkeypatch):
    def missing(name: str) -> str:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "version", missing)
    assert stylemapgan.__version__ == "0+unknown"
    assert run("--version").out == "0+unknown\n"

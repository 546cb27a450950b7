"""Flags that were not given take their values from a preset or a TOML file."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from cyclopts import App, ArgumentCollection, Token

from stylemapgan.config import RunConfig, preset, read_toml, to_dict
from stylemapgan.errors import ConfigError

if TYPE_CHECKING:
    from cyclopts.help import HelpEntry, HelpPanel
    from rich.console import Console, ConsoleOptions


DEFAULT_PRESET = "laptop-64"
BESIDE_RESUME = ("--resume", "--devices", "--nodes", "--accelerator")
"""What a run that is resumed may be told: where to compute is no setting of the run."""


def fill_from_preset(app: App, commands: tuple[str, ...], arguments: ArgumentCollection) -> None:
    """Give every setting without a flag the value of the chosen preset (a cyclopts hook).

    A run that is resumed has its own settings: flags beside it would count for nothing, and are
    refused.

    Raises:
        ConfigError: There is no such preset, the TOML file is of no use, or flags exclude each
            other.
    """
    given = {each.name: each.tokens[0].value for each in arguments if each.tokens}
    if "--resume" in given and "--help" not in given:
        _refuse_others(given)
        return
    values = to_dict(_chosen(given))
    settings = values["model"] | values["training"] | values["data"]
    for argument in arguments:
        if argument.parse and not argument.tokens:
            keys = argument.keys or (argument.field_info.name,)
            _give(argument, look_up(settings, keys))


def _refuse_others(given: dict[str, str]) -> None:
    others = [name for name in given if name not in BESIDE_RESUME]
    if others:
        raise ConfigError(
            f"--resume goes on under the settings in {Path(given['--resume']) / 'config.toml'}: "
            f"change them there, and leave out {', '.join(others)}."
        )


def _chosen(given: dict[str, str]) -> RunConfig:
    if "--config" not in given:
        return preset(given.get("--preset", DEFAULT_PRESET))
    if "--preset" in given:
        raise ConfigError("Settings start from --preset or --config: leave out one of them.")
    return read_toml(Path(given["--config"]))


def look_up(settings: dict[str, Any], keys: tuple[str, ...]) -> Any:
    """Find a setting by the names of its table and its own; None where there is none."""
    value: Any = settings
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _give(argument: Any, value: Any) -> None:
    if value in (None, "") or isinstance(value, dict):
        return
    values = value if isinstance(value, list) else [value]
    for index, each in enumerate(values):
        text = str(each).lower() if isinstance(each, bool) else str(each)
        argument.append(Token(keyword=argument.name, value=text, source="preset", index=index))


def print_help(app: App, settings: RunConfig, preset: str) -> None:
    """Print the help of a command, with the values that settings without a flag would have.

    Args:
        app: The command.
        settings: What it would run with, other flags on the same line among it.
        preset: The name of the preset they come from.
    """
    from cyclopts.help.formatters import DefaultFormatter

    values = to_dict(settings)
    known = values["model"] | values["training"] | values["data"] | {"preset": preset}
    usual = DefaultFormatter()

    def show(console: "Console", options: "ConsoleOptions", panel: "HelpPanel") -> None:
        usual(
            console, options, panel.copy(entries=[_filled(each, known) for each in panel.entries])
        )

    shown = App(
        default_command=app.default_command,
        default_parameter=app.default_parameter,
        help_flags=(),
        version_flags=(),
        help_formatter=show,
        usage=app.usage,
    )
    shown.help_print([])


def _filled(entry: "HelpEntry", known: dict[str, Any]) -> "HelpEntry":
    """Give the line of a setting the value it would have."""
    value = look_up(known, _keys(entry.positive_names))
    if entry.default is None or value is None:
        return entry
    return entry.copy(default=_words(value))


def _keys(names: tuple[str, ...]) -> tuple[str, ...]:
    """Turn `--weights.perceptual` into the names of the table and of the setting."""
    name = next((name for name in names if name.startswith("--")), "")
    return tuple(name.removeprefix("--").replace("-", "_").split("."))


def _words(value: Any) -> str:
    if isinstance(value, list):
        return " ".join(map(str, value)) or "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value) if value != "" else "none"

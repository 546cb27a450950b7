"""Fill in flags that were not given from a preset or a TOML file, in the command and its help."""

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
"""Flags allowed with --resume: where to compute is not part of a run's configuration."""


def fill_from_preset(app: App, commands: tuple[str, ...], arguments: ArgumentCollection) -> None:
    """Give every flag that was not given the value of the chosen preset (a cyclopts hook).

    A resumed run has its own configuration: other flags would have no effect, and are refused.

    Raises:
        ConfigError: The preset is unknown, the TOML file is invalid, or flags exclude each other.
    """
    given = {each.name: each.tokens[0].value for each in arguments if each.tokens}
    if "--resume" in given and "--help" not in given:
        _refuse_others(given)
        return
    values = to_dict(_chosen(given))
    settings = _by_flag(values)
    for argument in arguments:
        if argument.parse and not argument.tokens:
            _give(argument, look_up(settings, _keys((argument.name,))))


def _by_flag(values: dict[str, Any]) -> dict[str, Any]:
    """Name settings as flags do: those of most tables alone, the others after their table's."""
    others = {"method": values["method"], "vector": values["vector"]}
    return values["model"] | values["training"] | values["data"] | others


def _refuse_others(given: dict[str, str]) -> None:
    others = [name for name in given if name not in BESIDE_RESUME]
    if others:
        raise ConfigError(
            f"--resume continues with the configuration in "
            f"{Path(given['--resume']) / 'config.toml'}: change it there, and leave out "
            f"{', '.join(others)}."
        )


def _chosen(given: dict[str, str]) -> RunConfig:
    if "--config" not in given:
        return preset(given.get("--preset", DEFAULT_PRESET))
    if "--preset" in given:
        raise ConfigError("--preset and --config exclude each other: leave out one of them.")
    return read_toml(Path(given["--config"]))


def look_up(settings: dict[str, Any], keys: tuple[str, ...]) -> Any:
    """Find a setting by the names of its tables and its own name; None if unknown."""
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


def print_help(app: App, config: RunConfig, preset: str) -> None:
    """Print the help of a command, with the values that flags would have.

    Args:
        app: The command.
        config: The configuration it would run with, including other flags of the command line.
        preset: The name of the preset it starts from.
    """
    from cyclopts.help.formatters import DefaultFormatter

    values = to_dict(config)
    known = _by_flag(values) | {"preset": preset}
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
    """Replace the default in a line of the help by the value the setting would have."""
    value = look_up(known, _keys(entry.positive_names))
    if entry.default is None or value is None:
        return entry
    return entry.copy(default=_words(value))


def _keys(names: tuple[str, ...]) -> tuple[str, ...]:
    """Split `--weights.perceptual` into the names of the table and the setting."""
    name = next((name for name in names if name.startswith("--")), "")
    return tuple(name.removeprefix("--").replace("-", "_").split("."))


def _words(value: Any) -> str:
    if isinstance(value, list):
        return " ".join(map(str, value)) or "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value) if value != "" else "none"

"""Help of a command whose defaults depend on a preset."""

from typing import TYPE_CHECKING, Any

from cyclopts import App

from stylemapgan.cli.preset_flags import look_up
from stylemapgan.config import RunConfig, to_dict

if TYPE_CHECKING:
    from cyclopts.help import HelpEntry, HelpPanel
    from rich.console import Console, ConsoleOptions


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

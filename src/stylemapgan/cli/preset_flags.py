"""Flags that were not given take their values from a preset or a TOML file."""

from pathlib import Path
from typing import Any

from cyclopts import App, ArgumentCollection, Token

from stylemapgan.config import RunConfig, preset, read_toml, to_dict

DEFAULT_PRESET = "laptop-64"


def fill_from_preset(app: App, commands: tuple[str, ...], arguments: ArgumentCollection) -> None:
    """Give every setting without a flag the value of the chosen preset (a cyclopts hook).

    Raises:
        ConfigError: There is no such preset, or the TOML file is of no use.
    """
    values = to_dict(_chosen(arguments))
    settings = values["model"] | values["training"]
    for argument in arguments:
        if argument.keys and argument.parse and not argument.tokens:
            _give(argument, _look_up(settings, argument.keys))


def _chosen(arguments: ArgumentCollection) -> RunConfig:
    given = {each.name: each.tokens[0].value for each in arguments if each.tokens}
    if "--config" in given:
        return read_toml(Path(given["--config"]))
    return preset(given.get("--preset", DEFAULT_PRESET))


def _look_up(settings: dict[str, Any], keys: tuple[str, ...]) -> Any:
    value: Any = settings
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _give(argument: Any, value: Any) -> None:
    if value is None or isinstance(value, dict):
        return
    values = value if isinstance(value, list) else [value]
    for index, each in enumerate(values):
        text = str(each).lower() if isinstance(each, bool) else str(each)
        argument.append(Token(keyword=argument.name, value=text, source="preset", index=index))

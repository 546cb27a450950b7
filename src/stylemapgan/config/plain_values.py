"""Convert configuration to and from plain values, which TOML and JSON can hold."""

import dataclasses
from collections.abc import Callable
from types import UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin

import cattrs
from cattrs.gen import make_dict_structure_fn
from cattrs.v import format_exception

from stylemapgan.errors import ConfigError

Config = TypeVar("Config")

PLAIN = {bool: "true or false", int: "a whole number", float: "a number", str: "a text"}
"""Types of single values in TOML and JSON, as messages name them."""


def to_dict(config: Any) -> dict[str, Any]:
    """Turn a config into plain dictionaries, lists and numbers."""
    return _CONVERTER.unstructure(config)


def from_dict(config_class: type[Config], values: Any) -> Config:
    """Build a config from dictionaries and plain values; fields left out keep their defaults.

    Raises:
        ConfigError: A name is unknown or a value is invalid.
    """
    try:
        return _CONVERTER.structure(values, config_class)
    except cattrs.BaseValidationError as error:
        messages = cattrs.transform_error(error, path="settings", format_exception=_explain)
        raise ConfigError("; ".join(messages)) from None


def _explain(error: BaseException, kind: Any) -> str:
    """Keep the text of our own errors."""
    return str(error) if isinstance(error, ConfigError) else format_exception(error, kind)


def _plain_value(value: Any, kind: type) -> Any:
    """Accept only a value of the field's type, and a whole number for a float."""
    if kind is float and type(value) is int:
        return float(value)
    if type(value) is not kind:
        raise ConfigError(f"expected {PLAIN[kind]}, got {value!r}")
    return value


def _one_of(value: Any, kind: Any) -> Any:
    if value not in get_args(kind):
        raise ConfigError(f"expected one of {', '.join(get_args(kind))}, got {value!r}")
    return value


def _number_or_word(value: Any, kind: Any) -> Any:
    number, word = get_args(kind)  # such as float | Literal["auto"]
    if isinstance(value, str):
        if value not in get_args(word):
            words = ", ".join(repr(each) for each in get_args(word))
            raise ConfigError(f"expected {PLAIN[number]} or {words}, got {value!r}")
        return value
    return _plain_value(value, number)


def _list_of(value: Any, kind: Any) -> tuple[Any, ...]:
    if not isinstance(value, list | tuple):
        raise ConfigError(f"expected a list, got {value!r}")
    item_kind, _ = get_args(kind)  # tuple[kind, ...]
    return tuple(_CONVERTER.structure(item, item_kind) for item in value)


def _table_for(config_class: type) -> Callable[[Any, Any], Any]:
    """Make a function that builds a configuration of that class."""
    build = make_dict_structure_fn(config_class, _CONVERTER, _cattrs_forbid_extra_keys=True)

    def table(value: Any, kind: Any) -> Any:
        if not isinstance(value, dict):
            raise ConfigError(f"expected a table of settings, got {value!r}")
        return build(_without_retired(config_class, value), kind)

    return table


def _without_retired(config_class: type, table: dict[str, Any]) -> dict[str, Any]:
    """Leave out fields of earlier versions, listed in the class's `RETIRED`.

    Raises:
        ConfigError: One of them has a value that this version cannot follow.
    """
    retired = getattr(config_class, "RETIRED", {})
    for name, value in retired.items():
        if table.get(name, value) != value:
            raise ConfigError(
                f"{name} is no longer supported: expected {value!r}, got {table[name]!r}"
            )
    return {name: value for name, value in table.items() if name not in retired}


def _strict_converter() -> cattrs.Converter:
    """Make a converter that refuses unknown names and values of the wrong type."""
    converter = cattrs.Converter(forbid_extra_keys=True)
    converter.register_unstructure_hook_factory(_is_tuple, lambda _: list)
    for kind in PLAIN:
        converter.register_structure_hook(kind, _plain_value)
    converter.register_structure_hook_func(lambda kind: get_origin(kind) is Literal, _one_of)
    converter.register_structure_hook_func(_is_tuple, _list_of)
    converter.register_structure_hook_func(_is_union, _number_or_word)
    converter.register_structure_hook_factory(dataclasses.is_dataclass, _table_for)
    return converter


def _is_tuple(kind: Any) -> bool:
    return get_origin(kind) is tuple


def _is_union(kind: Any) -> bool:
    return get_origin(kind) in (Union, UnionType)


_CONVERTER = _strict_converter()


def spelled_out(text: str) -> str:
    r"""Escape the bytes of a file name that are not Unicode: `caf\udce9`.

    JSON reads the escape as the byte it stands for.
    """
    return text.encode("utf-8", "backslashreplace").decode()

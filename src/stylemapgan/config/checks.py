"""Refuse settings that make no sense, in words that name them."""

import math
from collections.abc import Iterable
from typing import Any, get_args

from stylemapgan.errors import ConfigError


def need_positive(config: Any, *names: str) -> None:
    """Refuse numbers that are not above 0 and finite."""
    for name in names:
        if not 0 < getattr(config, name) < math.inf:
            raise ConfigError(f"{name} must be a positive number, got {getattr(config, name)}.")


def need_not_negative(config: Any, *names: str) -> None:
    """Refuse numbers below 0 and numbers that are not finite."""
    for name in names:
        if not 0 <= getattr(config, name) < math.inf:
            raise ConfigError(
                f"{name} must be 0 or a positive number, got {getattr(config, name)}."
            )


def need_one_of(config: Any, name: str, kind: Any) -> None:
    """Refuse a value that is none of a Literal's."""
    if getattr(config, name) not in get_args(kind):
        raise ConfigError(
            f"{name} must be one of {', '.join(get_args(kind))}, got {getattr(config, name)!r}."
        )


def need_among(name: str, values: Iterable[str], kind: Any) -> None:
    """Refuse a list with a value that is none of a Literal's."""
    unknown = set(values) - set(get_args(kind))
    if unknown:
        raise ConfigError(
            f"{name} must be among {', '.join(get_args(kind))}, got {', '.join(sorted(unknown))}."
        )

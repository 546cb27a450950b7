"""A whole run's settings, as a TOML file."""

import dataclasses
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import cattrs
import tomli_w
from cattrs.gen import make_dict_structure_fn
from cattrs.v import format_exception

from stylemapgan.config.model import ModelConfig
from stylemapgan.config.training import TrainConfig
from stylemapgan.errors import ConfigError

Config = TypeVar("Config")


@dataclass(frozen=True, kw_only=True)
class DataConfig:
    """Which photos a run learns from, and what is to be said about them."""

    photos: str = ""
    """Folder of pictures to train on."""
    validation: str = ""
    """Folder of pictures for sample sheets and validation; the training photos if empty."""
    licence: str = "unspecified"
    """Licence of the trained weights; goes into every weights file."""
    statement: str = "unspecified"
    """What the photos are and under which terms; goes into every weights file."""


@dataclass(frozen=True, kw_only=True)
class RunConfig:
    """Everything that decides how a run goes; saved as `config.toml` in its folder."""

    model: ModelConfig = field(default_factory=ModelConfig)
    """Shapes of the networks."""
    training: TrainConfig = field(default_factory=TrainConfig)
    """How to train them."""
    data: DataConfig = field(default_factory=DataConfig)
    """What to train them on."""


def to_dict(config: Any) -> dict[str, Any]:
    """Turn a config into plain dictionaries, lists and numbers."""
    return _CONVERTER.unstructure(config)


def from_dict(config_class: type[Config], values: dict[str, Any]) -> Config:
    """Build a config from plain values; fields left out keep their defaults.

    Raises:
        ConfigError: A name is unknown or a value makes no sense.
    """
    try:
        return _CONVERTER.structure(values, config_class)
    except cattrs.BaseValidationError as error:
        messages = cattrs.transform_error(error, path="settings", format_exception=_explain)
        raise ConfigError("; ".join(messages)) from None


def read_toml(path: Path) -> RunConfig:
    """Read a run's settings.

    Raises:
        ConfigError: The file is missing, no TOML, or holds an unknown or senseless setting.
    """
    try:
        return from_dict(RunConfig, tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} is not valid TOML: {error}.") from None
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from None


def to_toml(config: RunConfig) -> str:
    """Write a run's settings as TOML text that `read_toml` understands."""
    return tomli_w.dumps(to_dict(config))


def _explain(error: BaseException, kind: type | None) -> str:
    """Our own errors speak for themselves."""
    return str(error) if isinstance(error, ConfigError) else format_exception(error, kind)


def _strict_converter() -> cattrs.Converter:
    """A converter that refuses unknown names, and reports our own errors by their message."""
    converter = cattrs.Converter(forbid_extra_keys=True)
    converter.register_unstructure_hook_factory(
        lambda kind: getattr(kind, "__origin__", None) is tuple, lambda _: list
    )
    converter.register_structure_hook_factory(
        dataclasses.is_dataclass,
        lambda kind: make_dict_structure_fn(kind, converter, _cattrs_forbid_extra_keys=True),
    )
    return converter


_CONVERTER = _strict_converter()

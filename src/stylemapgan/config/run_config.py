"""A whole run's settings, as a TOML file."""

import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

import tomli_w

from stylemapgan.config.model import ModelConfig
from stylemapgan.config.plain_values import from_dict, spelled_out, to_dict
from stylemapgan.config.training import TrainConfig
from stylemapgan.errors import ConfigError

ODD_BYTE = re.compile(r"(?<!\\)((?:\\\\)*)\\u(dc[89a-f][0-9a-f])")
"""A byte of a file's name that is no Unicode, as `to_toml` spells it; TOML itself refuses it."""


@dataclass(frozen=True, kw_only=True)
class DataConfig:
    """Which photos a run learns from, and what is to be said about them."""

    photos: str = ""
    """Pictures to train on: a folder, an archive, an LMDB data set, or shards."""
    validation: str = ""
    """Pictures for sample sheets and validation; the training photos if empty."""
    stream: bool = False
    """Read shards again in every epoch instead of unpacking all photos into the cache."""
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


def read_toml(path: Path) -> RunConfig:
    """Read a run's settings.

    Raises:
        ConfigError: The file is missing, no TOML, or holds an unknown or senseless setting.
    """
    try:
        text = ODD_BYTE.sub(_odd_byte, path.read_text(encoding="utf-8-sig"))
        return from_dict(RunConfig, tomllib.loads(text))
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} is not valid TOML: {error}.") from None
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from None


def to_toml(config: RunConfig) -> str:
    """Write a run's settings as TOML text that `read_toml` understands.

    Names of files may hold bytes that are no Unicode, which TOML cannot: they are spelled out.
    """
    return spelled_out(tomli_w.dumps(to_dict(config)))


def _odd_byte(found: re.Match[str]) -> str:
    return found[1] + chr(int(found[2], 16))

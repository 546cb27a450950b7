"""The configuration of a run, as a TOML file."""

import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

import tomli_w

from stylemapgan.config.model import ModelConfig
from stylemapgan.config.plain_values import from_dict, spelled_out, to_dict
from stylemapgan.config.training import TrainConfig
from stylemapgan.config.vector import VectorConfig
from stylemapgan.errors import ConfigError

ODD_BYTE = re.compile(r"(?<!\\)((?:\\\\)*)\\u(dc[89a-f][0-9a-f])")
"""A byte of a file name that is not Unicode, as `to_toml` escapes it; TOML itself refuses it."""


@dataclass(frozen=True, kw_only=True)
class DataConfig:
    """The photos of a run, and what model files say about them."""

    photos: str = ""
    """Photos to train on: a folder, an archive, an LMDB data set, or shards."""
    validation: str = ""
    """Photos for sample sheets and validation; the training photos if empty."""
    stream: bool = False
    """Read shards again in every epoch instead of unpacking all photos into the cache."""
    licence: str = "unspecified"
    """Licence of the trained weights, stored in every model file."""
    statement: str = "unspecified"
    """What the photos are and under which terms, stored in every model file."""


@dataclass(frozen=True, kw_only=True)
class RunConfig:
    """The whole configuration of a run; saved as `config.toml` in its folder."""

    method: str = "stylemapgan"
    """Which method is trained."""
    model: ModelConfig = field(default_factory=ModelConfig)
    """Shapes of StyleMapGAN's networks."""
    vector: VectorConfig = field(default_factory=VectorConfig)
    """Shapes of the networks of methods whose latents are vectors."""
    training: TrainConfig = field(default_factory=TrainConfig)
    """How to train them."""
    data: DataConfig = field(default_factory=DataConfig)
    """What to train them on."""


def read_toml(path: Path) -> RunConfig:
    """Read a run's configuration.

    Raises:
        ConfigError: The file is missing, is not TOML, or holds an unknown or invalid setting.
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
    """Write a run's configuration as TOML text for `read_toml`.

    File names may hold bytes that are not Unicode, which TOML cannot: they are escaped.
    """
    return spelled_out(tomli_w.dumps(to_dict(config)))


def _odd_byte(found: re.Match[str]) -> str:
    return found[1] + chr(int(found[2], 16))

"""Folders of pictures, and which square of a picture the model sees."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

from stylemapgan.config import from_dict
from stylemapgan.errors import ConfigError, ImageError
from stylemapgan.images.formats import SUFFIXES

SQUARES = "samples.toml"
"""File beside pictures that names the square of each: tables x, y, side, rotation by file name."""


@dataclass(frozen=True, kw_only=True)
class KnownSquare:
    """The square of a picture that the model sees, in pixels of the picture."""

    x: float
    """Its centre, from the left edge."""
    y: float
    """Its centre, from the top edge."""
    side: float
    """Its width and height."""
    rotation: float = 0.0
    """How far it is turned, in degrees, clockwise as seen."""


def pictures_in(folder: Path) -> list[Path]:
    """List the pictures of a folder, by name.

    Raises:
        ImageError: There is no such folder.
    """
    if not folder.is_dir():
        raise ImageError(f"The folder of pictures {folder} does not exist.")
    return sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES)


def square_of(picture: Path) -> KnownSquare | None:
    """Look up which square of a picture the model sees, in samples.toml beside it.

    Returns:
        None if there is no such file, or it does not name the picture.

    Raises:
        ConfigError: The file cannot be read or is invalid.
    """
    path = picture.parent / SQUARES
    if not path.is_file():
        return None
    try:
        known = tomllib.loads(path.read_text(encoding="utf-8")).get(picture.name)
        return None if known is None else from_dict(KnownSquare, known)
    except (OSError, ValueError, ConfigError) as error:
        raise ConfigError(f"{path}: {error}") from None

"""An edit with all it needs, as files hold it."""

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from stylemapgan import zoo
from stylemapgan.config import from_dict
from stylemapgan.editing.edit import Edit
from stylemapgan.editing.photo import Square
from stylemapgan.errors import EditError


@dataclass(frozen=True, kw_only=True)
class SavedPicture:
    """A picture that an edit copies from."""

    content: bytes = b""
    """The photo's file; empty for a random picture."""
    seed: int = 0
    """What a random picture was drawn with."""
    square: Square | None = None
    """Which square of the photo the model sees; None if it is to be found."""


@dataclass(frozen=True, kw_only=True)
class SavedEdit:
    """An edit with all it needs, as a file holds it."""

    name: str
    """The file's name, without its folder."""
    edit: Edit
    """References and directions are names."""
    pictures: Mapping[str, SavedPicture]
    """The references by their names."""
    model: str | None = None
    """The model that it was made with, if the file names it."""
    directions: Path | None = None
    """File of directions; None if they are the model's own."""

    def digest(self) -> str:
        """Hash everything that the result depends on."""
        pictures = {
            name: [
                hashlib.sha256(picture.content).hexdigest(),
                picture.seed,
                picture.square and asdict(picture.square),
            ]
            for name, picture in self.pictures.items()
        }
        directions = self.directions and hashlib.sha256(self.directions.read_bytes()).hexdigest()
        facts = json.dumps([self.edit.to_json(), pictures, directions], sort_keys=True)
        return hashlib.sha256(facts.encode()).hexdigest()


def embedded_photo(url: str) -> bytes:
    """Unpack a data URL.

    Raises:
        EditError: It is not base64.
    """
    try:
        return base64.b64decode(url.partition("base64,")[2], validate=True)
    except (binascii.Error, ValueError):
        raise EditError("a photo in it is not base64.") from None


def square_of_numbers(numbers: Any) -> Square:
    """Build a square of its numbers.

    Raises:
        ConfigError: One of them is missing, unknown or no number.
    """
    return Square(**asdict(from_dict(zoo.KnownSquare, numbers)))

"""Names of edited photos: those of the photos, below another folder."""

import unicodedata
from collections.abc import Sequence
from pathlib import PurePosixPath

from stylemapgan.config.plain_values import spelled_out
from stylemapgan.editing.applying.apply_config import Format
from stylemapgan.editing.photo.full_photo import FORMATS
from stylemapgan.errors import DataError
from stylemapgan.images.formats import SUFFIXES

NEW_SUFFIXES: dict[Format, str] = {"png": ".png", "jpeg": ".jpg", "webp": ".webp"}
"""Format → suffix of photos that had another."""
CONTROLS = {number: f"\\x{number:02x}" for number in (*range(32), 127)}
"""Control characters → how the manifest spells them: each row stays one line."""


def output_names(names: Sequence[str], form: Format) -> tuple[str, ...]:
    """Name the edited photos.

    Args:
        names: Of the photos, with forward slashes.
        form: Their format.

    Raises:
        DataError: Two photos would get one name, as some file system or the manifest spells it.
    """
    outputs = tuple(_renamed(_inside(name), form) for name in names)
    seen: dict[str, int] = {}
    for index, output in enumerate(outputs):
        first = seen.setdefault(_comparable(output), index)
        if first != index:
            raise DataError(
                f"{names[first]} and {names[index]} would both become {output}: rename one, or "
                "keep the photos' formats."
            )
    return outputs


def manifest_name(name: str) -> str:
    """Spell a name on one line, in valid Unicode."""
    return spelled_out(name).translate(CONTROLS)


def _inside(name: str) -> PurePosixPath:
    """Keep a name of an archive below the output: neither absolute nor upwards."""
    parts = PurePosixPath(name).parts
    return PurePosixPath(*("_" if part == ".." else part for part in parts if part.strip("/")))


def _renamed(path: PurePosixPath, form: Format) -> str:
    """Give a path the suffix of its format."""
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:  # a name of a data set, without a suffix
        return f"{path}{NEW_SUFFIXES.get(form, '.png')}"
    if form == "same":
        return str(path if suffix in FORMATS else path.with_suffix(".png"))
    is_right = FORMATS.get(suffix) == form
    return str(path if is_right else path.with_suffix(NEW_SUFFIXES[form]))


def _comparable(name: str) -> str:
    return unicodedata.normalize("NFC", manifest_name(name)).casefold()

"""Write the results of a command, and print where they are."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, is_dataclass
from pathlib import Path
from typing import Any

from cyclopts import Parameter

from stylemapgan import images
from stylemapgan.images import Provenance, SourceType
from stylemapgan.images.picture_files import ANIMATION_ENCODERS
from stylemapgan.types import Array, Images

TILE = 192
"""Least height and width of a picture on a sheet, in pixels."""


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class TagOptions:
    """What the files say about their origin."""

    tag: bool = True
    """Note inside the files that a trained algorithm composed them, with model and settings."""

    def edited(self, model: str, **settings: Any) -> Provenance | None:
        """Describe a picture made from photos; see `_provenance`."""
        return self._provenance(SourceType.EDITED, model, settings)

    def generated(self, model: str, **settings: Any) -> Provenance | None:
        """Describe a picture that a model generated; see `_provenance`."""
        return self._provenance(SourceType.GENERATED, model, settings)

    def _provenance(
        self, source_type: SourceType, model: str, settings: dict[str, Any]
    ) -> Provenance | None:
        """Collect the note for a file.

        Args:
            source_type: Where the picture comes from.
            model: The model's name or path; folders of files are left out.
            settings: Settings of the command; None is left out.
        """
        if not self.tag:
            return None
        given = {name: _plain(value) for name, value in settings.items() if value is not None}
        return Provenance(Path(model).name, given, source_type)


TAGGED = TagOptions()
"""The default: files note their origin."""


def write_picture(path: Path, picture: Images, provenance: Provenance | None = None) -> None:
    """Write one picture."""
    images.write(path, picture, provenance)
    print(f"wrote {path}")


def write_sheet(
    path: Path,
    rows: Sequence[Sequence[Array | None]],
    row_titles: Sequence[str] | None = None,
    column_titles: Sequence[str] | None = None,
    provenance: Provenance | None = None,
) -> None:
    """Write a sheet of titled pictures, enlarged if they are small.

    Args:
        path: Where to.
        rows: Images of each row, with or without a batch axis; None leaves a tile empty.
        row_titles: Names to the left of the rows.
        column_titles: Names above the columns.
        provenance: What the file says about its origin.
    """
    first = next(picture for row in rows for picture in row if picture is not None)
    tile = max(TILE, first.shape[-1])
    sheet = images.contact_sheet(rows, row_titles, column_titles, tile=tile)
    write_picture(path, sheet, provenance)


def write_frames(
    path: Path,
    frames: Images,
    titles: Sequence[str],
    milliseconds: int,
    provenance: Provenance | None = None,
) -> None:
    """Write frames as an animation that goes back and forth, or as a sheet.

    Args:
        path: Where to; .gif and .webp make an animation, other suffixes a sheet.
        frames: At least two images.
        titles: What each frame is, for the sheet.
        milliseconds: How long each frame of the animation shows.
        provenance: What the file says about its origin.
    """
    if path.suffix.lower() not in ANIMATION_ENCODERS:
        write_sheet(path, [list(frames)], column_titles=titles, provenance=provenance)
        return
    there = list(range(len(frames)))
    images.write_animation(path, frames[there + there[-2:0:-1]], milliseconds, provenance)
    print(f"wrote {path}")


def _plain(value: Any) -> Any:
    """Turn a setting into a JSON value; of a path only the file's name."""
    if isinstance(value, Path):
        return value.name
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    return value

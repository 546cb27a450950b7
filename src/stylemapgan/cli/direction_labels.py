"""Which photos have something and which have not, as options of a command."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from stylemapgan.editing.directions import (
    LabelledPhotos,
    Question,
    photos_in_folders,
    photos_in_table,
)
from stylemapgan.errors import DataError


@Parameter(name="*", group="Labels (two folders, or a table)")
@dataclass(frozen=True, kw_only=True)
class LabelOptions:
    """Which photos have it and which have not."""

    having: Annotated[Path | None, Parameter(name="--with")] = None
    """Folder of photos that have it."""
    lacking: Annotated[Path | None, Parameter(name="--without")] = None
    """Folder of photos that have not."""
    labels: Path | None = None
    """Table with a column `file` (or filename, name, image, path): .csv with a line of names, or
    .jsonl."""
    photos: Path | None = None
    """Folder of the table's photos, if they are not beside it; photos elsewhere are left out."""
    column: str | None = None
    """Column of the table that decides."""
    positive: Annotated[tuple[str, ...], Parameter(consume_multiple=True, negative=())] = ()
    """Values in that column of photos that have it."""
    negative: Annotated[tuple[str, ...], Parameter(consume_multiple=True, negative=())] = ()
    """Values of photos that have not; all others if not given."""
    groups: str | None = None
    """Column that tells whom a photo shows: nobody is then both learned from and predicted."""

    def read(self) -> LabelledPhotos:
        """List the labelled photos."""
        if self.labels is None and self.having and self.lacking:
            return photos_in_folders(self.having, self.lacking)
        if self.labels and self.column and self.positive and not (self.having or self.lacking):
            question = Question(
                column=self.column,
                positive=self.positive,
                negative=self.negative,
                groups=self.groups,
            )
            return photos_in_table(self.labels, self.photos or self.labels.parent, question)
        raise DataError(
            "Say which photos have it: give either --with and --without, or --labels, --column "
            "and --positive."
        )


NO_LABELS = LabelOptions()
"""The default: refused, since labels must come from somewhere."""

"""Contact sheets: rows of images on one page, with titles in Latin letters (Pillow's own font)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float32
from PIL import Image, ImageDraw, ImageFont, ImageOps

from stylemapgan.errors import ImageError
from stylemapgan.images.levels import from_bytes, to_bytes, to_numpy
from stylemapgan.types import Array

PAPER = (250, 250, 247)
INK = (96, 96, 100)
FAINT_INK = (134, 134, 138)


def contact_sheet(  # noqa: PLR0913
    rows: Sequence[Iterable[Array | None]],
    row_titles: Sequence[str] | None = None,
    column_titles: Sequence[str] | None = None,
    caption: str | None = None,
    tile: int | None = None,
    *,
    tile_titles: Sequence[Sequence[str]] | None = None,
) -> Float32[np.ndarray, "1 3 height width"]:
    """Lay out images in rows on light paper, with titles in Latin letters.

    Args:
        rows: Images of each row, ([1,] 3, height, width), from -1 to 1, or a batch. None leaves a
            position empty.
        row_titles: Titles to the left, one for each row.
        column_titles: Titles above, one for each column.
        caption: Text below the rows; long lines are wrapped.
        tile: Height and width of each image on the sheet, in pixels; the longest side of any
            image if not given. Images are shrunk or enlarged smoothly.
        tile_titles: Titles below the images: for each row as many as it has images.

    Returns:
        float32, (1, 3, height, width), from -1 to 1.

    Raises:
        ImageError: No image is given, an entry is not a single image, or titles are missing.

    Example:
        ```python
        images.write("sheet.png", images.contact_sheet([[source, reference, edited]]))
        ```
    """
    pictures = [[None if cell is None else _picture(cell) for cell in row] for row in rows]
    sheet = _Sheet(
        rows=len(pictures),
        columns=_most_columns(pictures),
        tile=_longest_side(pictures) if tile is None else tile,
        row_titles=tuple(row_titles or ()),
        column_titles=tuple(column_titles or ()),
        caption=caption or "",
        tile_titles=tuple(map(tuple, tile_titles or ())),
    )
    if tile_titles is not None and [*map(len, sheet.tile_titles)] != [*map(len, pictures)]:
        raise ImageError("Each image of a contact sheet needs a title of its own, or none has any.")
    return from_bytes(np.array(sheet.draw(pictures))[None])


@dataclass(frozen=True)
class _Sheet:
    """The layout of a sheet; all lengths in pixels."""

    rows: int
    columns: int
    tile: int
    row_titles: tuple[str, ...]
    column_titles: tuple[str, ...]
    caption: str
    tile_titles: tuple[tuple[str, ...], ...] = ()

    def __post_init__(self) -> None:
        for titles, count, what in (
            (self.row_titles, self.rows, "row"),
            (self.column_titles, self.columns, "column"),
        ):
            if titles and len(titles) != count:
                raise ImageError(
                    f"A contact sheet of {count} {what}s needs {count} {what} titles, "
                    f"got {len(titles)}."
                )

    @property
    def gap(self) -> int:
        return min(max(self.tile // 20, 4), 8)

    @property
    def margin(self) -> int:
        return 3 * self.gap

    @cached_property
    def font(self) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
        return ImageFont.load_default(min(max(self.tile / 9, 12), 16))

    @cached_property
    def wrapped_row_titles(self) -> list[str]:
        return [self._wrap(title, max(self.tile, 120)) for title in self.row_titles]

    @cached_property
    def wrapped_column_titles(self) -> list[str]:
        return [self._wrap(title, self.tile) for title in self.column_titles]

    @cached_property
    def wrapped_tile_titles(self) -> list[list[str]]:
        return [[self._wrap(title, self.tile) for title in row] for row in self.tile_titles]

    @cached_property
    def below_tiles(self) -> int:
        """Height of the titles below each row, in pixels."""
        titles = [title for row in self.wrapped_tile_titles for title in row]
        return max((self._text_size(title)[1] for title in titles), default=0) + (
            2 * self.gap if titles else 0
        )

    @property
    def row_height(self) -> int:
        return self.tile + self.below_tiles + self.gap

    @cached_property
    def left(self) -> int:
        """Left edge of the first column."""
        widths = [self._text_size(title)[0] for title in self.wrapped_row_titles]
        return self.margin + (max(widths) + 2 * self.gap if widths else 0)

    @cached_property
    def top(self) -> int:
        """Upper edge of the first row."""
        heights = [self._text_size(title)[1] for title in self.wrapped_column_titles]
        return self.margin + (max(heights) + self.gap if heights else 0)

    @property
    def right(self) -> int:
        return self.left + self.columns * (self.tile + self.gap) - self.gap

    @property
    def bottom(self) -> int:
        return self.top + self.rows * self.row_height - self.gap

    def draw(self, pictures: list[list[Image.Image | None]]) -> Image.Image:
        caption = self._wrap(self.caption, max(self.right - self.margin, 240))
        caption_width, caption_height = self._text_size(caption)
        below = caption_height + 2 * self.gap if caption else 0
        width = max(self.right, self.margin + caption_width) + self.margin
        sheet = Image.new("RGB", (width, self.bottom + below + self.margin), PAPER)
        for row, line in enumerate(pictures):
            for column, picture in enumerate(line):
                if picture is not None:
                    self._paste(sheet, picture, *self._corner(row, column))
        pen = ImageDraw.Draw(sheet)
        self._write_titles(pen)
        pen.multiline_text((self.margin, self.bottom + 2 * self.gap), caption, FAINT_INK, self.font)
        return sheet

    def _corner(self, row: int, column: int) -> tuple[int, int]:
        return self.left + column * (self.tile + self.gap), self.top + row * self.row_height

    def _paste(self, sheet: Image.Image, picture: Image.Image, left: int, top: int) -> None:
        if max(picture.size) != self.tile:
            picture = ImageOps.contain(picture, (self.tile, self.tile), Image.Resampling.LANCZOS)
        spare_x, spare_y = self.tile - picture.width, self.tile - picture.height
        sheet.paste(picture, (left + spare_x // 2, top + spare_y // 2))

    def _write_titles(self, pen: ImageDraw.ImageDraw) -> None:
        for row, title in enumerate(self.wrapped_row_titles):
            middle = self._corner(row, 0)[1] + self.tile / 2
            corner = (self.left - 2 * self.gap, middle)
            pen.multiline_text(corner, title, INK, self.font, anchor="rm", align="right")
        for column, title in enumerate(self.wrapped_column_titles):
            middle = self._corner(0, column)[0] + self.tile / 2
            corner = (middle, self.top - self.gap)
            pen.multiline_text(corner, title, INK, self.font, anchor="md", align="center")
        for row, titles in enumerate(self.wrapped_tile_titles):
            for column, title in enumerate(titles):
                left, top = self._corner(row, column)
                corner = (left + self.tile / 2, top + self.tile + self.gap)
                pen.multiline_text(corner, title, INK, self.font, anchor="ma", align="center")

    def _text_size(self, text: str) -> tuple[int, int]:
        if not text:
            return 0, 0
        pen = ImageDraw.Draw(Image.new("L", (1, 1)))
        _, _, right, bottom = pen.multiline_textbbox((0, 0), text, self.font)
        return round(right), round(bottom)

    def _wrap(self, text: str, width: int) -> str:
        """Break lines between words to fit a width; a longer word gets its own line."""
        lines: list[str] = []
        for paragraph in text.split("\n"):
            line = ""
            for word in paragraph.split():
                longer = f"{line} {word}".strip()
                if line and self.font.getlength(longer) > width:
                    lines.append(line)
                    longer = word
                line = longer
            lines.append(line)
        return "\n".join(lines)


def _most_columns(pictures: list[list[Image.Image | None]]) -> int:
    if not any(picture for row in pictures for picture in row):
        raise ImageError("A contact sheet needs at least one image, got none.")
    return max(len(row) for row in pictures)


def _longest_side(pictures: list[list[Image.Image | None]]) -> int:
    return max(max(picture.size) for row in pictures for picture in row if picture is not None)


def _picture(image: Array) -> Image.Image:
    array = to_numpy(image)
    if array.ndim == 3:
        array = array[None]
    if array.ndim == 4 and len(array) != 1:
        raise ImageError(f"Each position of a contact sheet takes one image, got {len(array)}.")
    return Image.fromarray(to_bytes(array)[0])

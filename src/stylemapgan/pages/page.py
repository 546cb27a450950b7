"""Write blocks as one self-contained HTML file that loads nothing from the network."""

import base64
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from io import BytesIO
from itertools import count, groupby
from pathlib import Path

from PIL import Image

from stylemapgan import images
from stylemapgan.errors import MissingExtraError
from stylemapgan.images.atomic import write_text
from stylemapgan.pages.blocks import Block, Cell, Chart, Details, Dots, Picture, Table
from stylemapgan.pages.charts import PALETTE, draw, last_value
from stylemapgan.pages.dots import place_dots

TEMPLATE = "page.html.jinja"
ONE_NUMBER = r"[-+±<>≤≥~≈\u2212]?\s?(∞|[\d.,]+(e[-+]\d+)?)"
NUMBER = re.compile(
    rf"{ONE_NUMBER}\s?(%|[a-zA-Zµ]{{1,3}}|[a-zA-Z]+/s)?|{ONE_NUMBER} to {ONE_NUMBER}|[-\u2013]?"
)
"""A cell of a numeric column: a number, with or without a short unit; `1 to 2`; nothing."""
LOSSLESS_PIXELS = 128 * 128
"""Pictures of up to this many pixels are stored as PNG, larger ones as WebP."""
QUALITY = 88
"""Of WebP, up to 100; no difference is visible on a screen."""
SMALL = 256
"""Pictures whose longest side has fewer pixels are enlarged without smoothing."""


def write_page(path: Path, title: str, blocks: Sequence[Block], subtitle: str = "") -> None:
    """Write a page; create its folder if missing.

    Args:
        path: File to write; usually ends in .html.
        title: Heading of the page and title of the browser's tab.
        blocks: Content of the page, from top to bottom.
        subtitle: One line under the title.

    Raises:
        ImageError: A picture cannot be read.
        MissingExtraError: Jinja or Matplotlib is not installed.
        StorageError: The disk is full or writing is denied.
    """
    html = to_html(title, blocks, subtitle)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_text(path, html)


def to_html(title: str, blocks: Sequence[Block], subtitle: str = "") -> str:
    """Build a page as text; the same blocks give the same text."""
    try:
        import jinja2
    except ModuleNotFoundError:
        raise MissingExtraError("jinja2", "reports") from None
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "embed": embed,
        "last_value": last_value,
        "numeric": numeric_columns,
        "placed": place_dots,
    }
    environment.globals |= {"draw": draw, "palette": PALETTE}
    page = environment.get_template(TEMPLATE)
    return page.render(title=title, subtitle=subtitle, groups=list(_groups(blocks, count())))


def refuse_without_packages() -> None:
    """Check before long work that the packages for pages are installed.

    Raises:
        MissingExtraError: Jinja or Matplotlib is not installed.
    """
    for package in ("jinja2", "matplotlib"):
        if find_spec(package) is None:
            raise MissingExtraError(package, "reports")


@dataclass(frozen=True)
class _Group:
    """Consecutive charts of one kind, or a single block of any other kind."""

    kind: str
    blocks: Sequence[Block]
    number: int
    """Position of the first on the page."""
    inside: Sequence["_Group"] = ()
    """Groups inside a block that holds others."""


def _groups(blocks: Sequence[Block], numbers: Iterator[int]) -> Iterator[_Group]:
    for _, together in groupby(zip(numbers, blocks, strict=False), key=_group_key):
        positions, members = zip(*together, strict=True)
        first = members[0]
        inside = list(_groups(first.blocks, numbers)) if isinstance(first, Details) else ()
        yield _Group(type(first).__name__, members, positions[0], inside)


def _group_key(numbered: tuple[int, Block]) -> str | int:
    """Give consecutive charts of one kind the same key, every other block its own."""
    number, block = numbered
    return type(block).__name__ if isinstance(block, (Chart, Dots)) else number


@dataclass(frozen=True)
class Embedded:
    """A picture inside the page."""

    uri: str
    width: int
    height: int

    @property
    def is_small(self) -> bool:
        """Whether to enlarge it without smoothing."""
        return max(self.width, self.height) < SMALL


def embed(picture: Picture) -> Embedded:
    """Turn a picture into a data URI.

    Raises:
        ImageError: The file cannot be read, or the array is not an image.
    """
    pixels = (
        images.read_pixels(picture.images)
        if isinstance(picture.images, Path)
        else images.to_bytes(picture.images[:1])[0]
    )
    shown = Image.fromarray(pixels)
    if picture.longest_side is not None:
        side = (picture.longest_side, picture.longest_side)
        shown.thumbnail(side, Image.Resampling.LANCZOS)
    kind, content = _encode(shown)
    text = base64.b64encode(content).decode("ascii")
    return Embedded(f"data:image/{kind};base64,{text}", shown.width, shown.height)


def _encode(picture: Image.Image) -> tuple[str, bytes]:
    memory = BytesIO()
    if picture.width * picture.height <= LOSSLESS_PIXELS:
        picture.save(memory, "PNG", optimize=True)
        return "png", memory.getvalue()
    picture.save(memory, "WEBP", quality=QUALITY, method=4)
    return "webp", memory.getvalue()


def numeric_columns(table: Table) -> set[int]:
    """Find the columns that hold only numbers."""
    columns = range(len(table.columns))
    return {
        column
        for column in columns
        if all(NUMBER.fullmatch(_text(row[column])) for row in table.rows)
    }


def _text(cell: str | Cell) -> str:
    return cell.text if isinstance(cell, Cell) else cell

"""From blocks to one HTML file that asks nothing of the network."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import count, groupby
from pathlib import Path

from stylemapgan.errors import MissingExtraError
from stylemapgan.images.atomic import write_text
from stylemapgan.pages.blocks import Block, Cell, Chart, Details, Dots, Table
from stylemapgan.pages.charts import PALETTE, draw, last_value
from stylemapgan.pages.dots import place_dots
from stylemapgan.pages.pictures import embed

TEMPLATE = "page.html.jinja"
ONE_NUMBER = r"[-+±<>≤≥~≈\u2212]?\s?(∞|[\d.,]+(e[-+]\d+)?)"
NUMBER = re.compile(
    rf"{ONE_NUMBER}\s?(%|[a-zA-Zµ]{{1,3}}|[a-zA-Z]+/s)?|{ONE_NUMBER} to {ONE_NUMBER}|[-\u2013]?"
)
"""What a cell of a numeric column holds: a number, maybe with a short unit; `1 to 2`; nothing."""


def write_page(path: Path, title: str, blocks: Sequence[Block], subtitle: str = "") -> None:
    """Write a page; its folder is made if missing.

    Args:
        path: Where to; usually ends in .html.
        title: Heads the page and names the browser's tab.
        blocks: What the page holds, from top to bottom.
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
    """Build a page as text; the same blocks always give the same text."""
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
    """Find out before long work whether its page can be written.

    Raises:
        MissingExtraError: Jinja or Matplotlib is not installed.
    """
    for package in ("jinja2", "matplotlib"):
        if find_spec(package) is None:
            raise MissingExtraError(package, "reports")


@dataclass(frozen=True)
class _Group:
    """Blocks that stand together: charts that follow each other, or one of any other kind."""

    kind: str
    blocks: Sequence[Block]
    number: int
    """Place of the first on the page."""
    inside: Sequence["_Group"] = ()
    """What is in a block that holds others."""


def _groups(blocks: Sequence[Block], places: Iterator[int]) -> Iterator[_Group]:
    for _, together in groupby(zip(places, blocks, strict=False), key=_company):
        numbers, members = zip(*together, strict=True)
        first = members[0]
        inside = list(_groups(first.blocks, places)) if isinstance(first, Details) else ()
        yield _Group(type(first).__name__, members, numbers[0], inside)


def _company(placed: tuple[int, Block]) -> str | int:
    """Blocks of equal company stand together: charts of one kind, all others alone."""
    number, block = placed
    return type(block).__name__ if isinstance(block, (Chart, Dots)) else number


def numeric_columns(table: Table) -> set[int]:
    """Find the columns that hold nothing but numbers."""
    columns = range(len(table.columns))
    return {
        column
        for column in columns
        if all(NUMBER.fullmatch(_text(row[column])) for row in table.rows)
    }


def _text(cell: str | Cell) -> str:
    return cell.text if isinstance(cell, Cell) else cell

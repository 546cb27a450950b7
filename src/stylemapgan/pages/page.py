"""From blocks to one HTML file that asks nothing of the network."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from stylemapgan.errors import MissingExtraError
from stylemapgan.images.atomic import replacing
from stylemapgan.pages.blocks import Block, Chart, Table
from stylemapgan.pages.charts import PALETTE, draw, last_value
from stylemapgan.pages.pictures import embed

TEMPLATE = "page.html.jinja"
NUMBER = re.compile(r"[-+±<>≤≥~≈]?\s?[\d.,]+\s?(%|[a-zA-Zµ]{1,3}|[a-zA-Z]+/s)?|[-\u2013]?")
"""What a cell of a numeric column holds: a number, maybe with a short unit, or nothing."""


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
    """
    html = to_html(title, blocks, subtitle)
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as unfinished:
        # names of files may hold what is no Unicode
        unfinished.write_text(html, encoding="utf-8", errors="backslashreplace")


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
    environment.filters |= {"embed": embed, "last_value": last_value, "numeric": numeric_columns}
    page = environment.get_template(TEMPLATE)
    return page.render(
        title=title, subtitle=subtitle, groups=list(_groups(blocks)), draw=draw, palette=PALETTE
    )


@dataclass(frozen=True)
class _Group:
    """Blocks that stand together: charts that follow each other, or one of any other kind."""

    kind: str
    blocks: Sequence[Block]
    number: int
    """Place of the first on the page."""


def _groups(blocks: Sequence[Block]) -> Iterator[_Group]:
    numbered = enumerate(blocks)
    for _, together in groupby(
        numbered, key=lambda pair: "charts" if isinstance(pair[1], Chart) else pair[0]
    ):
        numbers, members = zip(*together, strict=True)
        yield _Group(type(members[0]).__name__, members, numbers[0])


def numeric_columns(table: Table) -> set[int]:
    """Find the columns that hold nothing but numbers."""
    columns = range(len(table.columns))
    return {
        column for column in columns if all(NUMBER.fullmatch(row[column]) for row in table.rows)
    }

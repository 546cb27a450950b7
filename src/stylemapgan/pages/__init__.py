"""Reports as self-contained HTML pages with text, tables, charts and pictures."""

from stylemapgan.pages.blocks import (
    Block,
    Cell,
    Chart,
    Code,
    Definitions,
    Details,
    Dot,
    Dots,
    Facts,
    Gallery,
    Heading,
    Notice,
    Paragraph,
    Picture,
    Series,
    Table,
)
from stylemapgan.pages.page import refuse_without_packages, to_html, write_page

__all__ = [
    "Block",
    "Cell",
    "Chart",
    "Code",
    "Definitions",
    "Details",
    "Dot",
    "Dots",
    "Facts",
    "Gallery",
    "Heading",
    "Notice",
    "Paragraph",
    "Picture",
    "Series",
    "Table",
    "refuse_without_packages",
    "to_html",
    "write_page",
]

"""Pages for people: one self-contained HTML file with text, tables, charts and pictures."""

from stylemapgan.pages.blocks import (
    Block,
    Chart,
    Code,
    Facts,
    Gallery,
    Heading,
    Notice,
    Paragraph,
    Picture,
    Series,
    Table,
)
from stylemapgan.pages.page import to_html, write_page

__all__ = [
    "Block",
    "Chart",
    "Code",
    "Facts",
    "Gallery",
    "Heading",
    "Notice",
    "Paragraph",
    "Picture",
    "Series",
    "Table",
    "to_html",
    "write_page",
]

"""Measured figures in pages: what stands between two markers is replaced."""

import re
from pathlib import Path

from stylemapgan.errors import DataError


def replace_measured(page: Path, name: str, text: str) -> None:
    """Replace what a page has between `<!-- measured: NAME -->` and `<!-- end -->`.

    Raises:
        DataError: The page has no such markers.
    """
    marker = re.compile(rf"(<!-- measured: {name} -->\n).*?(<!-- end -->)", re.DOTALL)
    before = page.read_text(encoding="utf-8")
    after, count = marker.subn(lambda found: f"{found[1]}{text.strip()}\n{found[2]}", before)
    if count != 1:
        raise DataError(f"{page} has {count} places for {name!r}, expected 1.")
    page.write_text(after, encoding="utf-8")


def table(head: list[str], rows: list[list[str]]) -> str:
    """Lay out a Markdown table; columns after the first are numbers."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)

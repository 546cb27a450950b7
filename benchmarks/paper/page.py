"""Insert the tables into a page of the documentation."""

import re
from pathlib import Path

from stylemapgan.errors import DataError
from stylemapgan.images.atomic import replacing

BEGIN, END = "<!-- tables: begin -->", "<!-- tables: end -->"


def put_into(page: Path, tables: str) -> None:
    """Replace the text between the two markers of a page.

    Raises:
        DataError: The page is missing, or has no markers.
    """
    marked = re.compile(f"{re.escape(BEGIN)}.*{re.escape(END)}", re.DOTALL)
    try:
        text = page.read_text("utf-8")
    except OSError as error:
        raise DataError(f"{page} cannot be read: {error.strerror}.") from None
    if not marked.search(text):
        raise DataError(f"{page} has no markers for the tables: add {BEGIN} and {END}.")
    filled = marked.sub(lambda _: f"{BEGIN}\n\n{tables.strip()}\n\n{END}", text)
    with replacing(page) as unfinished:
        unfinished.write_text(filled, "utf-8")

"""Compare the reference of Python with `stylemapgan.__all__`."""

import inspect
import logging
import re
from pathlib import Path

import stylemapgan

PAGES = Path(__file__).parents[1] / "reference"
LOG = logging.getLogger("mkdocs.hooks")
DOCUMENTED = re.compile(r"^::: stylemapgan\.(\w+)$", re.MULTILINE)


def reference() -> str:
    """Read the pages that document Python."""
    return "\n".join(page.read_text("utf-8") for page in sorted(PAGES.glob("python*.md")))


def check() -> None:
    """Warn, which fails the build, of public names without documentation."""
    for name in undocumented(reference()):
        LOG.warning("stylemapgan.%s: give it a docstring, and a place in reference/python.md", name)


def undocumented(pages: str) -> list[str]:
    """List the public names that the reference or their docstring leaves out."""
    places = set(DOCUMENTED.findall(pages)) | {"__version__"}
    return [name for name in stylemapgan.__all__ if name not in places or not _docstring(name)]


def _docstring(name: str) -> str | None:
    value = getattr(stylemapgan, name)
    return value if isinstance(value, str) else inspect.getdoc(value)

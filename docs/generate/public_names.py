"""Compare the Python reference with `stylemapgan.__all__`."""

import inspect
import logging
import re

import stylemapgan

LOG = logging.getLogger("mkdocs.hooks")
DOCUMENTED = re.compile(r"^::: stylemapgan\.(\w+)$", re.MULTILINE)


def check(reference: str) -> None:
    """Warn, which fails the build, of public names without documentation."""
    for name in undocumented(reference):
        LOG.warning("stylemapgan.%s is public: it needs a docstring and a place in python.md", name)


def undocumented(reference: str) -> list[str]:
    """List the public names that the reference or their docstring leaves out."""
    places = set(DOCUMENTED.findall(reference)) | {"__version__"}
    return [name for name in stylemapgan.__all__ if name not in places or not _docstring(name)]


def _docstring(name: str) -> str | None:
    value = getattr(stylemapgan, name)
    return value if isinstance(value, str) else inspect.getdoc(value)

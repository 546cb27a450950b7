"""Files that appear whole or not at all."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Lend a temporary path in the same folder; it becomes `path` if the block succeeds.

    If the block fails, what was at `path` before stays as it was.
    """
    temporary = path.with_name(f".{secrets.token_hex(6)}.part")
    try:
        yield temporary
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)

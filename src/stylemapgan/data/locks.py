"""Who unpacks: of all processes that want the same new cache entry, one.

A claim is the temporary folder itself, for making a folder succeeds for one process only. Its
pixels show the others how far it is. If its process was killed, the claim stays and the next
process claims the next number; should two ever work at the same time, both make the same entry.
"""

import json
import os
import platform
import time
from collections.abc import Callable
from pathlib import Path

from stylemapgan.data.cache import PARTIAL, PIXELS, last_change
from stylemapgan.images.atomic import write_text

HOLDER = "holder.json"
SILENT_AFTER_S = 60.0
"""A claim not written to for so long is given up, on whatever machine its process was."""
LOOK_EVERY_S = 0.1
"""Pause between two looks at somebody else's claim."""


def claim(place: Path, on_wait: Callable[[int], None]) -> Path | None:
    """Claim the making of an entry, or wait until whoever has claimed it is done.

    Args:
        place: Where the entry will be.
        on_wait: Told now and then how many bytes of pixels the other process has written.

    Returns:
        A temporary folder to fill; None if another process held the claim and let it go, so that
        the entry may now be there.
    """
    number = 0
    while True:
        folder = place.with_name(f".{place.name}.{number}{PARTIAL}")
        if _make(folder):
            return folder
        while folder.exists() and not _is_given_up(folder):
            on_wait(_bytes_written(folder))
            time.sleep(LOOK_EVERY_S)
        if not folder.exists():
            return None
        number += 1


def _make(folder: Path) -> bool:
    try:
        folder.mkdir()
    except FileExistsError:
        return False
    holder = {"machine": platform.node(), "process": os.getpid()}
    write_text(folder / HOLDER, json.dumps(holder))
    return True


def _is_given_up(folder: Path) -> bool:
    silence = time.time() - last_change(folder / PIXELS, folder)
    return silence > SILENT_AFTER_S or _holder_is_dead(folder)


def _holder_is_dead(folder: Path) -> bool:
    """Tell for sure that a claim's process is gone; that needs the same machine, and POSIX."""
    if os.name != "posix":
        return False
    try:
        holder = json.loads((folder / HOLDER).read_text(encoding="utf-8"))
        if holder["machine"] != platform.node():
            return False
        os.kill(holder["process"], 0)  # asks, and does nothing
    except ProcessLookupError:
        return True
    except (OSError, ValueError, KeyError, TypeError):  # no holder written yet, or not ours to ask
        return False
    return False


def _bytes_written(folder: Path) -> int:
    try:
        return (folder / PIXELS).stat().st_size
    except FileNotFoundError:
        return 0

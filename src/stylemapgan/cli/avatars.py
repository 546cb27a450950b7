"""`stylemapgan avatars`."""

import os
import shlex
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from rich.console import Console

from stylemapgan.cli.bars import Bar
from stylemapgan.cli.speaking import goes_on_after_ctrl_c, say
from stylemapgan.data.avatars import AvatarConfig, write_folder


def avatars(
    out: Path,
    *,
    settings: Annotated[AvatarConfig, Parameter(name="*")] = AvatarConfig(),
    workers: int | None = None,
) -> None:
    """Draw faces whose parts, and exchanged parts, are known: pictures, maps of parts, true swaps.

    Stopped half-way, the same command goes on where it was. The same settings give the same files.

    Args:
        out: Folder for the faces, new or empty.
        settings: What to draw.
        workers: Processes that share the work; as many as there are processors if not given.
    """
    console = Console()
    count = os.cpu_count() or 1 if workers is None else workers
    with goes_on_after_ctrl_c(console), Bar(console) as bar:
        write_folder(out, settings, count, lambda done, total: bar.show("avatars", done, total))
    say(console, f"{settings.count:,} faces: {out / 'card.md'}")
    say(console, f"next: {_training(out, settings)}")


def _training(out: Path, settings: AvatarConfig) -> str:
    """Write the command that trains on what was drawn."""
    command = f"stylemapgan train {shlex.quote(str(out / 'train'))}"
    if settings.held_out:
        command += f" --validation {shlex.quote(str(out / 'val'))}"
    return command

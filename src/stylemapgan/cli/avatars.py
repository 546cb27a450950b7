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
    config: Annotated[AvatarConfig, Parameter(name="*")] = AvatarConfig(),
    workers: int | None = None,
) -> None:
    """Draw faces with label maps of their parts and the true results of exchanging parts.

    If it is interrupted, the same command continues where it stopped. The same options give the
    same files.

    Args:
        out: Folder for the faces, new or empty.
        config: What to draw.
        workers: Processes that share the work; one for each processor if not given.
    """
    console = Console()
    count = os.cpu_count() or 1 if workers is None else workers
    with goes_on_after_ctrl_c(console), Bar(console) as bar:
        write_folder(out, config, count, lambda done, total: bar.show("avatars", done, total))
    say(console, f"{config.count:,} faces: {out / 'card.md'}")
    say(console, f"next: {_training(out, config)}")


def _training(out: Path, config: AvatarConfig) -> str:
    """Write the command that trains on the faces."""
    command = f"stylemapgan train {shlex.quote(str(out / 'train'))}"
    if config.held_out:
        command += f" --validation {shlex.quote(str(out / 'val'))}"
    return command

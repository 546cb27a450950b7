"""`stylemapgan prepare`."""

import os
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter
from rich.console import Console

from stylemapgan.cli.bars import Bar
from stylemapgan.cli.speaking import goes_on_after_ctrl_c, say
from stylemapgan.data.preparing import PrepareConfig
from stylemapgan.data.preparing import prepare as prepare_pictures

if TYPE_CHECKING:
    from stylemapgan.data.preparing import Prepared


def prepare(
    source: str,
    out: Path,
    *,
    config: Annotated[PrepareConfig, Parameter(name="*")] = PrepareConfig(),
    workers: int | None = None,
) -> None:
    """Turn any collection of pictures into training data.

    Crops, checks and splits the pictures, and finds near duplicates. If it is interrupted, the
    same command continues where it stopped.

    Args:
        source: Pictures: a folder, searched recursively; a .zip or .tar archive; an LMDB folder;
            WebDataset shards, local or remote.
        out: Folder for the prepared pictures, new or empty.
        config: How to prepare the pictures.
        workers: Processes that share the work; one for each processor if not given.
    """
    console = Console()
    count = os.cpu_count() or 1 if workers is None else workers
    with goes_on_after_ctrl_c(console), Bar(console) as bar:
        prepared = prepare_pictures(source, out, config, count, bar.show)
    for part in _empty_parts(config, prepared):
        line = f"The part {part} is empty; another --seed or a larger share may fill it."
        say(console, line, "yellow")
    _show_summary(console, prepared, out)


def _empty_parts(config: PrepareConfig, prepared: "Prepared") -> list[str]:
    """List the parts that have a share but no pictures."""
    shares = {"train": 1.0, "val": config.validation, "test": config.test}
    return [part for part, share in shares.items() if share > 0 and part not in prepared.parts]


def _show_summary(console: Console, prepared: "Prepared", out: Path) -> None:
    if prepared.already:
        say(console, f"{out} is already prepared.")
    parts = ", ".join(f"{count:,} {part}" for part, count in prepared.parts.items())
    say(console, f"{prepared.found:,} pictures found: {parts}, {prepared.skipped:,} skipped")
    if prepared.skipped:
        say(console, f"reasons for skipping: {out / 'skipped.csv'}", "yellow")
    if prepared.duplicate_groups:
        say(console, _duplicates(prepared, out), "yellow")
    if prepared.missing_extra:
        say(console, f"The report page was not written. {prepared.missing_extra}", "yellow")
    else:
        say(console, f"report: {out / 'report.html'}")
    if "train" in prepared.parts:
        say(console, f"next: {_training(prepared, out)}")


def _duplicates(prepared: "Prepared", out: Path) -> str:
    text = f"groups of near duplicates: {prepared.duplicate_groups:,}, in {out / 'duplicates.csv'}"
    if prepared.dropped:
        return f"{text}; {prepared.dropped:,} pictures dropped"
    if prepared.duplicate_groups_across_parts:
        text += f"; in more than one part: {prepared.duplicate_groups_across_parts:,}"
    return f"{text}; --drop-duplicates keeps only the first of each group"


def _training(prepared: "Prepared", out: Path) -> str:
    """Write the command that trains on the prepared pictures."""

    def path(part: str) -> str:
        names = [name for name in prepared.outputs if name.partition("-")[0].split(".")[0] == part]
        return shlex.quote(str(out / (names[0] if len(names) == 1 else f"{part}-*.tar")))

    words = ["stylemapgan train", path("train")]
    return " ".join(words + (["--validation", path("val")] if "val" in prepared.parts else []))

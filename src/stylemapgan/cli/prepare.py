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
    settings: Annotated[PrepareConfig, Parameter(name="*")] = PrepareConfig(),
    workers: int | None = None,
) -> None:
    """Make training data of any pile of pictures.

    They are checked, cut, split and searched for copies. Killed half-way, the same command goes
    on where it was.

    Args:
        source: Pictures: a folder, searched recursively; a .zip or .tar archive; an LMDB folder;
            WebDataset shards, here or far away.
        out: Folder for the prepared pictures, new or empty.
        settings: What to make of the pictures.
        workers: Processes that share the work; as many as there are processors if not given.
    """
    console = Console()
    count = os.cpu_count() or 1 if workers is None else workers
    with goes_on_after_ctrl_c(console), Bar(console) as bar:
        prepared = prepare_pictures(source, out, settings, count, bar.show)
    for part in _empty_parts(settings, prepared):
        say(console, f"no picture fell into {part}; another --seed or share may help", "yellow")
    _tell(console, prepared, out)


def _empty_parts(settings: PrepareConfig, prepared: "Prepared") -> list[str]:
    """List the parts that should have pictures and have none."""
    shares = {"train": 1.0, "val": settings.validation, "test": settings.test}
    return [part for part, share in shares.items() if share > 0 and part not in prepared.parts]


def _tell(console: Console, prepared: "Prepared", out: Path) -> None:
    if prepared.already:
        say(console, f"{out} is already prepared.")
    parts = ", ".join(f"{count:,} {part}" for part, count in prepared.parts.items())
    say(console, f"{prepared.found:,} pictures found: {parts}, {prepared.skipped:,} skipped")
    if prepared.skipped:
        say(console, f"why they are skipped: {out / 'skipped.csv'}", "yellow")
    if prepared.duplicate_groups:
        say(console, _duplicates(prepared, out), "yellow")
    if prepared.missing_extra:
        say(console, f"No report page. {prepared.missing_extra}", "yellow")
    else:
        say(console, f"see {out / 'report.html'}")
    if "train" in prepared.parts:
        say(console, f"next: {_training(prepared, out)}")


def _duplicates(prepared: "Prepared", out: Path) -> str:
    text = f"groups of near duplicates: {prepared.duplicate_groups:,}, in {out / 'duplicates.csv'}"
    if prepared.dropped:
        return f"{text}; {prepared.dropped:,} pictures dropped"
    if prepared.duplicate_groups_across_parts:
        text += f"; in more than one part: {prepared.duplicate_groups_across_parts:,}"
    return f"{text}; to keep the first of each, use --drop-duplicates"


def _training(prepared: "Prepared", out: Path) -> str:
    """Write the command that trains on what was prepared."""

    def place(part: str) -> str:
        names = [name for name in prepared.outputs if name.partition("-")[0].split(".")[0] == part]
        return shlex.quote(str(out / (names[0] if len(names) == 1 else f"{part}-*.tar")))

    words = ["stylemapgan train", place("train")]
    return " ".join(words + (["--validation", place("val")] if "val" in prepared.parts else []))

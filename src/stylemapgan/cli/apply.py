"""`stylemapgan apply`."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from rich.console import Console

from stylemapgan.cli.bars import Bar
from stylemapgan.cli.edit_files import model_of
from stylemapgan.cli.options import ON_THE_CPU, EngineOptions
from stylemapgan.cli.speaking import goes_on_after_ctrl_c, say
from stylemapgan.editing.applying import (
    Applied,
    ApplyConfig,
    ChosenModel,
    apply_edit,
    read_edit,
)
from stylemapgan.editing.applying.manifest import MANIFEST

HOW = "Run the same command with --resume to continue."


def apply(
    edit: Path,
    source: str,
    out: Path,
    /,
    *,
    config: Annotated[ApplyConfig, Parameter(name="*")] = ApplyConfig(),
    resume: Annotated[bool, Parameter(negative=())] = False,
    workers: int | None = None,
    model: str | None = None,
    engine_config: EngineOptions = ON_THE_CPU,
) -> None:
    """Apply one edit to many photos, each at its full resolution.

    Photos that do not fit are left out; manifest.csv in the output folder says why.

    Args:
        edit: A project that the Studio saved, or the JSON of an edit.
        source: Photos: a folder, searched recursively; a .zip or .tar archive; an LMDB folder;
            WebDataset shards, local or remote.
        out: Folder for the edited photos, new or empty; they get the photos' names.
        config: How to apply it.
        resume: Continue an interrupted call with the same arguments.
        workers: Processes that share the work; one for each processor if not given, and only one
            for another device than the CPU.
        model: Name of a bundled model, a .safetensors file, or a folder that `export` wrote; the
            one that the edit names if not given.
        engine_config: What runs the networks.
    """
    saved = read_edit(edit)
    chosen = ChosenModel(name=model or model_of(saved, edit), engine_config=engine_config)
    console = Console()
    with goes_on_after_ctrl_c(console, HOW), Bar(console) as bar:
        applied = apply_edit(
            saved,
            source,
            out,
            chosen,
            config,
            workers=workers,
            resume=resume,
            on_progress=lambda done, total: bar.show("photos", done, total),
        )
    _show_summary(console, applied, out)


def _show_summary(console: Console, applied: Applied, out: Path) -> None:
    pace = f", {applied.now / applied.seconds:.2f} photos/s" if applied.now else ""
    say(console, f"{applied.edited:,} of {len(applied.rows):,} photos edited{pace}")
    if applied.misfits:
        line = f"{applied.misfits:,} misfits; why: {out / MANIFEST}"
        say(console, line, "yellow")

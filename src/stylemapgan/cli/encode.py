"""`stylemapgan encode`."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from rich.console import Console

from stylemapgan import zoo
from stylemapgan.cli.bars import Bar
from stylemapgan.cli.options import ON_THE_CPU, EngineOptions
from stylemapgan.cli.speaking import goes_on_after_ctrl_c, say
from stylemapgan.editing.chosen_model import ChosenModel
from stylemapgan.editing.encoding import EncodeConfig, Encoded, encode_photos

HOW = "Run the same command with --resume to continue."


def encode(
    source: str,
    out: Path,
    /,
    *,
    config: Annotated[EncodeConfig, Parameter(name="*")] = EncodeConfig(),
    resume: Annotated[bool, Parameter(negative=())] = False,
    workers: int | None = None,
    ray: str | None = None,
    model: str = zoo.BUNDLED[0],
    engine_config: EngineOptions = ON_THE_CPU,
) -> None:
    """Encode a collection of photos into Parquet files: stylemaps, squares and fits.

    Args:
        source: Photos: a folder, searched recursively; a .zip or .tar archive; an LMDB folder;
            WebDataset shards, local or remote.
        out: Folder for the files, new or empty.
        config: How to encode.
        resume: Continue an interrupted call with the same arguments.
        workers: Processes that share the work; one for each processor if not given, and only one
            for another device than the CPU; with --ray as many as the cluster has room for.
        ray: Let a Ray cluster do the work: `auto` for the one that this machine belongs to, its
            address (host:port), or `local` for a new one on this machine.
        model: Name of a bundled model, a .safetensors file, or a folder that `export` wrote.
        engine_config: What runs the networks.
    """
    chosen = ChosenModel(name=model, engine_config=engine_config)
    console = Console()
    with goes_on_after_ctrl_c(console, HOW), Bar(console) as bar:
        encoded = encode_photos(
            source,
            out,
            chosen,
            config,
            workers=workers,
            ray=ray,
            resume=resume,
            on_progress=lambda done, total: bar.show("photos", done, total),
        )
    _show_summary(console, encoded, out)


def _show_summary(console: Console, encoded: Encoded, out: Path) -> None:
    pace = f", {encoded.now / encoded.seconds:.1f} photos/s" if encoded.now else ""
    say(console, f"{encoded.encoded:,} of {encoded.photos:,} photos encoded into {out}{pace}")
    if encoded.left_out:
        line = f"{encoded.left_out:,} were not; the column `problem` says why"
        say(console, line, "yellow")

"""`stylemapgan export`."""

import math
import shlex
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from rich.console import Console
from rich.table import Table

from stylemapgan import checkpoints, zoo
from stylemapgan.checkpoints import Checkpoint
from stylemapgan.cli.bars import Bar
from stylemapgan.cli.speaking import INTERRUPTED, say
from stylemapgan.editing.photo import CroppedPhoto
from stylemapgan.errors import ImageError, MissingExtraError
from stylemapgan.images.formats import IN_FOLDERS
from stylemapgan.images.levels import batch_for
from stylemapgan.types import Images

if TYPE_CHECKING:
    from stylemapgan.interop.onnx_export import Exported, Step

COMPARED = 8
"""Pictures of up to 128 pixels on which ONNX Runtime and PyTorch are compared; fewer if larger."""
BATCH = 8
"""Photos of up to 128 pixels that are reconstructed at once."""


def export(
    model: str,
    folder: Path,
    /,
    *,
    photos: Path | None = None,
    full_precision: bool = False,
    check: bool = True,
) -> None:
    """Export a model as ONNX files, which run without PyTorch.

    Args:
        model: Name of a bundled model, or a .safetensors file.
        folder: Folder for the files; use it as --model to edit with them.
        photos: Folder of photos the model was not trained on: results are compared on them, and
            the error of their reconstructions is measured and stored in the files.
        full_precision: Keep float32 weights instead of rounding them to float16, for twice the
            size.
        check: Compare results of ONNX Runtime with PyTorch's, and refuse to write files that
            differ.
    """
    _check_first(folder)
    pictures = _pictures(model, photos)
    console = Console()
    try:
        checkpoint = _read(model, full_precision=full_precision)
        if photos is not None:
            errors = _measure(checkpoint, pictures, console)
            checkpoint = replace(checkpoint, typical_errors=errors)
        compared = _some_photos(pictures, checkpoint.config.image_size) if check else None
        exported = _write(checkpoint, folder, compared, console)
    except KeyboardInterrupt:
        say(console, "Stopped; nothing was written.")
        sys.exit(INTERRUPTED)
    _tell(console, exported, "photos" if pictures else "random pixels")
    if photos is not None:
        median, worst = checkpoint.typical_errors[5], checkpoint.typical_errors[-1]
        say(console, f"squared error of a reconstruction: median {median:.4f}, worst {worst:.4f}")
    say(console, f"wrote {folder}; to edit with it: --model {shlex.quote(str(folder))}")


def _read(model: str, *, full_precision: bool) -> Checkpoint:
    """Read a model as it will be stored, without its discriminator."""
    from stylemapgan.interop.onnx_export import without_discriminator

    stored = without_discriminator(checkpoints.read(zoo.find(model)))
    return stored if full_precision else checkpoints.to_half(stored)


def _check_first(folder: Path) -> None:
    """Check that the files can be made and written before any work begins."""
    try:
        from stylemapgan.interop.onnx_export import refuse_used_folder
        from stylemapgan.interop.onnx_files import import_onnx
    except ModuleNotFoundError as error:
        if error.name != "torch":
            raise
        raise MissingExtraError("PyTorch", "export") from None
    import_onnx()
    refuse_used_folder(folder)


def _pictures(model: str, photos: Path | None) -> list[Path]:
    """List the pictures to compare on; empty if the model has none."""
    if photos is None:
        return zoo.sample_pictures(model) if model in zoo.BUNDLED else []
    pictures = zoo.pictures_in(photos)
    if not pictures:
        raise ImageError(f"{photos} holds no pictures ({IN_FOLDERS}).")
    return pictures


def _measure(
    checkpoint: Checkpoint, pictures: Sequence[Path], console: Console
) -> tuple[float, ...]:
    """Measure the errors of reconstructions, with weights as they will be stored."""
    from stylemapgan.checkpoints.networks import build
    from stylemapgan.editing.editor import Editor
    from stylemapgan.editing.photo.fit import measure_typical_errors

    size = checkpoint.config.image_size
    batch = batch_for(size, BATCH)

    def batches(bar: Bar) -> Iterator[Images]:
        for start in range(0, len(pictures), batch):
            yield _photos(pictures[start : start + batch], size)
            bar.show("reconstructing photos", min(start + batch, len(pictures)), len(pictures))

    with Bar(console) as bar:
        return measure_typical_errors(Editor(build(checkpoint)).reconstruct, batches(bar))


def _some_photos(pictures: Sequence[Path], size: int) -> Images:
    """Read a few photos spread over all; random pixels if there are none."""
    count = batch_for(size, COMPARED)
    if not pictures:
        shape = (count, 3, size, size)
        return np.random.default_rng(0).uniform(-1, 1, shape).astype(np.float32)
    return _photos(pictures[:: math.ceil(len(pictures) / count)], size)


def _photos(pictures: Sequence[Path], size: int) -> Images:
    return np.concatenate([CroppedPhoto.of_sample(path).image(size) for path in pictures])


def _write(
    checkpoint: Checkpoint, folder: Path, photos: Images | None, console: Console
) -> list["Exported"]:
    from stylemapgan.interop.onnx_export import export as export_model

    with Bar(console) as bar:

        def show(step: "Step") -> None:
            bar.show("exporting layers", step.done, step.total, note=step.doing)

        return export_model(checkpoint, folder, photos, on_step=show)


def _tell(console: Console, exported: Sequence["Exported"], compared_on: str) -> None:
    is_compared = all(network.error is not None for network in exported)
    title = f"ONNX Runtime and PyTorch compared on {compared_on}" if is_compared else "Not compared"
    table = Table(title=title, title_justify="left")
    for column in ("network", "largest difference", "MB"):
        table.add_column(column, justify="left" if column == "network" else "right")
    for network in exported:
        error = "-" if network.error is None else f"{network.error:.1e}"
        table.add_row(network.name, error, f"{network.size / 1e6:.2f}")
    console.print(table)
    if is_compared:
        say(console, "differences: in standard deviations of the network's output")

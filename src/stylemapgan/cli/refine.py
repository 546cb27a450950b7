"""`stylemapgan refine`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter
from rich.console import Console

from stylemapgan import zoo
from stylemapgan.checkpoints.file import refuse_unwritable, write_tensors
from stylemapgan.cli.bars import Bar
from stylemapgan.cli.own_photo import (
    USUAL_SQUARES,
    FindOptions,
    PhotoOptions,
    SquareOption,
)
from stylemapgan.cli.results import TAGGED, TagOptions, write_picture, write_sheet
from stylemapgan.cli.speaking import say
from stylemapgan.config.refining import RefineConfig
from stylemapgan.errors import MissingExtraError
from stylemapgan.images.levels import to_numpy
from stylemapgan.training.stopping import stop_on_signals
from stylemapgan.types import Images

if TYPE_CHECKING:
    from stylemapgan.editing import Editor
    from stylemapgan.editing.refinement import Refinement
    from stylemapgan.features import AbstractPerceptualDistance

STYLEMAPS = "stylemaps"
"""Name of the file's contents in messages."""


def refine(
    photo: Path,
    /,
    *,
    output: Annotated[Path, Parameter(alias="-o")] = Path("refined.png"),
    stylemap: Path | None = None,
    sheet: Path | None = None,
    config: Annotated[RefineConfig, Parameter(name="*", group="Search")] = RefineConfig(),
    find: FindOptions = USUAL_SQUARES,
    square: SquareOption = None,
    tag: TagOptions = TAGGED,
    model: str = zoo.BUNDLED[0],
    device: str = "cpu",
) -> None:
    """Optimise a stylemap to reconstruct a photo better; Ctrl-C keeps the best so far.

    Needs PyTorch, for gradients.

    Args:
        photo: Photo to reconstruct.
        output: Where to write the refined reconstruction: .png, .jpg or .webp.
        stylemap: Also write the stylemap, for edits from Python or over HTTP: .safetensors.
        sheet: Also write photo, reconstruction and refined reconstruction side by side.
        config: How to search.
        find: Which square of the photo.
        square: The square by hand: its centre and side in pixels of the upright photo, and how
            far it is turned clockwise, in degrees.
        tag: What the files say about their origin.
        model: Name of a bundled model, or a .safetensors file.
        device: Where to compute: cpu, cuda, mps.
    """
    if stylemap:
        refuse_unwritable(stylemap, STYLEMAPS)
    editor = _load(model, device)
    ours = PhotoOptions(find=find.find, square=square).open_source(photo, editor)
    found = _search(editor, ours.picture, config, device)
    result = editor.decode(found.stylemap)
    provenance = tag.edited(model, command="refine", steps=found.steps, square=ours.square)
    write_picture(output, result, provenance)
    if stylemap:
        tensors = {"stylemap": to_numpy(found.stylemap)}
        write_tensors(stylemap, STYLEMAPS, tensors, {"model": Path(model).name})
        print(f"wrote {stylemap}")
    if sheet:
        row = [ours.picture, ours.reconstruction, result]
        write_sheet(sheet, [row], None, ("photo", "reconstruction", "refined"), provenance)


def _load(model: str, device: str) -> "Editor":
    """Load the networks; only now is PyTorch imported."""
    from stylemapgan.editing import Editor  # says what to install if PyTorch is missing

    return Editor.load(model, device=device, precision="32-true")


def _search(editor: "Editor", picture: Images, config: RefineConfig, device: str) -> "Refinement":
    """Refine, and print progress and result."""
    from stylemapgan.editing.refinement import refine

    console = Console()
    distance = _distance(console, device) if config.perceptual else None
    with Bar(console) as bar, stop_on_signals() as should_stop:

        def show(done: int, error: float) -> None:
            bar.show("refining", done, config.steps, note=f"error {error:.5f}")

        found = refine(
            editor,
            picture,
            config,
            distance=distance,
            on_step=show,
            should_stop=should_stop,
        )
        was_stopped = should_stop()
    if was_stopped and found.steps < config.steps:
        say(console, f"Stopped after {found.steps} of {config.steps} steps; the best is kept.")
    fall = 1 - found.error_after / found.error_before
    say(
        console,
        f"error {found.error_before:.5f} before, {found.error_after:.5f} after {found.steps} steps "
        f"({fall:.0%} less)",
    )
    return found


def _distance(console: Console, device: str) -> "AbstractPerceptualDistance | None":
    """Load the perceptual distance, if it is installed."""
    from stylemapgan.features import load_distance

    try:
        distance = load_distance("efficientnet-lite0")
    except MissingExtraError as error:
        say(console, f"Using the squared error alone. {error}", style="dim")
        return None
    return None if distance is None else distance.to(device)

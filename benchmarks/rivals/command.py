"""The command line of the comparison of methods."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import App, Parameter
from rich.console import Console

from benchmarks.command import run_app
from benchmarks.rivals.cells import choose

if TYPE_CHECKING:
    from stylemapgan.training.loop import Progress

BudgetName = Literal["cpu", "tiny"]
Cells = Annotated[tuple[str, ...], Parameter(consume_multiple=True)]

app = App(
    name="python -m benchmarks.rivals",
    help="StyleMapGAN beside the methods that its paper compares it with.",
)
console = Console(stderr=True, highlight=False)


@app.command
def train(*, output: Path, data: Path, budget: BudgetName = "cpu", cells: Cells = ()) -> None:
    """Train every cell that is not trained yet; Ctrl-C saves, and the same command continues.

    Args:
        output: Folder for all runs.
        data: Folder of all data sets: faces-64/, avatars-64/, each with train/ and val/.
        budget: How long a cell trains.
        cells: Names of cells; all by default.
    """
    from benchmarks.rivals.budgets import BUDGETS, configure
    from benchmarks.rivals.training import train_cell
    from stylemapgan.training.stopping import stop_on_signals

    chosen = choose(cells)
    with stop_on_signals() as should_stop:
        for number, cell in enumerate(chosen, 1):
            console.print(f"{cell.name} ({number} of {len(chosen)})")
            config = configure(cell, BUDGETS[budget], data / cell.data)
            if not train_cell(output / cell.name, config, should_stop, _show_progress):
                console.print("Stopped and saved; run the same command to continue.")
                return


@app.command
def regions(faces: Path, output: Path, *, size: int = 64) -> None:
    """Draw maps of parts for portraits, from their landmarks: SEAN needs them.

    Args:
        faces: Folder with landmarks.npz, train/ and val/.
        output: Folder that gets labels/: the one that holds the portraits to train on.
        size: Height and width of the maps, in pixels.
    """
    from benchmarks.rivals.regions import write_regions

    console.print(f"Wrote {write_regions(faces, output, size)} maps to {output / 'labels'}.")


def run(arguments: Sequence[str]) -> int:
    """Run the comparison's command, and return its exit code."""
    return run_app(app, arguments)


def _show_progress(progress: "Progress") -> None:
    if console.is_terminal:
        seen, in_all = progress.images_seen, progress.images_total
        rate = progress.images_per_second
        console.print(f"  {seen:,} of {in_all:,} images, {rate:.1f} a second", end="\r")

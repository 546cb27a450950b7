"""The command line of the ablation."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import App, Parameter
from rich.console import Console

from benchmarks.choosing import choose_named
from benchmarks.command import run_app
from benchmarks.paper.variants import Cell, all_cells

if TYPE_CHECKING:
    from stylemapgan.evaluation.context import OnProgress
    from stylemapgan.training.loop import Progress

BudgetName = Literal["cpu", "gpu", "tiny"]
Cells = Annotated[tuple[str, ...], Parameter(consume_multiple=True)]

app = App(
    name="python -m benchmarks.paper",
    help="The paper's ablation on drawn faces and photos of hands.",
)
console = Console(stderr=True, highlight=False)


@app.command
def train(
    *, output: Path, avatars: Path, hands: Path, budget: BudgetName = "cpu", cells: Cells = ()
) -> None:
    """Train every cell that is not trained yet; Ctrl-C saves, and the same command continues.

    Several such commands may run at once if their cells share no warm-up.

    Args:
        output: Folder for all runs and results.
        avatars: Folder made by `stylemapgan avatars`: train/, val/, triples/.
        hands: Folder of photos of hands: train/, val/.
        budget: How long a cell trains.
        cells: Names of cells; all by default.
    """
    from benchmarks.paper.budgets import BUDGETS
    from benchmarks.paper.stages import stages
    from benchmarks.paper.training import train_stages
    from stylemapgan.training.stopping import stop_on_signals

    folders = {"avatars": avatars, "hands": hands}
    chosen = choose(cells)
    with stop_on_signals() as should_stop:
        for number, cell in enumerate(chosen, 1):
            console.print(f"{cell.name} ({number} of {len(chosen)})")
            parts = stages(cell, BUDGETS[budget], folders[cell.data])
            if not train_stages(output, parts, should_stop, _show_progress):
                console.print("Stopped and saved; run the same command to continue.")
                return


@app.command
def measure(
    *, output: Path, avatars: Path, hands: Path, budget: BudgetName = "cpu", cells: Cells = ()
) -> None:
    """Measure every cell that is trained and not measured yet.

    Args:
        output: Folder of all runs.
        avatars: As for `train`.
        hands: As for `train`.
        budget: As for `train`; sets how many pictures are measured.
        cells: Names of cells; all by default.
    """
    from benchmarks.paper.budgets import BUDGETS
    from benchmarks.paper.measuring import measure_cells

    def on_cell(name: str) -> "OnProgress":
        console.print(name)
        return lambda what, done, total: None

    folders = {"avatars": avatars, "hands": hands}
    measure_cells(output, choose(cells), BUDGETS[budget], folders, on_cell)


@app.command
def report(*, output: Path, page: Path | None = None, figure: Path | None = None) -> None:
    """Make tables and figure from the results.

    Args:
        output: Folder of all runs, or any with their `results/`.
        page: Page of the documentation to insert the tables into; by default `tables.md` in the
            output folder.
        figure: File of the figure, .svg or .png; by default `figure.svg` in the output folder.
    """
    from benchmarks.paper.figure import draw_figure
    from benchmarks.paper.page import put_into
    from benchmarks.paper.results import read_results
    from benchmarks.paper.tables import missing_cells, to_markdown

    results = read_results(output / "results")
    tables = to_markdown(results)
    draw_figure(results, figure or output / "figure.svg")
    if page is None:
        (output / "tables.md").write_text(tables, "utf-8")
    else:
        put_into(page, tables)
    missing = missing_cells(results, [cell.name for cell in all_cells()])
    if missing:
        console.print(f"not measured yet: {', '.join(missing)}", soft_wrap=True)


@app.command
def sheets(*, output: Path, avatars: Path, hands: Path, folder: Path) -> None:
    """Draw contact sheets of all trained stylemap sizes.

    Args:
        output: Folder of all runs.
        avatars: As for `train`.
        hands: As for `train`.
        folder: Folder for the sheets.
    """
    from benchmarks.paper.sheets import edits_sheet, reconstructions_sheet
    from stylemapgan import images

    for name, sheet in (
        ("avatars", reconstructions_sheet(output, "avatars", avatars)),
        ("hands", reconstructions_sheet(output, "hands", hands)),
        ("edits", edits_sheet(output, "avatars", avatars)),
    ):
        images.write(folder / f"ablation-{name}.webp", sheet)


def choose(names: Sequence[str]) -> list[Cell]:
    """Look up cells by name.

    Raises:
        ConfigError: A name is unknown.
    """
    return choose_named(all_cells(), names, "cell")


def run(arguments: Sequence[str]) -> int:
    """Run the ablation's command, and return its exit code."""
    return run_app(app, arguments)


def _show_progress(stage: str, progress: "Progress") -> None:
    if console.is_terminal:
        seen, in_all = progress.images_seen, progress.images_total
        rate = progress.images_per_second
        console.print(f"  {stage}: {seen:,} of {in_all:,} images, {rate:.0f} a second", end="\r")

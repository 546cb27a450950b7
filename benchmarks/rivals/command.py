"""The command line of the comparison of methods."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import App, Parameter
from rich.console import Console

from benchmarks.command import run_app
from benchmarks.rivals.cells import MethodName, choose

if TYPE_CHECKING:
    from benchmarks.rivals.entries import Entry
    from benchmarks.rivals.measuring import Bench
    from stylemapgan.training.loop import Progress

BudgetName = Literal["cpu", "tiny"]
Names = Annotated[tuple[str, ...], Parameter(consume_multiple=True)]
Methods = Annotated[tuple[MethodName, ...], Parameter(consume_multiple=True)]

app = App(
    name="python -m benchmarks.rivals",
    help="StyleMapGAN beside the methods that its paper compares it with.",
)
console = Console(stderr=True, highlight=False)


@app.command
def train(*, output: Path, data: Path, budget: BudgetName = "cpu", cells: Names = ()) -> None:
    """Train every cell that is not trained yet; Ctrl-C saves, and the same command continues.

    Args:
        output: Folder for all runs.
        data: Folder of all data sets: faces-64/, avatars-64/, hands-64/, each with train/ and val/.
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
def tune(*, output: Path, data: Path, budget: BudgetName = "cpu", methods: Methods = ()) -> None:
    """Try three learning rates for every method, each for a tenth of its training.

    Args:
        output: Folder for all runs.
        data: As for `train`.
        budget: As for `train`.
        methods: Methods to tune; all by default.
    """
    from benchmarks.rivals.budgets import BUDGETS
    from benchmarks.rivals.training import train_cell
    from benchmarks.rivals.tuning import all_trials, conclude, configure_trial, result_of
    from stylemapgan.training.stopping import stop_on_signals

    with stop_on_signals() as should_stop:
        for trial in all_trials(methods):
            if result_of(trial, output).exists():
                continue
            console.print(trial.name)
            config = configure_trial(trial, BUDGETS[budget], data / trial.cell.data)
            if not train_cell(output / trial.name, config, should_stop, _show_progress):
                console.print("Stopped and saved; run the same command to continue.")
                return
            conclude(trial, BUDGETS[budget], data, output)


@app.command
def prepare(
    *, data: Path, portraits: Path | None = None, hands: Path | None = None, workers: int = 2
) -> None:
    """Make the data sets; avatars are drawn, photos are resized and their parts found.

    Args:
        data: Folder for all data sets.
        portraits: Folder of portraits with train/, composites/ and val/; left out by default.
        hands: Folder of photos of hands with train/ and val/; left out by default.
        workers: Processes that draw.
    """
    from benchmarks.rivals.data import prepare_avatars, prepare_faces, prepare_hands

    if portraits is not None:
        prepare_faces(portraits, data / "faces-64")
    if hands is not None:
        prepare_hands(hands, data / "hands-64")
    prepare_avatars(data / "avatars-64", workers, lambda done, total: None)


@app.command
def measure(*, output: Path, data: Path, budget: BudgetName = "cpu", entries: Names = ()) -> None:
    """Measure every method that is trained and not measured yet; the same command continues.

    Args:
        output: Folder of all runs.
        data: As for `train`.
        budget: As for `train`; sets how much is measured.
        entries: Names of methods on a data set, such as faces-64-in-domain-0; all by default.
    """
    from benchmarks.rivals.entries import choose_entries
    from benchmarks.rivals.measuring import measure_entry

    bench = _open(output, data, budget)
    for entry in choose_entries(entries):
        is_measured = (output / "results" / f"{entry.name}.json").exists()
        if _is_trained(bench, entry) and not is_measured:
            console.print(entry.name)
            measure_entry(bench, entry, _show_step)


@app.command
def patience(*, output: Path, data: Path, budget: BudgetName = "cpu", entries: Names = ()) -> None:
    """Measure errors of reconstructions against the time that each photo gets.

    Args:
        output: Folder of all runs.
        data: As for `train`.
        budget: As for `train`.
        entries: As for `measure`, of seed 0; all those by default.
    """
    from benchmarks.choosing import choose_named
    from benchmarks.rivals.entries import first_entries
    from benchmarks.rivals.patience import measure_curve

    bench, curves = _open(output, data, budget), output / "results" / "patience"
    for entry in choose_named(first_entries(), entries, "entry"):
        if _is_trained(bench, entry) and not (curves / f"{entry.name}.json").exists():
            console.print(entry.name)
            measure_curve(bench, entry)


@app.command
def report(*, results: Path, page: Path | None = None, images: Path | None = None) -> None:
    """Make tables, sheets and the figure from the results.

    Args:
        results: Folder of results.
        page: Page of the documentation to insert the tables into; printed by default.
        images: Folder for sheets and figure; none are made by default.
    """
    from benchmarks.paper.page import put_into
    from benchmarks.rivals.figure import draw_figure
    from benchmarks.rivals.patience import read_curves
    from benchmarks.rivals.results import read_results
    from benchmarks.rivals.sheets import write_sheets
    from benchmarks.rivals.tables import missing_entries, to_markdown
    from benchmarks.rivals.tuning import read_tried, tuning_to_markdown

    found = read_results(results)
    tables, tried = to_markdown(found), read_tried(results / "tuning")
    if tried:
        tables += f"\n{tuning_to_markdown(tried)}"
    if page is None:
        Console().print(tables, markup=False, soft_wrap=True)
    else:
        put_into(page, tables)
    curves = read_curves(results / "patience")
    if images is not None:
        write_sheets(results, images)
        if curves:
            draw_figure(curves, images / "rivals-patience.svg")
    missing = missing_entries(found)
    if missing:
        console.print(f"not measured yet: {', '.join(missing)}", soft_wrap=True)


def run(arguments: Sequence[str]) -> int:
    """Run the comparison's command, and return its exit code."""
    return run_app(app, arguments)


def _open(output: Path, data: Path, budget: BudgetName) -> "Bench":
    from benchmarks.rivals.budgets import BUDGETS
    from benchmarks.rivals.measuring import Bench
    from stylemapgan.config.evaluation import JudgeConfig
    from stylemapgan.evaluation.setup import open_judges

    judges = open_judges(JudgeConfig())
    return Bench(output=output, data=data, budget=BUDGETS[budget], judges=judges)


def _is_trained(bench: "Bench", entry: "Entry") -> bool:
    from benchmarks.rivals.budgets import configure
    from benchmarks.rivals.training import is_finished

    config = configure(entry.cell, bench.budget, bench.data / entry.cell.data)
    return is_finished(bench.output / entry.cell.name, config)


def _show_progress(progress: "Progress") -> None:
    if console.is_terminal:
        seen, in_all = progress.images_seen, progress.images_total
        rate = progress.images_per_second
        console.print(f"  {seen:,} of {in_all:,} images, {rate:.1f} a second", end="\r")


def _show_step(step: str, done: int, total: int) -> None:
    if console.is_terminal:
        console.print(f"  {step}: {done:,} of {total:,}", end="\r")

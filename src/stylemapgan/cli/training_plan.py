"""Show the plan of a run."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rich import box
from rich.console import Console
from rich.table import Table

from stylemapgan.config import RunConfig

if TYPE_CHECKING:
    from stylemapgan.training.plan import Plan
    from stylemapgan.training.processes import Hardware

GIB = 2**30


def show_plan(
    console: Console, config: RunConfig, hardware: "Hardware", memory: float | None
) -> None:
    """Compute what a run will need, and show it; nothing is written."""
    from stylemapgan.methods.recipes import recipe_for
    from stylemapgan.training.plan import make_plan
    from stylemapgan.training.start import with_parts

    recipe = recipe_for(config)
    with console.status("Counting ...", spinner="line"):
        plan = make_plan(recipe, with_parts(recipe, config), hardware, memory)
    console.print(_networks(console, plan))
    console.print(_phases(console, plan))
    for line in _conclusions(plan):
        console.print(line, highlight=False, soft_wrap=True)


def _networks(console: Console, plan: "Plan") -> Table:
    table = _table(console, "Networks", "parameters", "GFLOP an image")
    for name, count in plan.parameters.items():
        table.add_row(name, f"{count:,}", _giga(plan.forward_flops[name]))
    return table


def _phases(console: Console, plan: "Plan") -> Table:
    title = f"Phases, {plan.images_a_pass} images a pass"
    table = _table(console, title, "GFLOP an image", "iterations", "estimated GiB")
    for phase in plan.phases:
        often = "each" if phase.share == 1 else f"1 of {round(1 / phase.share)}"
        memory = f"{phase.memory(plan.images_a_pass) / GIB:.2f}"
        table.add_row(phase.name, _giga(phase.flops), often, memory)
    return table


def _table(console: Console, first: str, *others: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD if console.is_terminal else None, pad_edge=False)
    table.add_column(first)
    for name in others:
        table.add_column(name, justify="right")
    return table


def _conclusions(plan: "Plan") -> Iterator[str]:
    training = plan.config.training
    yield f"An iteration takes {_giga(plan.iteration_flops)} GFLOP an image, on average."
    yield (
        f"An edit takes {_giga(plan.forward_flops['edit'])} GFLOP: the photo is encoded and "
        "decoded once."
    )
    yield (
        f"A process may use {plan.memory / GIB:.1f} GiB, and needs an estimated "
        f"{plan.peak / GIB:.1f} GiB."
    )
    setup = f"{plan.processes} process(es), accumulate {training.accumulate}, {training.precision}"
    if plan.largest_batch:
        yield f"Largest batch that fits: {plan.largest_batch} ({setup})."
    else:
        yield f"No batch fits ({setup})."
    yield _verdict(plan)


def _verdict(plan: "Plan") -> str:
    training = plan.config.training
    if plan.accumulate == training.accumulate:
        return f"The batch of {training.batch} fits."
    if plan.accumulate is not None:
        return (
            f"The batch of {training.batch} does not fit: set --accumulate {plan.accumulate}, "
            "which computes the same results in smaller passes."
        )
    remedies = ["more processes (--devices)", "smaller widths"]
    if training.precision == "32-true":
        remedies.insert(0, "--precision bf16-mixed")
    return (
        f"The batch of {training.batch} does not fit in any number of passes: try "
        f"{', '.join(remedies[:-1])} or {remedies[-1]}."
    )


def _giga(operations: int | float) -> str:
    return f"{operations / 1e9:,.2f}"

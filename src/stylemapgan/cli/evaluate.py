"""`stylemapgan evaluate`."""

from pathlib import Path

from cyclopts import App, Parameter
from rich.console import Console

from stylemapgan.cli.measuring import (
    ALL_TASKS,
    Measuring,
    MeasuringOptions,
    names_of,
    say_what_was_left_out,
)
from stylemapgan.cli.speaking import goes_on_after_ctrl_c, say
from stylemapgan.pages import refuse_without_packages

app = App(name="evaluate", default_parameter=Parameter(consume_multiple=True))


@app.default
def evaluate(
    model: str,
    data: Path,
    /,
    *,
    output: Path,
    method: str = "",
    beside: str = "",
    options: MeasuringOptions = ALL_TASKS,
) -> None:
    """Measure how good a model is, with intervals and pictures; Ctrl-C keeps finished tasks.

    Args:
        model: Name of a bundled model, a .safetensors file, or a folder that `export` wrote.
        data: Folder of photos the model never saw. If it holds val/ and train/, attributes, maps of
            parts or exchanged parts, more tasks are possible.
        output: Folder for the report; the same command continues one that was stopped.
        method: How photos are edited, separated by commas: w and w-plus (the model's two latent
            spaces), w-plus-pasted and w-plus-detail (put back into the photo without and with the
            photos' own detail), copy-pixels, poisson, do-nothing. All by default.
        beside: Model files of other methods to measure beside it, or folders of them, separated by
            commas.
        options: What is measured, and how.
    """
    refuse_without_packages()
    console = Console()
    measuring = Measuring(console=console, options=options)
    with goes_on_after_ctrl_c(console):
        record = measuring.measure(
            model, data, output, names_of(method), tuple(map(Path, names_of(beside)))
        )
    say_what_was_left_out(console, record)
    from stylemapgan.evaluation.report import write_report

    page, table = write_report(output, record)
    say(console, f"wrote {table}\nwrote {page}")

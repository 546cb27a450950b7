"""The command line of the benchmarks."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, CycloptsError, Parameter
from rich.console import Console

from benchmarks.isolation import apart, here
from stylemapgan.errors import ConfigError, StyleMapGANError

if TYPE_CHECKING:
    from benchmarks.report import Report

FAILURE = 2
"""Exit code of errors that the user can fix."""
LAPTOPS = ("tiny-32", "laptop-64", "laptop-128", "laptop-256")


def bench(  # noqa: PLR0913 - every flag is a parameter
    *,
    presets: Annotated[tuple[str, ...], Parameter(consume_multiple=True)] = LAPTOPS,
    compare_at: str = "laptop-128",
    skip_training: bool = False,
    with_compile: bool = False,
    batch: int | None = None,
    quick: bool = False,
    output: Annotated[Path, Parameter(alias="-o")] = Path("bench.json"),
    markdown: Path | None = None,
) -> None:
    """Measure editing, training and the design of the networks on this machine.

    Close other programs first. A GPU is measured too if PyTorch finds one.

    Args:
        presets: Networks to measure.
        compare_at: Preset whose shapes are used to compare plain and per-sample convolutions.
        skip_training: Skip training, which takes most of the time.
        with_compile: Also measure compiled networks, which take minutes to compile.
        batch: Images of a training iteration; the preset's own if not given.
        quick: Two repeats in one process: checks that everything runs; the figures are meaningless.
        output: JSON file for all figures.
        markdown: Markdown file for the tables.
    """
    for file in filter(None, (output, markdown)):
        if not file.parent.is_dir():
            raise ConfigError(f"{file} cannot be written: there is no folder {file.parent}.")
    from benchmarks.suite import Plan, measure  # imports PyTorch, which help does not need

    plan = Plan(
        presets=presets,
        compare_at=compare_at,
        has_training=not skip_training,
        batch=batch,
        is_quick=quick,
        compiles=with_compile,
    )
    progress = Console(stderr=True)
    report = measure(plan, here if quick else apart, lambda now: progress.print(now, style="dim"))
    _publish(report, output, markdown)


def run(arguments: Sequence[str]) -> int:
    """Run the benchmarks' command, and return its exit code."""
    return run_app(App(name="python -m benchmarks", default_command=bench), arguments)


def run_app(app: App, arguments: Sequence[str]) -> int:
    """Run a command.

    Returns:
        The exit code: 0, or 2 after an error, which takes one line.
    """
    try:
        app(list(arguments), exit_on_error=False, print_error=False, result_action="return_value")
    except (StyleMapGANError, CycloptsError) as error:
        print("error:", " ".join(str(error).split("\n")), file=sys.stderr)
        return FAILURE
    return 0


def _publish(report: "Report", output: Path, markdown: Path | None) -> None:
    from benchmarks.tables import to_markdown, to_rich

    output.write_text(json.dumps(report.to_dict(), indent=2) + "\n", encoding="utf-8")
    if markdown is not None:
        markdown.write_text(to_markdown(report), encoding="utf-8")
    to_rich(report, Console())

"""What `evaluate` and `compare` have in common: measure a model while somebody watches."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from stylemapgan.cli.bars import Bar
from stylemapgan.cli.speaking import say
from stylemapgan.config.engine import Engine
from stylemapgan.config.evaluation import EvaluationConfig
from stylemapgan.config.judges import JudgeConfig
from stylemapgan.config.training import Precision
from stylemapgan.errors import MissingExtraError

if TYPE_CHECKING:
    from stylemapgan.evaluation.opening import Judges
    from stylemapgan.evaluation.records import EvaluationRecord, TaskRecord
    from stylemapgan.evaluation.tasks.abstract import AbstractTask


ONNX = "ONNX Runtime (cpu), precision 32-true"
"""What computes where PyTorch does not."""


@dataclass(kw_only=True)
class Measuring:
    """Measures models, one after another, all in the same way."""

    console: Console
    tasks: tuple[str, ...]
    """Names; all tasks if empty."""
    judges: JudgeConfig
    settings: EvaluationConfig
    engine: Engine
    device: str
    precision: Precision

    def measure(self, model: str, data: Path, output: Path) -> "EvaluationRecord":
        """Measure what is not measured yet, and print the main figures of each task."""
        try:
            from stylemapgan.evaluation.opening import Place, open_evaluation
            from stylemapgan.evaluation.run import evaluate
            from stylemapgan.evaluation.tasks.registry import choose_tasks
        except ModuleNotFoundError as error:
            raise MissingExtraError(error.name or "PyTorch", "train") from None
        tasks = choose_tasks(self.tasks)
        place = Place(engine=self.engine, device=self.device, precision=self.precision)
        with Bar(self.console) as bar:
            self._bar, self._task = bar, ""
            bench, subject = open_evaluation(model, data, self.settings, self._judges, place)
            say(self.console, bench.editor.what_computes or ONNX)
            bench.on_progress = self._show
            return evaluate(bench, tasks, output, subject, self._tell)

    @cached_property
    def _judges(self) -> "Judges":
        from stylemapgan.evaluation.opening import open_judges

        return open_judges(self.judges, self.device, self._bar.show_download)

    def _show(self, step: str, done: int, total: int) -> None:
        self._bar.show(f"{self._task}: {step}", done, total)

    def _tell(self, task: "AbstractTask", record: "TaskRecord | None") -> None:
        if record is None:
            self._task = task.name
        else:
            self._bar.hide()
            self.console.print(_main_figures(record))


def names_of(tasks: str) -> tuple[str, ...]:
    """Cut `--tasks a,b` into names."""
    return tuple(name.strip() for name in tasks.split(",") if name.strip())


def tell_what_was_left_out(console: Console, record: "EvaluationRecord") -> None:
    """Say why some tasks were not done."""
    for task, reason in record.left_out.items():
        say(console, f"left out {task}: {reason}", style="yellow")


def _main_figures(record: "TaskRecord") -> Table:
    from stylemapgan.evaluation.report import summary_rows

    table = Table(
        title=f"{record.title}  [dim]{record.seconds:.0f} s[/dim]",
        title_justify="left",
        title_style="bold",
    )
    table.add_column("figure")
    table.add_column("of")
    table.add_column("value", justify="right")
    table.add_column("interval", justify="right")
    table.add_column("n", justify="right")
    for row in summary_rows([record]):
        table.add_row(row.figure, row.variant, row.value, row.interval, row.count)
    return table

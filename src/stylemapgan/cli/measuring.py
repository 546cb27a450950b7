"""What `evaluate` and `compare` share: options, and measuring with progress on the screen."""

from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter
from rich.console import Console
from rich.table import Table

from stylemapgan.cli.bars import Bar
from stylemapgan.cli.options import ON_THE_CPU, EngineOptions
from stylemapgan.cli.speaking import say
from stylemapgan.config.evaluation import EvaluationConfig, JudgeConfig
from stylemapgan.config.optimising import OptimisationConfig
from stylemapgan.errors import MissingExtraError

if TYPE_CHECKING:
    from stylemapgan.evaluation.records import EvaluationRecord, TaskRecord
    from stylemapgan.evaluation.setup import Judges
    from stylemapgan.evaluation.tasks.abstract import AbstractTask


ONNX = "ONNX Runtime (cpu), precision 32-true"
"""What computes without PyTorch."""


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class MeasuringOptions:
    """What is measured, and how."""

    tasks: str = ""
    """What to measure, separated by commas: runtime, reconstruction, generation, interpolation,
    local-editing, swap, directions, detectability, portraits. All by default."""
    engine_config: EngineOptions = ON_THE_CPU
    judges: Annotated[JudgeConfig, Parameter(name="*", group="Judges")] = field(
        default_factory=JudgeConfig
    )
    optimisation: OptimisationConfig = field(default_factory=OptimisationConfig)
    config: Annotated[EvaluationConfig, Parameter(name="*", group="Extent")] = field(
        default_factory=EvaluationConfig
    )


ALL_TASKS = MeasuringOptions()
"""The default."""


@dataclass(kw_only=True)
class Measuring:
    """Measures models, one after another, all in the same way."""

    console: Console
    options: MeasuringOptions
    _task: str = field(default="", init=False)

    def measure(
        self,
        model: str,
        data: Path,
        output: Path,
        methods: tuple[str, ...] = (),
        beside: tuple[Path, ...] = (),
    ) -> "EvaluationRecord":
        """Measure what is not measured yet, and print the main figures of each task.

        Args:
            model: Name or path.
            data: Folder of photos.
            output: Folder of the evaluation.
            methods: Names of methods; all if empty.
            beside: Model files of other methods, or folders of them.
        """
        try:
            from stylemapgan.evaluation.run import evaluate
            from stylemapgan.evaluation.setup import describe_subject, open_context, open_models
            from stylemapgan.evaluation.tasks.task_registry import choose_tasks
        except ModuleNotFoundError as error:
            raise MissingExtraError(error.name or "PyTorch", "evaluate") from None
        tasks, options = choose_tasks(names_of(self.options.tasks)), self.options
        with Bar(self.console) as bar:
            self._bar = bar
            editor, others = open_models(model, beside, options.engine_config)
            if editor is not None:
                say(self.console, editor.what_computes or ONNX)
            context = open_context(
                editor,
                data,
                options.config,
                self._judges,
                methods=methods,
                beside=others,
                limits=options.optimisation,
            )
            subject = describe_subject(
                model,
                editor,
                context,
                self._judges,
                beside=beside,
                limits=options.optimisation,
            )
            context.on_progress = self._show
            for method in context.methods:
                method.watch(partial(self._show, f"{method.name} computes"))
            return evaluate(context, tasks, output, subject, self._show_task)

    @cached_property
    def _judges(self) -> "Judges":
        from stylemapgan.evaluation.setup import open_judges

        device = self.options.engine_config.device
        return open_judges(self.options.judges, device, self._bar.show_download)

    def _show(self, step: str, done: int, total: int) -> None:
        self._bar.show(f"{self._task}: {step}", done, total)

    def _show_task(self, task: "AbstractTask", record: "TaskRecord | None") -> None:
        if record is None:
            self._task = task.name
            return
        self._bar.hide()
        self.console.print(_main_figures(record))
        if record.findings.left_out:
            from stylemapgan.evaluation.tasks.abstract import list_reasons

            reasons = list_reasons(record.findings.left_out)
            say(self.console, f"left out of {record.task}: {reasons}", style="dim")


def names_of(listed: str) -> tuple[str, ...]:
    """Cut `a,b` into names."""
    return tuple(name.strip() for name in listed.split(",") if name.strip())


def say_what_was_left_out(console: Console, record: "EvaluationRecord") -> None:
    """Print why some tasks were not done."""
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

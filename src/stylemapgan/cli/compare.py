"""`stylemapgan compare`."""

from pathlib import Path
from typing import TYPE_CHECKING

from cyclopts import App, Parameter
from rich.console import Console
from rich.table import Table

from stylemapgan.cli.compared import Compared, folders_of, list_compared
from stylemapgan.cli.measuring import ALL_TASKS, Measuring, MeasuringOptions, names_of
from stylemapgan.cli.speaking import goes_on_after_ctrl_c, say
from stylemapgan.errors import ConfigError, MissingExtraError
from stylemapgan.pages import refuse_without_packages

if TYPE_CHECKING:
    from stylemapgan.evaluation.comparison import Comparison
    from stylemapgan.evaluation.records import EvaluationRecord

app = App(name="compare", default_parameter=Parameter(consume_multiple=True))


@app.default
def compare(
    *models: str,
    output: Path,
    data: Path | None = None,
    methods: str = "",
    options: MeasuringOptions = ALL_TASKS,
) -> None:
    """Compare models or methods, and name the better one where the difference is significant.

    Models are measured first, each into its own folder in OUTPUT, unless they are measured
    already. Differences are to the first.

    Args:
        models: Two or more: names of bundled models, model files, folders of model files, or
            folders that `evaluate` wrote. MODEL:METHOD compares one method alone, such as
            hands-64:w hands-64:poisson; a model without a method then stands for its w-plus.
        output: Folder for the comparison.
        data: Folder of photos that no model saw, as for `evaluate`; not needed if all models are
            measured already.
        methods: Compare methods instead of models, separated by commas, each with every model that
            has it; all takes all.
        options: What is measured, and how.
    """
    refuse_without_packages()
    compared = list_compared(models, names_of(methods))
    if len(compared) < 2:
        raise ConfigError(f"A comparison needs at least 2 models or methods, got {len(compared)}.")
    console = Console()
    measuring = Measuring(console=console, options=options)
    folders = folders_of(compared, output)
    with goes_on_after_ctrl_c(console):
        records = [
            _record(each, data, folder, measuring)
            for each, folder in zip(compared, folders, strict=True)
        ]
    _compare(console, _aligned(compared, records), output)


def _record(
    compared: Compared, data: Path | None, folder: Path, measuring: Measuring
) -> "EvaluationRecord":
    """Read what is measured already, or measure."""
    model, method = compared.model, compared.method
    if compared.is_measured:
        try:
            from stylemapgan.evaluation.records import read_evaluation
            from stylemapgan.evaluation.tasks.task_registry import TASKS
        except ModuleNotFoundError as error:
            raise MissingExtraError(error.name or "PyTorch", "evaluate") from None
        return read_evaluation(Path(model), list(TASKS))
    if data is None:
        raise ConfigError(f"{model} is not measured yet: name the photos with --data FOLDER.")
    say(measuring.console, f"measuring {model}{method and f', method {method}'}", style="bold")
    return measuring.measure(model, data, folder, (method,) if method else ())


def _aligned(
    compared: list[Compared], records: list["EvaluationRecord"]
) -> list["EvaluationRecord"]:
    """Reduce all evaluations to one method each if one of them holds a single method."""
    from stylemapgan.evaluation.comparability import of_method
    from stylemapgan.methods.registry import MAIN, METHODS

    if not any(
        each.method or len(record.subject.methods) == 1
        for each, record in zip(compared, records, strict=True)
    ):
        return records
    main = METHODS[MAIN].name
    names = {name: method.name for name, method in METHODS.items()}
    return [
        of_method(record, names.get(each.method, each.method) or _only(record, main))
        for each, record in zip(compared, records, strict=True)
    ]


def _only(record: "EvaluationRecord", main: str) -> str:
    methods = record.subject.methods
    return methods[0] if len(methods) == 1 else main


def _compare(console: Console, records: list["EvaluationRecord"], output: Path) -> None:
    from stylemapgan.evaluation.comparison import compare as compare_records
    from stylemapgan.evaluation.report import write_comparison

    comparison = compare_records(records)
    files = write_comparison(output, comparison)
    console.print(_main_figures(comparison))
    for remark in comparison.remarks:
        say(console, remark, style="yellow")
    for file in reversed(files):
        say(console, f"wrote {file}")


def _main_figures(comparison: "Comparison") -> Table:
    from stylemapgan.evaluation.report import comparison_rows

    first, *others = comparison.names
    table = Table(title="Main figures", title_justify="left", title_style="bold", show_lines=True)
    table.add_column("figure")
    for name in (first, *others, *(f"{name} minus {first}" for name in others)):
        table.add_column(name, justify="right", overflow="fold")
    table.add_column("better", overflow="fold")
    for row in comparison_rows(comparison):
        table.add_row(*row)
    return table

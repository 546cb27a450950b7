"""`stylemapgan compare`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter
from rich.console import Console
from rich.table import Table

from stylemapgan.cli.measuring import Measuring, names_of
from stylemapgan.cli.speaking import goes_on_after_ctrl_c, say
from stylemapgan.config.engine import Engine
from stylemapgan.config.evaluation import EvaluationConfig
from stylemapgan.config.judges import JudgeConfig
from stylemapgan.config.training import Precision
from stylemapgan.errors import ConfigError, MissingExtraError
from stylemapgan.pages import refuse_without_packages

if TYPE_CHECKING:
    from stylemapgan.evaluation.comparison import Comparison
    from stylemapgan.evaluation.records import EvaluationRecord

EVALUATION = "evaluation.json"
"""What tells a folder that `evaluate` wrote from a folder of ONNX files."""

app = App(default_parameter=Parameter(consume_multiple=True))  # --weights a.pth b.pth


@app.default
def compare(
    *models: str,
    output: Path,
    data: Path | None = None,
    tasks: str = "",
    engine: Engine = "auto",
    device: str = "cpu",
    precision: Precision = "auto",
    judges: Annotated[JudgeConfig, Parameter(name="*", group="Judges")] = JudgeConfig(),
    settings: Annotated[EvaluationConfig, Parameter(name="*", group="Extent")] = EvaluationConfig(),
) -> None:
    """Compare models, and name the better one where the difference is significant.

    Models are measured first, each into a folder of its own in OUTPUT; what is measured already
    is not measured again. Differences are to the first model.

    Args:
        models: Two or more: names of bundled models, model files, or folders that `evaluate` wrote.
        output: Folder for the comparison.
        data: Folder of photos that no model saw, as for `evaluate`; not needed where all models
            are measured already.
        tasks: What to measure, as for `evaluate`.
        engine: What runs the models: onnx, torch, or auto, which takes onnx where it can.
        device: Where to compute: cpu, cuda, mps.
        precision: Arithmetic of the models' networks; auto takes bf16-mixed where the processor
            or GPU multiplies bfloat16. Figures that need float32 are computed in it anyway.
        judges: Networks that judge pictures.
        settings: How much is looked at.
    """
    if len(models) < 2:
        raise ConfigError(f"A comparison needs at least 2 models, got {len(models)}.")
    refuse_without_packages()
    console = Console()
    measuring = Measuring(
        console=console,
        tasks=names_of(tasks),
        judges=judges,
        settings=settings,
        engine=engine,
        device=device,
        precision=precision,
    )
    folders = _folders(models, output)
    with goes_on_after_ctrl_c(console):
        records = [
            _record(model, data, folders[model], measuring) for model in dict.fromkeys(models)
        ]
    _compare(console, records, output)


def _folders(models: tuple[str, ...], output: Path) -> dict[str, Path]:
    """Choose a folder for each model: its name, numbered where two have the same."""
    folders: dict[str, Path] = {}
    for model in models:
        name = Path(model).stem
        taken = sum(folder.name.partition("-again-")[0] == name for folder in folders.values())
        folders.setdefault(model, output / (f"{name}-again-{taken}" if taken else name))
    return folders


def _record(
    model: str, data: Path | None, folder: Path, measuring: Measuring
) -> "EvaluationRecord":
    """Read what is measured already, or measure."""
    if (Path(model) / EVALUATION).is_file():
        try:
            from stylemapgan.evaluation.records import read_evaluation
            from stylemapgan.evaluation.tasks.registry import TASKS
        except ModuleNotFoundError as error:
            raise MissingExtraError(error.name or "PyTorch", "train") from None
        return read_evaluation(Path(model), list(TASKS))
    if data is None:
        raise ConfigError(f"{model} is not measured yet: say on which photos, with --data FOLDER.")
    say(measuring.console, f"measuring {model}", style="bold")
    return measuring.measure(model, data, folder)


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
    for name in (first, *others, *(f"{name} against {first}" for name in others)):
        table.add_column(name, justify="right")
    table.add_column("better")
    for row in comparison_rows(comparison):
        table.add_row(*row)
    return table

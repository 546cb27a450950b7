"""`stylemapgan evaluate`."""

from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter
from rich.console import Console

from stylemapgan.cli.measuring import Measuring, names_of, tell_what_was_left_out
from stylemapgan.cli.speaking import goes_on_after_ctrl_c, say
from stylemapgan.config.engine import Engine
from stylemapgan.config.evaluation import EvaluationConfig
from stylemapgan.config.judges import JudgeConfig
from stylemapgan.config.training import Precision
from stylemapgan.pages import refuse_without_packages

app = App(default_parameter=Parameter(consume_multiple=True))  # --weights a.pth b.pth


@app.default
def evaluate(
    model: str,
    data: Path,
    /,
    *,
    output: Path,
    tasks: str = "",
    engine: Engine = "auto",
    device: str = "cpu",
    precision: Precision = "auto",
    judges: Annotated[JudgeConfig, Parameter(name="*", group="Judges")] = JudgeConfig(),
    settings: Annotated[EvaluationConfig, Parameter(name="*", group="Extent")] = EvaluationConfig(),
) -> None:
    """Measure how good a model is, with intervals and pictures; Ctrl-C keeps finished tasks.

    Args:
        model: Name of a bundled model, a .safetensors file, or a folder that `export` wrote.
        data: Folder of photos the model never saw. With val/ and train/, attributes, maps of parts
            or exchanged parts in it, more can be asked.
        output: Folder for the report; the same command goes on with one that was stopped.
        tasks: What to measure, with commas between: runtime, reconstruction, generation,
            interpolation, local-editing, swap, directions, detectability. All if left out.
        engine: What runs the model: onnx, quick on processors; torch; auto takes onnx where it can.
        device: Where to compute: cpu, cuda, mps.
        precision: Arithmetic of the model's networks; auto takes bf16-mixed where the processor
            or GPU multiplies bfloat16. Figures that need float32 are computed in it anyway.
        judges: Networks that judge pictures.
        settings: How much is looked at.
    """
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
    with goes_on_after_ctrl_c(console):
        record = measuring.measure(model, data, output)
    tell_what_was_left_out(console, record)
    from stylemapgan.evaluation.report import write_report

    page, table = write_report(output, record)
    say(console, f"wrote {table}\nwrote {page}")

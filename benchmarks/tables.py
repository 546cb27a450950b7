"""Results as tables, for a terminal and for Markdown alike."""

from dataclasses import dataclass, replace

from rich.console import Console
from rich.table import Table as RichTable

from benchmarks.report import Report
from benchmarks.timing import Timing
from benchmarks.training import StageSpeed

LABELS = 2
"""Columns of each table that hold words; the others hold figures."""


@dataclass(frozen=True, kw_only=True)
class Table:
    """A title, what the figures mean, and the figures."""

    title: str
    note: str
    columns: tuple[str, ...]
    """The first two say what was measured, and how; figures follow."""
    rows: list[tuple[str, ...]]


def to_rich(report: Report, console: Console) -> None:
    """Print all tables."""
    console.print(_origin(report), style="dim")
    for table in tables(report):
        printed = RichTable(title=table.title, caption=table.note)
        for index, column in enumerate(table.columns):
            printed.add_column(column, justify="left" if index < LABELS else "right")
        for row in table.rows:
            printed.add_row(*row)
        console.print(printed)


def to_markdown(report: Report) -> str:
    """Write all tables as Markdown."""
    parts = [_origin(report)]
    for table in tables(report):
        alignment = (*["---"] * LABELS, *["---:"] * (len(table.columns) - LABELS))
        lines = [_line(row) for row in (table.columns, alignment, *table.rows)]
        parts.append(f"### {table.title}\n\n{table.note}\n\n" + "\n".join(lines))
    return "\n\n".join(parts) + "\n"


def tables(report: Report) -> list[Table]:
    """Make a table of each kind of measurement that was taken; each names the processor's kind."""
    made = [
        _editing(report),
        _engines(report),
        _training(report),
        _training_options(report),
        _grouped(report),
        _up(report),
    ]
    kind = f"Processor: {report.machine.cpu_capability}."
    return [replace(table, note=f"{table.note} {kind}") for table in made if table.rows]


def _editing(report: Report) -> Table:
    return Table(
        title="Editing one photo",
        note="Milliseconds, p50 / p95. An edit encodes two photos, blends in w⁺ and decodes.",
        columns=("preset", "mode", "encode", "decode", "edit", "peak memory, MiB"),
        rows=[
            (
                result.preset,
                f"{result.device} {result.mode}",
                _both(result.encode_ms),
                _both(result.decode_ms),
                _both(result.edit_ms),
                f"{result.peak_memory_mib:.0f}",
            )
            for result in report.editing
        ],
    )


def _engines(report: Report) -> Table:
    return Table(
        title="Engines",
        note="One photo on the CPU, milliseconds, p50 / p95; all engines measured in turn.",
        columns=("preset", "engine", "encode", "decode"),
        rows=[
            (result.preset, result.engine, _both(result.encode_ms), _both(result.decode_ms))
            for result in report.engines
        ],
    )


def _training(report: Report) -> Table:
    longest = max((result.stages for result in report.training), key=len, default={})
    return Table(
        title="Training",
        note=(
            "Images per second: whole iterations, R1 in its due share of the adversarial ones. "
            "GFLOP: of an adversarial iteration, forward and backward, for each image. "
            "Utilisation: operations a second as a share of a 2048x2048 matrix product's."
        ),
        columns=("preset", "mode", "batch", *longest, "GFLOP", "utilisation", "peak memory, MiB"),
        rows=[
            (
                result.preset,
                f"{result.device} {result.mode}",
                str(result.batch),
                *(_speed(result.stages.get(stage)) for stage in longest),
                f"{result.gflop_an_image:.1f}",
                f"{result.utilisation:.0%}",
                f"{result.peak_memory_mib:.0f}",
            )
            for result in report.training
        ],
    )


def _training_options(report: Report) -> Table:
    return Table(
        title="Training, option by option",
        note=(
            "Adversarial iterations, images per second without and with each option, all others "
            "as in the preset with bf16-mixed; measured in turn."
        ),
        columns=("preset", "option", "batch", "without", "with", "times as fast"),
        rows=[
            (
                result.preset,
                f"{result.device} {result.option}",
                str(result.batch),
                f"{1000 * result.batch / result.without_ms.p50:.1f}",
                f"{1000 * result.batch / result.with_ms.p50:.1f}",
                f"{result.gain:.2f}",
            )
            for result in report.training_options
        ],
    )


def _grouped(report: Report) -> Table:
    return Table(
        title="Plain against per-sample grouped convolution",
        note="Milliseconds for a batch, p50 / p95; equal results.",
        columns=("part", "mode", "batch", "plain", "per sample", "times as long"),
        rows=[
            (
                result.part,
                f"{result.device} {result.mode}",
                str(result.batch),
                _both(result.plain_ms),
                _both(result.per_sample_ms),
                _ratio(result.per_sample_ms, result.plain_ms),
            )
            for result in report.grouped_convolution
        ],
    )


def _up(report: Report) -> Table:
    return Table(
        title="Up-convolution: transposed convolution and blur, or one merged 6x6 kernel",
        note=(
            "Milliseconds, p50; equal results. “16→12 at 8” makes 12 channels of 16, 16x16 pixels "
            "of 8x8. Inference takes one image, training a forward "
            "and a backward pass of a batch. “Merged ahead” saves merging the kernels each time."
        ),
        columns=(
            "layer",
            "mode",
            "inference: separate",
            "merged",
            "merged ahead",
            "training: separate",
            "merged",
        ),
        rows=[
            (
                f"{result.into}→{result.out} at {result.size}",
                f"{result.device} {result.mode}",
                f"{result.separate_ms.p50:.2f}",
                f"{result.merged_ms.p50:.2f}",
                f"{result.merged_ahead_ms.p50:.2f}",
                f"{result.training_separate_ms.p50:.2f}",
                f"{result.training_merged_ms.p50:.2f}",
            )
            for result in report.up_convolution
        ],
    )


def _origin(report: Report) -> str:
    """One paragraph: machine, software, commit, time."""
    machine, source = report.machine, report.source
    commit = source.commit[:12] if source.commit else "unknown"
    parts = [
        f"{machine.cpu} ({machine.cpu_capability})",
        f"{machine.cores} cores, {machine.threads} threads",
        f"{machine.memory_gib:.0f} GiB",
        *([machine.gpu] if machine.gpu else []),
        machine.system,
        f"Python {machine.python}",
        f"PyTorch {machine.torch}",
        f"commit {commit}{' with local changes' if source.has_local_changes else ''}",
        f"load {machine.load} before",
        report.created,
    ]
    warning = "Quick run: these figures mean nothing. " if report.is_quick else ""
    return warning + "; ".join(parts) + "."


def _both(timing: Timing) -> str:
    return f"{timing.p50:.1f} / {timing.p95:.1f}"


def _ratio(longer: Timing, shorter: Timing) -> str:
    return f"{longer.p50 / shorter.p50:.2f}"


def _speed(stage: StageSpeed | None) -> str:
    return "-" if stage is None else f"{stage.images_per_second:.1f}"


def _line(cells: tuple[str, ...]) -> str:
    return f"| {' | '.join(cells)} |"

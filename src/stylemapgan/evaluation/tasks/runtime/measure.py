"""How long the model takes, and how much memory."""

import os
from collections.abc import Mapping
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor

from stylemapgan.editing.abstract import DECODE_BATCH
from stylemapgan.editing.editor import Editor
from stylemapgan.evaluation.context import EvaluationContext
from stylemapgan.evaluation.findings import Figure, Findings, whole_set
from stylemapgan.evaluation.memory import MEBIBYTE, forget_peak, peak_mebibytes
from stylemapgan.evaluation.tasks.abstract import AbstractTask
from stylemapgan.evaluation.tasks.runtime.timing import WORKS, Milliseconds, time_runs, works
from stylemapgan.machine.precision import processor_name, this_processor
from stylemapgan.metrics.intervals import Bootstrap, Estimate, statistic_interval

WARM_UP, BATCH_WARM_UP = 3, 1
"""Calls before the watch starts: memory is taken and kernels are chosen then."""
RUNS_PER_BATCH = 10
"""So many times more repetitions with one picture than with a batch."""
LEAST_RUNS = 3
MAIN = ("encode", "edit and show")


class Runtime(AbstractTask):
    """Time what an editor does."""

    name: ClassVar[str] = "runtime"
    title: ClassVar[str] = "Runtime"
    about: ClassVar[str] = (
        "How long do encoding, editing and decoding take, one picture at a time and in batches, "
        "and how much memory do they need?"
    )

    def measure(self, context: EvaluationContext) -> Findings:
        """Time every work, first on one picture, then on a batch."""
        runs = max(context.config.runs, LEAST_RUNS)
        can_forget = forget_peak()
        single = _time_all(context, 1, runs, WARM_UP)
        single_peak = peak_mebibytes()
        forget_peak()
        batch_runs = max(runs // RUNS_PER_BATCH, LEAST_RUNS)
        batch = context.config.batch or min(context.batch, DECODE_BATCH)
        batches = _time_all(context, batch, batch_runs, BATCH_WARM_UP)
        peaks = {"one picture": single_peak, f"{batch} pictures": peak_mebibytes()}
        return Findings(
            figures=(
                *_times(single, context.bootstrap),
                *_rates(batches, batch, context.bootstrap),
                *_memory(peaks, can_forget=can_forget),
                *_size(context),
            ),
            notes=_notes(context),
            settings=_settings(context) | {"runs in batches": batch_runs, "batch": batch},
        )


def _time_all(
    context: EvaluationContext, count: int, runs: int, warm_up: int
) -> dict[str, Milliseconds]:
    found: dict[str, Milliseconds] = {}
    for name, work in works(context, count).items():
        context.on_progress("timing", len(found), len(WORKS))
        found[name] = time_runs(work, runs, warm_up)
    context.on_progress("timing", len(WORKS), len(WORKS))
    return found


def _times(single: Mapping[str, Milliseconds], bootstrap: Bootstrap) -> list[Figure]:
    """Make the median and the 95th percentile of each work."""
    return [
        Figure(
            name=f"p{percent}",
            title=title,
            estimate=quantile(times, percent / 100, bootstrap),
            about=f"Time for one picture, {WORKS[work]}. {about}",
            better="lower",
            variant=work,
            unit="ms",
            is_main=percent == 50 and work in MAIN,
        )
        for percent, title, about in (
            (50, "Time, median", "Half of the runs took no longer."),
            (95, "Time, 95th percentile", "One run of twenty took longer."),
        )
        for work, times in single.items()
    ]


def quantile(times: Milliseconds, share: float, bootstrap: Bootstrap) -> Estimate:
    """Estimate a quantile of times, drawing runs anew."""
    return statistic_interval(
        lambda rows: float(np.quantile(times[rows], share)), len(times), bootstrap
    )


def _rates(batches: Mapping[str, Milliseconds], batch: int, bootstrap: Bootstrap) -> list[Figure]:
    return [
        Figure(
            name="rate",
            title="Pictures a second, in batches",
            estimate=rate(times, batch, bootstrap),
            about=f"{batch} pictures at once, divided by the median time: {WORKS[work]}.",
            better="higher",
            variant=work,
            unit="pictures/s",
        )
        for work, times in batches.items()
    ]


def rate(times: Milliseconds, batch: int, bootstrap: Bootstrap) -> Estimate:
    """Estimate how many pictures a second make up, drawing runs anew."""
    return statistic_interval(
        lambda rows: 1_000 * batch / float(np.median(times[rows])), len(times), bootstrap
    )


def _memory(peaks: Mapping[str, float | None], *, can_forget: bool) -> list[Figure]:
    since = "during the timing" if can_forget else "since the process began"
    return [
        Figure(
            name="memory",
            title="Memory of the process, peak",
            estimate=whole_set(peak, 1),
            about=f"Largest resident set {since}: model, Python, its packages, test photos, and "
            "what the works need; not the memory of an accelerator.",
            better="lower",
            variant=variant,
            unit="MiB",
        )
        for variant, peak in peaks.items()
        if peak is not None
    ]


def _size(context: EvaluationContext) -> list[Figure]:
    """Weigh the networks, where they can be looked into."""
    if not isinstance(context.editor, Editor):
        return []
    networks = context.editor.networks
    parameters = [*networks.generator.parameters(), *networks.encoder.parameters()]
    size = sum(each.numel() * each.element_size() for each in parameters)
    return [
        Figure(
            name="size",
            title="Parameters in memory",
            estimate=whole_set(size / MEBIBYTE, 1),
            about="Of the encoder, the mapping network, the resizer and the synthesis network.",
            better="lower",
            unit="MiB",
        )
    ]


def _settings(context: EvaluationContext) -> dict[str, str | int | float]:
    is_torch = isinstance(context.editor, Editor)
    threads = torch.get_num_threads() if is_torch else os.environ.get("OMP_NUM_THREADS")
    first = context.editor.as_array(np.zeros(1, dtype=np.float32))
    return {
        "engine": "PyTorch" if is_torch else type(context.editor).__name__,
        "device": str(first.device) if isinstance(first, Tensor) else "cpu",
        "threads": threads or os.cpu_count() or 1,
        "processor": f"{processor_name()} ({this_processor().kind})",
    }


def _notes(context: EvaluationContext) -> tuple[str, ...]:
    return (
        f"{WARM_UP} calls warm up, then {max(context.config.runs, LEAST_RUNS)} are timed; fewer in "
        "batches. What goes in lies in the editor's arrays already; reading and writing "
        "picture files is not in it. An accelerator is waited for.",
        "Times of different machines, engines or numbers of threads are not comparable; other "
        "programs on the machine slow it down, and the 95th percentile more than the median.",
    )

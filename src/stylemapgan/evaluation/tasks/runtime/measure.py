"""How long methods take, how many operations, and how much memory."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import ClassVar

import numpy as np

from stylemapgan.evaluation.context import EvaluationContext
from stylemapgan.evaluation.findings import Figure, Findings, whole_set
from stylemapgan.evaluation.tasks.abstract import AbstractTask, with_method
from stylemapgan.evaluation.tasks.runtime.timing import (
    EDITING,
    ENCODING,
    MEBIBYTE,
    STEPS,
    Milliseconds,
    count_operations,
    peak_mebibytes,
    reset_peak,
    steps_of,
    time_runs,
)
from stylemapgan.machine.precision import processor_name, this_processor
from stylemapgan.methods.abstract import AbstractMethod, Capability
from stylemapgan.metrics.intervals import Bootstrap, Estimate, statistic_interval

WARM_UP, BATCH_WARM_UP = 3, 1
"""Calls before timing starts: they allocate memory and choose kernels."""
RUNS_PER_BATCH = 10
"""Repetitions with one picture for each repetition with a batch."""
LEAST_RUNS = 3
OPTIMISATIONS = 2
"""Runs of methods that optimise for each photo, which take minutes; intervals need two."""
MOST_IN_BATCH = 16
"""Pictures in a batch at most, unless the settings say how many."""
MAIN = ("encode", "edit and show")
"""Steps in the summary, of the main method."""

Times = Mapping[str, Milliseconds]
"""Step → time of each run."""


class Runtime(AbstractTask):
    """Time the steps of every method."""

    name: ClassVar[str] = "runtime"
    title: ClassVar[str] = "Runtime"
    about: ClassVar[str] = (
        "How long do encoding, editing and decoding take, one picture at a time and in batches, "
        "and how many operations and how much memory do they need?"
    )
    needs: ClassVar[Capability | None] = "edits_by_mask"

    def measure(self, context: EvaluationContext) -> Findings:
        """Time the main method with its memory, then what the others do differently."""
        able = context.able("edits_by_mask")
        main = context.main if context.main in able else able[0]
        others = [each for each in able if each is not main and each.changes_photos]
        figures = list(_main_figures(context, main))
        timed = {main.encoding}
        for method in others:
            shared = EDITING if method.encoding in timed else STEPS
            timed.add(method.encoding)
            figures += _other_figures(context, method, shared)
        return Findings(
            figures=tuple(figures),
            notes=_notes(context, main),
            settings=_settings(main)
            | {"runs in batches": _batch_runs(context), "batch": _batch_size(context)},
        )


def _main_figures(context: EvaluationContext, method: AbstractMethod) -> Iterator[Figure]:
    """Time every step on one picture, then on a batch; variants are the steps alone."""
    can_reset = reset_peak()
    single = _time_all(context, method, 1, STEPS)
    single_peak = peak_mebibytes()
    reset_peak()
    batch = _batch_size(context)
    batches = _time_all(context, method, batch, STEPS)
    peaks = {"one picture": single_peak, f"{batch} pictures": peak_mebibytes()}
    methods = _owners(context, method)
    yield from _times(single, context.bootstrap, methods, is_main=True)
    yield from _rates(batches, batch, context.bootstrap, methods)
    yield from _memory(peaks, (method.name,), can_reset=can_reset)
    yield from _size(method, context.sharing(method))
    yield from _operations(context, method, STEPS, methods)


def _other_figures(
    context: EvaluationContext, method: AbstractMethod, steps: Mapping[str, str]
) -> Iterator[Figure]:
    """Time some steps of a method; variants carry its name."""
    batch, methods = _batch_size(context), _owners(context, method)
    single, batches = (_time_all(context, method, count, steps) for count in (1, batch))
    for figure in (
        *_times(single, context.bootstrap, methods, is_main=False),
        *_rates(batches, batch, context.bootstrap, methods),
        *_operations(context, method, steps, methods),
    ):
        yield replace(figure, variant=with_method(method.name, figure.variant))


def _owners(context: EvaluationContext, method: AbstractMethod) -> dict[str, tuple[str, ...]]:
    """Say whose figures those of each step are."""
    shared = context.sharing(method)
    return {step: shared if step in ENCODING else (method.name,) for step in STEPS}


def _batch_size(context: EvaluationContext) -> int:
    return context.config.batch or min(context.batch, MOST_IN_BATCH)


def _batch_runs(context: EvaluationContext) -> int:
    return max(_runs(context) // RUNS_PER_BATCH, LEAST_RUNS)


def _runs(context: EvaluationContext) -> int:
    return max(context.config.runs, LEAST_RUNS)


def _time_all(
    context: EvaluationContext, method: AbstractMethod, count: int, wanted: Mapping[str, str]
) -> dict[str, Milliseconds]:
    """Time the wanted steps on some pictures at once."""
    runs, warm_up = _runs(context), WARM_UP
    if count > 1:
        runs, warm_up = _batch_runs(context), BATCH_WARM_UP
    if method.capabilities.time == "optimisation":
        runs, warm_up = OPTIMISATIONS, 0
    steps = {
        name: step for name, step in steps_of(context, method, count).items() if name in wanted
    }
    found: dict[str, Milliseconds] = {}
    for name, step in steps.items():
        context.on_progress(f"timing {method.name}", len(found), len(steps))
        found[name] = time_runs(step, runs, warm_up)
    context.on_progress(f"timing {method.name}", len(steps), len(steps))
    return found


def _times(
    single: Times, bootstrap: Bootstrap, methods: Mapping[str, tuple[str, ...]], *, is_main: bool
) -> list[Figure]:
    """Make the median and the 95th percentile of each step."""
    return [
        Figure(
            name=f"p{percent}",
            title=title,
            estimate=quantile(times, percent / 100, bootstrap),
            about=f"Time for one picture, {STEPS[step]}. {about}",
            better="lower",
            variant=step,
            unit="ms",
            is_main=is_main and percent == 50 and step in MAIN,
            methods=methods[step],
        )
        for percent, title, about in (
            (50, "Time, median", "Half of the runs were faster."),
            (95, "Time, 95th percentile", "One run in twenty was slower."),
        )
        for step, times in single.items()
    ]


def quantile(times: Milliseconds, share: float, bootstrap: Bootstrap) -> Estimate:
    """Estimate a quantile of times, resampling runs."""
    return statistic_interval(
        lambda rows: float(np.quantile(times[rows], share)), len(times), bootstrap
    )


def _rates(
    batches: Times, batch: int, bootstrap: Bootstrap, methods: Mapping[str, tuple[str, ...]]
) -> list[Figure]:
    return [
        Figure(
            name="rate",
            title="Pictures a second, in batches",
            estimate=rate(times, batch, bootstrap),
            about=f"{batch} pictures at once, divided by the median time: {STEPS[step]}.",
            better="higher",
            variant=step,
            unit="pictures/s",
            methods=methods[step],
        )
        for step, times in batches.items()
    ]


def rate(times: Milliseconds, batch: int, bootstrap: Bootstrap) -> Estimate:
    """Estimate pictures per second, resampling runs."""
    return statistic_interval(
        lambda rows: 1_000 * batch / float(np.median(times[rows])), len(times), bootstrap
    )


def _operations(
    context: EvaluationContext,
    method: AbstractMethod,
    wanted: Mapping[str, str],
    methods: Mapping[str, tuple[str, ...]],
) -> Iterator[Figure]:
    """Count operations for one picture, where PyTorch computes."""
    for name, step in steps_of(context, method, 1).items():
        operations = count_operations(step) if name in wanted else 0
        if operations:
            yield Figure(
                name="operations",
                title="Operations for one picture",
                estimate=whole_set(operations / 1e9, 1),
                about=f"Floating-point operations {STEPS[name]}: a multiplication and its addition "
                "are two; only matrix products and convolutions count.",
                better="lower",
                variant=name,
                unit="GFLOP",
                methods=methods[name],
            )


def _memory(
    peaks: Mapping[str, float | None], methods: tuple[str, ...], *, can_reset: bool
) -> list[Figure]:
    since = "during the timing" if can_reset else "since the process started"
    return [
        Figure(
            name="memory",
            title="Memory of the process, peak",
            estimate=whole_set(peak, 1),
            about=f"Largest resident set {since}: model, Python, its packages, test photos and "
            "working memory; without the memory of an accelerator.",
            better="lower",
            variant=variant,
            unit="MiB",
            methods=methods,
        )
        for variant, peak in peaks.items()
        if peak is not None
    ]


def _size(method: AbstractMethod, methods: tuple[str, ...]) -> list[Figure]:
    """Measure the networks' parameters, where they are known."""
    if method.parameter_bytes is None:
        return []
    return [
        Figure(
            name="size",
            title="Parameters in memory",
            estimate=whole_set(method.parameter_bytes / MEBIBYTE, 1),
            about="Parameters of all networks that encoding, editing and decoding use.",
            better="lower",
            unit="MiB",
            methods=methods,
        )
    ]


def _settings(method: AbstractMethod) -> dict[str, str | int | float]:
    runs_on = method.runs_on
    threads = runs_on.get("threads") or os.environ.get("OMP_NUM_THREADS") or os.cpu_count() or 1
    return {
        "engine": runs_on["engine"],
        "device": runs_on["device"],
        "threads": threads,
        "processor": f"{processor_name()} ({this_processor().kind})",
    }


def _notes(context: EvaluationContext, main: AbstractMethod) -> tuple[str, ...]:
    optimising = [each.name for each in context.methods if each.capabilities.time != "one pass"]
    notes = [
        f"Figures without a method's name are those of {main.name}. After {WARM_UP} calls to warm "
        f"up, {_runs(context)} are timed; fewer in batches. Latents are in the method's own arrays "
        "already, photos in memory; reading and writing picture files is not timed. Timing waits "
        "for accelerators.",
        "Times on different machines, engines or numbers of threads are not comparable. Other "
        "programs on the machine slow methods down, the 95th percentile more than the median.",
    ]
    if optimising:
        notes.append(
            f"Encoding is an optimisation for each photo, timed twice: {', '.join(optimising)}."
        )
    return tuple(notes)

"""All measurements, one after another."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from benchmarks.editing import memory_of_editing, time_editing
from benchmarks.engines import EngineResult, compare_engines
from benchmarks.grouped_convolution import GroupedComparison, compare_grouped
from benchmarks.isolation import Caller
from benchmarks.machine import describe_machine, describe_source
from benchmarks.modes import MODES, devices
from benchmarks.report import EditingResult, Report, TrainingResult
from benchmarks.timing import Effort
from benchmarks.training import ADVERSARIAL, memory_of_training, time_training
from benchmarks.training_options import OptionResult, compare_options
from benchmarks.up_convolution import UpComparison, compare_up, up_shapes
from benchmarks.utilisation import flops_an_image, product_speed
from stylemapgan.config import preset

EDITING = Effort(warm_ups=3, most=60)
TRAINING = Effort(warm_ups=1, most=20, seconds=120)
LAYERS = Effort(warm_ups=3, most=40, seconds=30)
QUICK = Effort(warm_ups=0, fewest=2, most=2)


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What to measure, and how thoroughly."""

    presets: tuple[str, ...]
    compare_at: str
    has_training: bool
    batch: int | None
    is_quick: bool
    compiles: bool = False

    def __post_init__(self) -> None:
        for name in (*self.presets, self.compare_at):
            preset(name)  # refuses unknown names before anything is measured

    def effort(self, usual: Effort) -> Effort:
        """How much work to put into a measurement."""
        return QUICK if self.is_quick else usual


@dataclass(frozen=True)
class Bench:
    """A plan, and how to carry it out."""

    plan: Plan
    call: Caller
    say: Callable[[str], None]


def measure(plan: Plan, call: Caller, say: Callable[[str], None]) -> Report:
    """Carry out a plan.

    Args:
        plan: What to measure.
        call: How to run each measurement: in a process of its own, or here.
        say: Told what is being measured.
    """
    bench = Bench(plan, call, say)
    report = Report(
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        is_quick=plan.is_quick,
        machine=call(describe_machine),
        source=describe_source(),
    )
    for device in call(devices):
        for name in plan.presets:
            report.editing += _editing(bench, name, device)
            if device == "cpu":
                report.engines += _engines(bench, name)
            if plan.has_training:
                report.training += _training(bench, name, device)
                report.training_options += _training_options(bench, name, device)
        report.grouped_convolution += _grouped_convolution(bench, device)
        report.up_convolution += _up_convolution(bench, device)
    return report


def _editing(bench: Bench, name: str, device: str) -> list[EditingResult]:
    bench.say(f"editing with {name}, {device}")
    timings = bench.call(time_editing, name, device, bench.plan.effort(EDITING))
    return [
        EditingResult(
            preset=name,
            device=device,
            mode=mode,
            encode_ms=timings[mode, "encode"],
            decode_ms=timings[mode, "decode"],
            edit_ms=timings[mode, "edit"],
            peak_memory_mib=bench.call(memory_of_editing, name, device, mode),
        )
        for mode in MODES
    ]


def _engines(bench: Bench, name: str) -> list[EngineResult]:
    bench.say(f"engines with {name}")
    plan = bench.plan
    return bench.call(compare_engines, name, plan.effort(EDITING), compiles=plan.compiles)


def _training(bench: Bench, name: str, device: str) -> list[TrainingResult]:
    bench.say(f"training {name}, {device}")
    batch = bench.plan.batch or preset(name).training.batch
    speeds = bench.call(time_training, name, batch, device, bench.plan.effort(TRAINING))
    products = bench.call(product_speed, device, bench.plan.effort(LAYERS))
    results = []
    for mode in MODES:
        by_stage = {stage: speed for (other, stage), speed in speeds.items() if other == mode}
        flops = bench.call(flops_an_image, name, batch, mode)
        rate = by_stage[ADVERSARIAL].images_per_second
        results.append(
            TrainingResult(
                preset=name,
                device=device,
                mode=mode,
                batch=batch,
                stages=by_stage,
                peak_memory_mib=bench.call(memory_of_training, name, batch, device, mode),
                gflop_an_image=flops / 1e9,
                utilisation=rate * flops / products[mode],
            )
        )
    return results


def _training_options(bench: Bench, name: str, device: str) -> list[OptionResult]:
    bench.say(f"options of training {name}, {device}")
    batch = bench.plan.batch or preset(name).training.batch
    effort, compiles = bench.plan.effort(TRAINING), bench.plan.compiles
    return bench.call(compare_options, name, batch, device, effort, compiles=compiles)


def _grouped_convolution(bench: Bench, device: str) -> list[GroupedComparison]:
    name = bench.plan.compare_at
    bench.say(f"plain and per-sample convolutions at {name}, {device}")
    return bench.call(compare_grouped, name, device, bench.plan.effort(LAYERS))


def _up_convolution(bench: Bench, device: str) -> list[UpComparison]:
    results = []
    for shape in up_shapes(bench.plan.presets):
        bench.say(f"up-convolution {shape.into}→{shape.out} at {shape.size} pixels, {device}")
        results += bench.call(compare_up, shape, device, bench.plan.effort(LAYERS))
    return results

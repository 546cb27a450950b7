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
    """What to measure, and with how much effort."""

    presets: tuple[str, ...]
    compare_at: str
    has_training: bool
    batch: int | None
    is_quick: bool
    compiles: bool = False

    def __post_init__(self) -> None:
        for name in (*self.presets, self.compare_at):
            preset(name)  # refuse unknown names before anything is measured

    def effort(self, usual: Effort) -> Effort:
        """Choose the effort of a measurement."""
        return QUICK if self.is_quick else usual


@dataclass(frozen=True)
class Session:
    """A plan, and how to carry it out."""

    plan: Plan
    call: Caller
    say: Callable[[str], None]


def measure(plan: Plan, call: Caller, say: Callable[[str], None]) -> Report:
    """Carry out a plan.

    Args:
        plan: What to measure.
        call: How to run each measurement: in a separate process, or here.
        say: Called with the name of each measurement.
    """
    session = Session(plan, call, say)
    report = Report(
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        is_quick=plan.is_quick,
        machine=call(describe_machine),
        source=describe_source(),
    )
    for device in call(devices):
        for name in plan.presets:
            report.editing += _editing(session, name, device)
            if device == "cpu":
                report.engines += _engines(session, name)
            if plan.has_training:
                report.training += _training(session, name, device)
                report.training_options += _training_options(session, name, device)
        report.grouped_convolution += _grouped_convolution(session, device)
        report.up_convolution += _up_convolution(session, device)
    return report


def _editing(session: Session, name: str, device: str) -> list[EditingResult]:
    session.say(f"editing with {name}, {device}")
    timings = session.call(time_editing, name, device, session.plan.effort(EDITING))
    return [
        EditingResult(
            preset=name,
            device=device,
            mode=mode,
            encode_ms=timings[mode, "encode"],
            decode_ms=timings[mode, "decode"],
            edit_ms=timings[mode, "edit"],
            peak_memory_mib=session.call(memory_of_editing, name, device, mode),
        )
        for mode in MODES
    ]


def _engines(session: Session, name: str) -> list[EngineResult]:
    session.say(f"engines with {name}")
    plan = session.plan
    return session.call(compare_engines, name, plan.effort(EDITING), compiles=plan.compiles)


def _training(session: Session, name: str, device: str) -> list[TrainingResult]:
    session.say(f"training {name}, {device}")
    batch = session.plan.batch or preset(name).training.batch
    speeds = session.call(time_training, name, batch, device, session.plan.effort(TRAINING))
    products = session.call(product_speed, device, session.plan.effort(LAYERS))
    results = []
    for mode in MODES:
        by_stage = {stage: speed for (other, stage), speed in speeds.items() if other == mode}
        flops = session.call(flops_an_image, name, batch, mode)
        rate = by_stage[ADVERSARIAL].images_per_second
        results.append(
            TrainingResult(
                preset=name,
                device=device,
                mode=mode,
                batch=batch,
                stages=by_stage,
                peak_memory_mib=session.call(memory_of_training, name, batch, device, mode),
                gflop_an_image=flops / 1e9,
                utilisation=rate * flops / products[mode],
            )
        )
    return results


def _training_options(session: Session, name: str, device: str) -> list[OptionResult]:
    session.say(f"options of training {name}, {device}")
    batch = session.plan.batch or preset(name).training.batch
    effort, compiles = session.plan.effort(TRAINING), session.plan.compiles
    return session.call(compare_options, name, batch, device, effort, compiles=compiles)


def _grouped_convolution(session: Session, device: str) -> list[GroupedComparison]:
    name = session.plan.compare_at
    session.say(f"plain and per-sample convolutions at {name}, {device}")
    return session.call(compare_grouped, name, device, session.plan.effort(LAYERS))


def _up_convolution(session: Session, device: str) -> list[UpComparison]:
    results = []
    for shape in up_shapes(session.plan.presets):
        session.say(f"up-convolution {shape.into}→{shape.out} at {shape.size} pixels, {device}")
        results += session.call(compare_up, shape, device, session.plan.effort(LAYERS))
    return results

"""All results of the benchmarks, as plain values."""

import dataclasses
from dataclasses import dataclass, field
from typing import Any

from benchmarks.engines import EngineResult
from benchmarks.grouped_convolution import GroupedComparison
from benchmarks.machine import Machine, Source
from benchmarks.timing import Timing
from benchmarks.training import StageSpeed
from benchmarks.training_options import OptionResult
from benchmarks.up_convolution import UpComparison

FORMAT = 1
"""Changes when the JSON file's fields do."""


@dataclass(frozen=True, kw_only=True)
class EditingResult:
    """One preset's speed and memory at editing single photos."""

    preset: str
    device: str
    mode: str
    encode_ms: Timing
    decode_ms: Timing
    edit_ms: Timing
    peak_memory_mib: float


@dataclass(frozen=True, kw_only=True)
class TrainingResult:
    """One preset's speed and memory at training."""

    preset: str
    device: str
    mode: str
    batch: int
    stages: dict[str, StageSpeed]
    peak_memory_mib: float
    gflop_an_image: float
    """Operations of an adversarial iteration, forward and backward, with R1 in its share."""
    utilisation: float
    """Operations per second of adversarial training, as a share of a large matrix product's."""


@dataclass(kw_only=True)
class Report:
    """All results, with the machine and code they belong to."""

    created: str
    is_quick: bool
    machine: Machine
    source: Source
    editing: list[EditingResult] = field(default_factory=list)
    engines: list[EngineResult] = field(default_factory=list)
    training: list[TrainingResult] = field(default_factory=list)
    training_options: list[OptionResult] = field(default_factory=list)
    grouped_convolution: list[GroupedComparison] = field(default_factory=list)
    up_convolution: list[UpComparison] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        """Convert to dictionaries, lists and numbers, for JSON."""
        return {"format": FORMAT, **dataclasses.asdict(self)}

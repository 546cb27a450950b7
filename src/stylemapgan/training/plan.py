"""What a run will need, before it starts: parameters, operations and memory.

The memory of tensors is counted exactly, as in `simulation`. The rest is estimated: PyTorch
itself, scratch memory of single operations, and gaps between tensors.
"""

from dataclasses import dataclass
from typing import Any

import torch

from stylemapgan.config import RunConfig
from stylemapgan.config.training import GROUP
from stylemapgan.training.memory_limits import GIB, memory_a_process
from stylemapgan.training.processes import Hardware
from stylemapgan.training.recipe import Recipe
from stylemapgan.training.simulation import PhaseCost, forward_flops, simulate
from stylemapgan.training.start import choose_precision, with_precision

RUNTIME = GIB // 2
"""Bytes that a process needs without any network."""
MARGIN = 1.3
"""Bytes that a process needs for each byte of tensors.

Training on a CPU needed 0.69 to 0.88 of the estimate: `tiny-32` and `laptop-64` with 8, 16
and 32 images, in both precisions. Not measured on a GPU.
"""
SIMULATED_IMAGES = (4, 64)
"""Images of the two simulated passes; memory is linear in images, so two suffice."""


@dataclass(frozen=True, kw_only=True)
class PhasePlan:
    """One phase of an iteration, on one process."""

    name: str
    share: float
    """Share of the iterations that include it."""
    is_last: bool
    """Whether the run ends with it: a warm-up ends earlier."""
    flops: float
    """Operations for each image, backward passes included."""
    fixed: float
    """Bytes of tensors that do not depend on the batch."""
    an_image: float
    """Bytes of tensors for each image of a pass."""

    def memory(self, images: int) -> float:
        """Estimate the peak memory of a process with `images` images a pass, in bytes."""
        return RUNTIME + MARGIN * (self.fixed + self.an_image * images)

    def most_images(self, memory: int) -> int:
        """Find the most images a pass that fit into `memory` bytes; below 0 if none do."""
        return int(((memory - RUNTIME) / MARGIN - self.fixed) // self.an_image)


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What a run will need."""

    config: RunConfig
    processes: int
    memory: int
    """Bytes that each process may use."""
    parameters: dict[str, int]
    """Number of parameters of each network."""
    forward_flops: dict[str, int]
    """Operations for one image, forward, through each network; and for one `edit`."""
    phases: tuple[PhasePlan, ...]
    """The phases of an iteration, in order."""
    largest_batch: int
    """The largest batch that fits with these processes and `accumulate`; 0 if none fits."""
    accumulate: int | None
    """The smallest `accumulate`, at least the configured one, with which the batch fits."""

    @property
    def images_a_pass(self) -> int:
        """Images that go through the networks at once."""
        return self.config.training.images_a_pass(self.processes)

    @property
    def peak(self) -> float:
        """Estimated peak memory of a process over all phases, in bytes."""
        return max(phase.memory(self.images_a_pass) for phase in self.phases)

    @property
    def iteration_flops(self) -> float:
        """Operations for each image of an iteration at the end of the run, on average."""
        return sum(phase.flops * phase.share for phase in self.phases if phase.is_last)


def make_plan(
    recipe: Recipe[Any], config: RunConfig, hardware: Hardware, gib: float | None = None
) -> Plan:
    """Compute what a run will need. Nothing is written, and no photo is read.

    Args:
        recipe: What is trained, and how.
        config: Configuration; the locations of photos are ignored.
        hardware: What to compute on; this machine need not have it if `gib` is given.
        gib: Memory that each process may use; this machine's if None.

    Raises:
        ConfigError: The batch does not divide, or the given memory is out of range.
        TrainingError: The memory of this machine is unknown.
    """
    config = with_precision(config, choose_precision(config, hardware))
    processes = hardware.devices * hardware.nodes
    passes = config.training.accumulate
    config.training.images_a_pass(processes)
    memory = memory_a_process(hardware, gib)
    parameters = count_parameters(recipe, config)
    planner = _Planner(recipe, config, processes, exchanged=_gradient_bytes(parameters, processes))
    phases = planner.phases(passes)
    images = max(min(phase.most_images(memory) for phase in phases), 0)
    return Plan(
        config=config,
        processes=processes,
        memory=memory,
        parameters=parameters,
        forward_flops=forward_flops(recipe, config),
        phases=phases,
        largest_batch=images // GROUP * GROUP * processes * passes,
        accumulate=planner.fitting_passes(memory),
    )


def count_parameters(recipe: Recipe[Any], config: RunConfig) -> dict[str, int]:
    """Count the parameters of each network."""
    with torch.device("meta"):
        networks = recipe.build(config)
    return {
        name: sum(parameter.numel() for parameter in network.parameters())
        for name, network in networks.items()
    }


class _Planner:
    """Plans the phases of a run for any number of passes, and caches simulations."""

    def __init__(
        self, recipe: Recipe[Any], config: RunConfig, processes: int, exchanged: int
    ) -> None:
        self._recipe = recipe
        self._config = config
        self._processes = processes
        self._exchanged = exchanged
        self._simulated: dict[int, list[tuple[PhaseCost, PhaseCost]]] = {}

    def phases(self, passes: int) -> tuple[PhasePlan, ...]:
        """Plan the phases; each pass beyond the second only adds the images it keeps."""
        simulated = min(passes, 2)
        if simulated not in self._simulated:
            small, large = (
                simulate(self._recipe, self._config, each, simulated) for each in SIMULATED_IMAGES
            )
            self._simulated[simulated] = list(zip(small, large, strict=True))
        kept = (passes - simulated) * self._recipe.kept_bytes(self._config)
        return tuple(self._phase(*pair, kept) for pair in self._simulated[simulated])

    def fitting_passes(self, memory: int) -> int | None:
        """Find the fewest passes, at least the configured ones, with which the batch fits."""
        training = self._config.training
        whole = training.batch // self._processes
        for passes in range(training.accumulate, whole + 1):
            images, rest = divmod(whole, passes)
            if rest or images % min(GROUP, training.batch):
                continue
            if all(phase.memory(images) <= memory for phase in self.phases(passes)):
                return passes
        return None

    def _phase(self, small: PhaseCost, large: PhaseCost, kept: int) -> PhasePlan:
        few, many = SIMULATED_IMAGES
        an_image = (large.peak - small.peak) / (many - few)
        return PhasePlan(
            name=small.name,
            share=small.share,
            is_last=small.is_last,
            flops=small.flops,
            fixed=small.peak - an_image * few + self._exchanged,
            an_image=an_image + kept,
        )


def _gradient_bytes(parameters: dict[str, int], processes: int) -> int:
    """Bound the bytes of the flattened gradients that several processes exchange."""
    if processes == 1:
        return 0
    return sum(parameters.values()) * torch.float32.itemsize

"""What a run will take, before it starts: parameters, operations, memory.

Tensors are counted exactly, as in `simulation`. What a process takes beyond them is estimated:
PyTorch itself, scratch memory of single operations, and gaps between tensors.
"""

from dataclasses import dataclass

import torch

from stylemapgan.config import ModelConfig, RunConfig
from stylemapgan.config.training import GROUP
from stylemapgan.models import Discriminator, Encoder, Generator
from stylemapgan.training.memory import GIB, memory_a_process
from stylemapgan.training.processes import Hardware
from stylemapgan.training.simulation import PENALTY, WARM_UP, PhaseCost, forward_flops, simulate
from stylemapgan.training.start import choose_precision, with_precision

RUNTIME = GIB // 2
"""Bytes that a process takes without any network."""
MARGIN = 1.3
"""What a process takes for each byte of tensors.

Trained on a CPU, processes took 0.69 to 0.88 of the estimate: `tiny-32` and `laptop-64` with 8, 16
and 32 images, in both precisions. On a GPU this was not measured.
"""
SIMULATED_IMAGES = (4, 64)
"""Images of the two simulated passes; memory grows evenly with images, so two tell all."""


@dataclass(frozen=True, kw_only=True)
class PhasePlan:
    """One phase of an iteration, on one process."""

    name: str
    share: float
    """In how many of the iterations it happens."""
    flops: float
    """Operations for each image when it happens, backward passes included."""
    fixed: float
    """Bytes of tensors whatever the batch."""
    an_image: float
    """Bytes of tensors for each image of a pass."""

    def memory(self, images: int) -> float:
        """Estimated peak of a process with so many images a pass, in bytes."""
        return RUNTIME + MARGIN * (self.fixed + self.an_image * images)

    def most_images(self, memory: int) -> int:
        """The most images a pass that fit into so many bytes; less than 0 if none do."""
        return int(((memory - RUNTIME) / MARGIN - self.fixed) // self.an_image)


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What a run will take."""

    config: RunConfig
    processes: int
    memory: int
    """Bytes that each process may use."""
    parameters: dict[str, int]
    """Of each network."""
    forward_flops: dict[str, int]
    """Operations for one image, forward, through each network; and for one `edit`."""
    phases: tuple[PhasePlan, ...]
    """In the order in which they happen."""
    largest_batch: int
    """The largest that fits with these processes and `accumulate`; 0 if none does."""
    accumulate: int | None
    """The smallest `accumulate`, from the configured on, with which the batch fits."""

    @property
    def images_a_pass(self) -> int:
        """Images that go through the networks at once."""
        return self.config.training.images_a_pass(self.processes)

    @property
    def peak(self) -> float:
        """Estimated peak of a process over all phases, in bytes."""
        return max(phase.memory(self.images_a_pass) for phase in self.phases)

    @property
    def iteration_flops(self) -> float:
        """Operations for each image of an adversarial iteration, on average over iterations."""
        return sum(phase.flops * phase.share for phase in self.phases if phase.name != WARM_UP)


def make_plan(config: RunConfig, hardware: Hardware, gib: float | None = None) -> Plan:
    """Work out what a run will take. Nothing is written, no photo is looked at.

    Args:
        config: All settings; where photos are does not matter.
        hardware: What to compute on; it need not be at hand if `gib` is given.
        gib: Memory that each process may use; this machine's if None.

    Raises:
        ConfigError: The batch does not divide, or the given memory is none.
        TrainingError: The memory is not known.
    """
    config = with_precision(config, choose_precision(config, hardware))
    processes = hardware.devices * hardware.nodes
    passes = config.training.accumulate
    config.training.images_a_pass(processes)
    memory = memory_a_process(hardware, gib)
    parameters = count_parameters(config.model)
    planner = _Planner(config, processes, exchanged=_gradient_bytes(parameters, processes))
    phases = planner.phases(passes)
    images = max(min(phase.most_images(memory) for phase in phases), 0)
    return Plan(
        config=config,
        processes=processes,
        memory=memory,
        parameters=parameters,
        forward_flops=forward_flops(config.model),
        phases=phases,
        largest_batch=images // GROUP * GROUP * processes * passes,
        accumulate=planner.fitting_passes(memory),
    )


def count_parameters(config: ModelConfig) -> dict[str, int]:
    """Count the parameters of each network."""
    with torch.device("meta"):
        networks = {
            "generator": Generator(config),
            "encoder": Encoder(config),
            "discriminator": Discriminator(config),
        }
    return {
        name: sum(parameter.numel() for parameter in network.parameters())
        for name, network in networks.items()
    }


class _Planner:
    """Phases of a run for any number of passes; what was simulated is remembered."""

    def __init__(self, config: RunConfig, processes: int, exchanged: int) -> None:
        self._config = config
        self._processes = processes
        self._exchanged = exchanged
        self._simulated: dict[int, list[tuple[PhaseCost, PhaseCost]]] = {}

    def phases(self, passes: int) -> tuple[PhasePlan, ...]:
        """Plan the phases; from two passes on, a further one only adds the images it keeps."""
        simulated = min(passes, 2)
        if simulated not in self._simulated:
            small, large = (simulate(self._config, each, simulated) for each in SIMULATED_IMAGES)
            self._simulated[simulated] = list(zip(small, large, strict=True))
        kept = (passes - simulated) * _bytes_kept(self._config.model)
        return tuple(self._phase(*pair, kept) for pair in self._simulated[simulated])

    def fitting_passes(self, memory: int) -> int | None:
        """Find the fewest passes, from the configured on, with which the batch fits."""
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
            share=1 / self._config.training.r1_interval if small.name == PENALTY else 1.0,
            flops=small.flops,
            fixed=small.peak - an_image * few + self._exchanged,
            an_image=an_image + kept,
        )


def _bytes_kept(config: ModelConfig) -> int:
    """Bytes that an image of another pass holds: photo, generated image and its stylemap."""
    values = 2 * 3 * config.image_size**2 + config.style_channels * config.stylemap_size**2
    return values * torch.float32.itemsize


def _gradient_bytes(parameters: dict[str, int], processes: int) -> int:
    """Bytes of the gradients that several processes lay side by side to exchange them."""
    if processes == 1:
        return 0
    most = max(parameters["generator"] + parameters["encoder"], parameters["discriminator"])
    return most * torch.float32.itemsize

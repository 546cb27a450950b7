"""Several processes that train one model together.

Every process holds all networks and computes its share of each batch; gradients are averaged, so
weights stay equal. Only the first process writes files.
"""

import os
import platform
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal, TypeVar

import torch
from lightning_fabric import Fabric
from lightning_fabric.strategies.ddp import DDPStrategy
from torch import Tensor, nn

from stylemapgan.config.ranges import PROCESSES
from stylemapgan.config.training import ChosenPrecision
from stylemapgan.errors import ConfigError, StyleMapGANError, TrainingError
from stylemapgan.machine.precision import processor_name, this_processor
from stylemapgan.training.child_processes import explain_lost_contact, start_child_processes
from stylemapgan.types import Share
from stylemapgan.version import package_version

Accelerator = Literal["auto", "cpu", "cuda", "mps"]
Value = TypeVar("Value")

PATIENCE = timedelta(minutes=30)
"""How long a process waits for the others, for example while the first one validates."""


@dataclass(frozen=True, kw_only=True)
class Hardware:
    """What a run computes on; not part of its configuration, as it may resume elsewhere."""

    accelerator: Accelerator = "auto"
    """Kind of device; `auto` takes a GPU if there is one."""
    devices: int = 1
    """Processes on this machine, each with a device of its own."""
    nodes: int = 1
    """Machines, each with `devices` processes."""

    def __post_init__(self) -> None:
        for count in (self.devices, self.nodes):
            PROCESSES.refuse(count, ConfigError)


def device_of(hardware: Hardware) -> str:
    """Name the kind of device that Fabric will choose."""
    if hardware.accelerator != "auto":
        return hardware.accelerator
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def open_fabric(hardware: Hardware, precision: ChosenPrecision) -> Fabric:
    """Start the processes of a run, or join those that torchrun or SLURM has started.

    Raises:
        TrainingError: Too few devices exist, or the processes cannot reach each other.
    """
    if "TORCHELASTIC_RUN_ID" in os.environ:  # torchrun sets the number of processes
        devices = int(os.environ["LOCAL_WORLD_SIZE"])
        nodes = int(os.environ["WORLD_SIZE"]) // devices
    else:
        devices, nodes = hardware.devices, hardware.nodes
    strategy = DDPStrategy(timeout=PATIENCE) if devices * nodes > 1 else "auto"
    try:
        fabric = Fabric(
            accelerator=hardware.accelerator,
            devices=devices,
            num_nodes=nodes,
            precision=precision,
            strategy=strategy,
        )
        if isinstance(fabric.strategy, DDPStrategy):
            environment = fabric.strategy.cluster_environment
            assert environment is not None  # Fabric sets it
            start_child_processes(environment, fabric.strategy.num_processes, nodes)
        fabric.launch()
    except (ValueError, RuntimeError) as error:
        problem = str(error).strip().partition("\n")[0]
        raise TrainingError(
            f"Cannot train on {devices} {hardware.accelerator} device(s) of {nodes} machine(s): "
            f"{problem}"
        ) from None
    return fabric


def share_of(fabric: Fabric) -> Share:
    """Find the images of a batch that this process computes."""
    return Share(fabric.global_rank, fabric.world_size)


def average(fabric: Fabric, values: Tensor) -> Tensor:
    """Average a tensor over all processes."""
    if fabric.world_size == 1:
        return values
    with _lost_contact_explained():
        return fabric.all_reduce(values, reduce_op="mean")  # pyright: ignore[reportReturnType]


def any_of(fabric: Fabric, condition: bool) -> bool:
    """Whether the condition holds in any process."""
    if fabric.world_size == 1:
        return condition
    return bool(average(fabric, torch.tensor(float(condition), device=fabric.device)) > 0)


@torch.no_grad()
def share_weights(fabric: Fabric, *networks: nn.Module) -> None:
    """Copy the first process's weights to all others."""
    if fabric.world_size == 1:
        return
    with _lost_contact_explained():
        for network in networks:
            for tensor in network.state_dict().values():
                tensor.copy_(fabric.broadcast(tensor))


def first_alone(fabric: Fabric, work: Callable[[], Value]) -> Value:
    """Call a function in the first process only, and return its result in all.

    Raises:
        StyleMapGANError: In all processes, if the first one raised it.
    """
    if fabric.world_size == 1:
        return work()
    outcome: Any = None
    if fabric.is_global_zero:
        try:
            outcome = work()
        except StyleMapGANError as error:
            outcome = error
    with _lost_contact_explained():
        outcome = fabric.broadcast(outcome)
    if isinstance(outcome, StyleMapGANError):
        raise outcome
    return outcome


@contextmanager
def _lost_contact_explained() -> Iterator[None]:
    try:
        yield
    except RuntimeError as error:
        problem = explain_lost_contact() or "died or cannot be reached"
        raise TrainingError(
            f"Another process of this run {problem}. This one stops too: look for a message "
            "above, then continue with --resume."
        ) from error


def describe_hardware(fabric: Fabric) -> dict[str, str]:
    """Describe the hardware and software of a run, for its journal."""
    device = processor_name()
    if fabric.device.type == "cuda":
        device = torch.cuda.get_device_name(fabric.device)
    return {
        "device": device,
        "capability": this_processor().kind,
        "processes": str(fabric.world_size),
        "threads": str(torch.get_num_threads()),
        "cores": str(os.cpu_count()),
        "stylemapgan": package_version(),
        "PyTorch": torch.__version__,
        "Python": platform.python_version(),
    }

"""How much memory training may use, and what to do when it runs out."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch

from stylemapgan.config import TrainConfig
from stylemapgan.errors import ConfigError, TrainingError
from stylemapgan.training.processes import Hardware


@contextmanager
def out_of_memory_explained(phase: str, config: TrainConfig, images: int) -> Iterator[None]:
    """Turn an out-of-memory error into a one-line message with advice.

    Args:
        phase: What the block computes, such as "the generator's update".
        config: Configuration of the run.
        images: Images that go through the networks at once.

    Raises:
        TrainingError: The block ran out of memory.
    """
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
        raise TrainingError(
            f"Out of memory in {phase}, with {images} images a pass: {_advice(config, images)}, "
            "then continue with --resume."
        ) from None


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error says that memory ran out, on any device."""
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    return isinstance(error, RuntimeError) and (
        "out of memory" in str(error) or "can't allocate memory" in str(error)
    )


def _advice(config: TrainConfig, images: int) -> str:
    if images % 8 == 0:
        return (
            f"set accumulate to {config.accumulate * 2} in the run's config.toml, which computes "
            "the same results in smaller passes"
        )
    remedies = ["use more processes (--devices)"]
    if config.precision == "32-true":
        remedies.append("set precision to bf16-mixed in the run's config.toml")
    return " or ".join(remedies)


GIB = 2**30
MOST_GIB = 1_000_000


def memory_a_process(hardware: Hardware, gib: float | None = None) -> int:
    """Find out how many bytes each process of a run may use.

    Args:
        hardware: What to compute on; processes on a CPU share the available memory.
        gib: Memory for each process on another machine, instead of this one's.

    Raises:
        ConfigError: The given memory is out of range.
        TrainingError: This machine has no such device, or its memory is unknown.
    """
    if gib is not None:
        if not 0 < gib <= MOST_GIB:
            raise ConfigError(
                f"--memory must be above 0 and at most {MOST_GIB:,} GiB, got {gib:g}."
            )
        return int(gib * GIB)
    if hardware.accelerator in ("auto", "cuda") and torch.cuda.is_available():
        return torch.cuda.get_device_properties(0).total_memory
    if hardware.accelerator in ("auto", "mps") and torch.backends.mps.is_available():
        return torch.mps.recommended_max_memory()
    if hardware.accelerator in ("cuda", "mps"):
        raise TrainingError(
            f"This machine has no {hardware.accelerator} device: give its memory with --memory, "
            "in GiB."
        )
    return available() // hardware.devices


def available() -> int:
    """Find out how many bytes of this machine's memory are available.

    Raises:
        TrainingError: The system does not report its memory.
    """
    meminfo = Path("/proc/meminfo")
    if meminfo.exists():
        for line in meminfo.read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        raise TrainingError(
            "This system does not report how much memory it has: give it with --memory, in GiB."
        ) from None

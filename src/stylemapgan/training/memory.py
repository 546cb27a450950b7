"""Say what to do when memory runs out."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from stylemapgan.config import TrainConfig
from stylemapgan.errors import TrainingError


@contextmanager
def out_of_memory_explained(phase: str, config: TrainConfig, images: int) -> Iterator[None]:
    """Turn running out of memory into one line.

    Args:
        phase: What the block does, as in "in the generator's update".
        config: Settings of the run.
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
            "and go on with --resume."
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
            f"set accumulate to {config.accumulate * 2} in the run's config.toml, which gives the "
            "same results in smaller passes"
        )
    ways = ["use more processes (--devices)"]
    if config.precision == "32-true":
        ways.append("set precision to bf16-mixed in the run's config.toml")
    return " or ".join(ways)

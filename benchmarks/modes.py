"""The two precisions, and the devices to measure on."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import torch
from torch import Tensor, nn

from benchmarks.isolation import process_peak
from stylemapgan.config.training import Precision

MODES: dict[str, Precision] = {"float32": "32-true", "bf16": "bf16-mixed"}
"""Eager float32, and bf16 autocast with weights in channels_last."""

Movable = TypeVar("Movable", Tensor, nn.Module)


def devices() -> list[str]:
    """List the devices of PyTorch: the CPU, and a GPU if there is one."""
    return ["cpu", "cuda"] if torch.cuda.is_available() else ["cpu"]


def settle_on(device: str) -> Callable[[], None]:
    """Return a function that waits until the device has finished."""
    return torch.cuda.synchronize if device == "cuda" else lambda: None


def peak_memory(device: str) -> float:
    """Measure the peak memory so far, in MiB: PyTorch's on a GPU, else the whole process's."""
    return torch.cuda.max_memory_allocated() / 2**20 if device == "cuda" else process_peak()


def arranged(movable: Movable, mode: str, device: str) -> Movable:
    """Move a network or tensor to a device and memory format."""
    if mode == "float32":
        return movable.to(device)
    return movable.to(device, memory_format=torch.channels_last)  # pyright: ignore


@contextmanager
def arithmetic(mode: str, device: str) -> Iterator[None]:
    """Enable bf16 autocast if the mode is bf16."""
    with torch.autocast(device, torch.bfloat16, enabled=mode == "bf16"):
        yield

"""Describe this machine: processor or GPU, threads, precision and versions."""

import os
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from stylemapgan.machine.precision import Choice, choose, processor_name, this_processor
from stylemapgan.version import package_version

if TYPE_CHECKING:
    import torch


def one_line(device: "str | torch.device", choice: Choice, threads: int | None = None) -> str:
    """Describe a device in one line: `cpu (AVX2), 2 threads, precision 32-true (auto)`.

    Args:
        device: Where PyTorch computes.
        choice: The precision it computes in.
        threads: Number of threads; PyTorch's own setting if None.
    """
    import torch

    name = str(device)
    if name.startswith("cpu"):
        count = threads or torch.get_num_threads()
        return (
            f"cpu ({this_processor().kind}), {count} thread{'s' * (count != 1)}, precision {choice}"
        )
    described = torch.cuda.get_device_name(device) if name.startswith("cuda") else "GPU"
    return f"{name} ({described}), precision {choice}"


def describe_machine() -> dict[str, str]:
    """Describe hardware and software; works without PyTorch too."""
    facts = {
        "processor": processor_name(),
        "cores": str(os.cpu_count()),
    }
    try:
        import torch
    except ModuleNotFoundError:
        facts |= {
            "PyTorch": "not installed: pip install 'stylemapgan[train]'",
            "engine": "ONNX Runtime, on the processor in float32",
        }
    else:
        facts |= {
            "capability": this_processor().kind,
            "threads": str(torch.get_num_threads()),
            "PyTorch": torch.__version__,
            **_devices(),
        }
    return facts | {"ONNX Runtime": _version("onnxruntime"), "stylemapgan": package_version()}


def _devices() -> dict[str, str]:
    """Find out what `auto` means on each device that PyTorch can use."""
    import torch

    devices = ["cpu", *(f"cuda:{index}" for index in range(torch.cuda.device_count()))]
    if torch.backends.mps.is_available():
        devices.append("mps")
    facts = {}
    for device in devices:
        choice = choose("auto", device)
        facts[f"precision auto on {device}"] = f"{choice.precision}: {choice.reason}"
    return facts


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"

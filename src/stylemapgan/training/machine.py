"""What a run computed on, for its journal."""

import os
import platform
from importlib.metadata import version
from pathlib import Path

import torch
from lightning_fabric import Fabric


def describe(fabric: Fabric) -> dict[str, str]:
    """Name hardware and software in a few words each."""
    device = processor_name()
    if fabric.device.type == "cuda":
        device = torch.cuda.get_device_name(fabric.device)
    return {
        "device": device,
        "processes": str(fabric.world_size),
        "threads": str(torch.get_num_threads()),
        "cores": str(os.cpu_count()),
        "stylemapgan": version("stylemapgan"),
        "PyTorch": torch.__version__,
        "Python": platform.python_version(),
    }


def processor_name() -> str:
    """What the processor calls itself."""
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()

"""What an evaluation computes on, for its record."""

import os
import platform
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import torch

from stylemapgan.editing import AbstractEditor


def describe_machine(editor: AbstractEditor, device_name: str) -> dict[str, str]:
    """Name hardware and software in a few words each, and the time."""
    device = torch.device(device_name)
    is_cuda = device.type == "cuda"
    return {
        "device": torch.cuda.get_device_name(device) if is_cuda else processor_name(),
        "threads": str(torch.get_num_threads()),
        "cores": str(os.cpu_count()),
        "editor": type(editor).__name__,
        "stylemapgan": version("stylemapgan"),
        "PyTorch": torch.__version__,
        "Python": platform.python_version(),
        "begun": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
    }


def processor_name() -> str:
    """What the processor calls itself."""
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()

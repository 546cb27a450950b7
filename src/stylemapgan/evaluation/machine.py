"""What an evaluation computes on, for its record."""

import os
import platform
from datetime import UTC, datetime
from importlib.metadata import version

import torch

from stylemapgan.editing import AbstractEditor
from stylemapgan.machine.precision import processor_name, this_processor


def describe_machine(editor: AbstractEditor, device_name: str) -> dict[str, str]:
    """Name hardware and software in a few words each, and the time."""
    device = torch.device(device_name)
    is_cuda = device.type == "cuda"
    return {
        "device": torch.cuda.get_device_name(device) if is_cuda else processor_name(),
        "capability": this_processor().kind,
        "threads": str(torch.get_num_threads()),
        "cores": str(os.cpu_count()),
        "editor": type(editor).__name__,
        "stylemapgan": version("stylemapgan"),
        "PyTorch": torch.__version__,
        "Python": platform.python_version(),
        "begun": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
    }

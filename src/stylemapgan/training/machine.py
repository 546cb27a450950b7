"""What a run computed on, for its journal."""

import os
import platform
from importlib.metadata import version

import torch
from lightning_fabric import Fabric

from stylemapgan.machine.processor import processor_name, this_processor


def describe(fabric: Fabric) -> dict[str, str]:
    """Name hardware and software in a few words each."""
    device = processor_name()
    if fabric.device.type == "cuda":
        device = torch.cuda.get_device_name(fabric.device)
    return {
        "device": device,
        "capability": this_processor().kind,
        "processes": str(fabric.world_size),
        "threads": str(torch.get_num_threads()),
        "cores": str(os.cpu_count()),
        "stylemapgan": version("stylemapgan"),
        "PyTorch": torch.__version__,
        "Python": platform.python_version(),
    }

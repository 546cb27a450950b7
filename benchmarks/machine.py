"""The machine and code of a measurement."""

import os
import platform
import subprocess
from dataclasses import dataclass
from pathlib import Path

import torch

from stylemapgan.machine.precision import processor_name, this_processor

REPOSITORY = Path(__file__).resolve().parents[1]


@dataclass(frozen=True, kw_only=True)
class Machine:
    """Hardware and software."""

    cpu: str
    cores: int
    """Cores that this process may use."""
    threads: int
    """Threads of PyTorch."""
    cpu_capability: str
    """The instruction set of PyTorch: `AVX2`, `AVX512`, `AVX512 with AVX512-BF16 and AMX`."""
    memory_gib: float
    load: float
    """Load average of the last minute; about 0 on an idle machine."""
    gpu: str | None
    system: str
    python: str
    torch: str


@dataclass(frozen=True, kw_only=True)
class Source:
    """The code that was measured."""

    commit: str | None
    """None outside a git repository."""
    has_local_changes: bool | None


def describe_machine() -> Machine:
    """Describe this machine."""
    return Machine(
        cpu=processor_name(),
        cores=_cores(),
        threads=torch.get_num_threads(),
        cpu_capability=this_processor().kind,
        memory_gib=round(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30, 1),
        load=round(os.getloadavg()[0], 2),
        gpu=torch.cuda.get_device_name() if torch.cuda.is_available() else None,
        system=platform.platform(),
        python=platform.python_version(),
        torch=torch.__version__,
    )


def describe_source() -> Source:
    """Ask git for the commit of this repository."""
    commit = _git("rev-parse", "HEAD")
    if commit is None:
        return Source(commit=None, has_local_changes=None)
    return Source(commit=commit, has_local_changes=bool(_git("status", "--porcelain")))


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _git(*arguments: str) -> str | None:
    try:
        result = subprocess.run(
            ["git", *arguments], cwd=REPOSITORY, capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return result.stdout.strip()

"""Which process something belongs to, told so that a number used again does not mislead."""

import os
import platform
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class ProcessIdentity:
    """A process, of this machine or another."""

    number: int
    started: str
    """When it started, by the system's clock; empty where the system does not tell."""
    host: str
    machine: str
    """The installation: two machines may have the same name. Empty if unknown."""
    boot: str
    """Which start of the machine it belongs to; empty if unknown."""
    namespace: str
    """Containers number their processes each on their own; empty if unknown."""

    @classmethod
    def of_this_one(cls) -> "ProcessIdentity":
        """Describe the process that asks."""
        return cls(
            number=os.getpid(),
            started=start_of(os.getpid()) or "",
            host=platform.node(),
            machine=_line(Path("/etc/machine-id")),
            boot=_line(Path("/proc/sys/kernel/random/boot_id")),
            namespace=_link(Path("/proc/self/ns/pid")),
        )

    def is_this_one(self) -> bool:
        """Whether it is the process that asks."""
        return self == ProcessIdentity.of_this_one()

    def is_of_this_machine(self) -> bool:
        """Whether its number means something here."""
        here = ProcessIdentity.of_this_one()
        return (self.host, self.machine, self.boot, self.namespace) == (
            *(here.host, here.machine, here.boot, here.namespace),
        )

    def is_gone(self) -> bool:
        """Whether it is known for sure that the process does not exist any more.

        A stopped process exists; one of another machine may.
        """
        here = ProcessIdentity.of_this_one()
        if (self.host, self.machine) == (here.host, here.machine) and self.boot != here.boot:
            return bool(self.machine)  # the machine was started again since
        if not self.is_of_this_machine() or os.name != "posix":
            return False
        started = start_of(self.number)
        return started is None or (bool(started) and started != self.started)


def start_of(number: int) -> str | None:
    """Tell when a process of this machine started.

    Returns:
        Something that no other process of that number has; empty if unknown; None if there is no
        such process, or only its exit code is left of it.
    """
    if os.name != "posix":
        return ""
    try:
        os.kill(number, 0)  # asks, and does nothing
    except (ProcessLookupError, OverflowError):
        return None
    except PermissionError:  # it exists, and is somebody else's
        pass
    if sys.platform == "linux":
        return _start_on_linux(number)
    asked = ["ps", "-o", "state=,lstart=", "-p", str(number)]
    told = subprocess.run(asked, capture_output=True, text=True, check=False).stdout.split()
    return None if told and told[0].startswith("Z") else " ".join(told[1:])


def _start_on_linux(number: int) -> str | None:
    try:
        told = Path(f"/proc/{number}/stat").read_text(errors="replace")
    except OSError:  # gone meanwhile, or hidden
        return ""
    fields = told.rpartition(")")[2].split()  # the name before may hold anything
    state, ticks = fields[0], fields[19]
    return None if state in "ZX" else ticks


def _line(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError:
        return ""


def _link(path: Path) -> str:
    try:
        return str(path.readlink())
    except OSError:
        return ""

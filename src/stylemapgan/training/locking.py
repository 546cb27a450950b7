"""The lock of a run's folder: one process at a time may write there.

The process that holds a folder has a file `run-N.lock` in it, which only one process can create.
A lock whose process has ended stays behind; the next process creates number N + 1 and then removes
it, so that no process ever removes a lock that another has just created.
"""

import json
import os
import platform
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from stylemapgan.errors import StorageError, TrainingError


@dataclass(frozen=True, kw_only=True)
class ProcessIdentity:
    """A process on this machine or another, with enough facts to recognise a reused number."""

    number: int
    started: str
    """When it started, by the system's clock; empty if unknown."""
    host: str
    machine: str
    """Identifies the installation, as two machines may share a name; empty if unknown."""
    boot: str
    """Identifies the boot of the machine; empty if unknown."""
    namespace: str
    """Identifies the container, as each numbers its own processes; empty if unknown."""

    @classmethod
    def of_this_one(cls) -> "ProcessIdentity":
        """Describe the calling process."""
        return cls(
            number=os.getpid(),
            started=start_of(os.getpid()) or "",
            host=platform.node(),
            machine=_line(Path("/etc/machine-id")),
            boot=_line(Path("/proc/sys/kernel/random/boot_id")),
            namespace=_link(Path("/proc/self/ns/pid")),
        )

    def is_this_one(self) -> bool:
        """Whether it is the calling process."""
        return self == ProcessIdentity.of_this_one()

    def is_of_this_machine(self) -> bool:
        """Whether it runs in the same boot and container as the calling process."""
        here = ProcessIdentity.of_this_one()
        return (self.host, self.machine, self.boot, self.namespace) == (
            *(here.host, here.machine, here.boot, here.namespace),
        )

    def is_gone(self) -> bool:
        """Whether the process has certainly ended.

        A suspended process has not ended; one on another machine may be running.
        """
        here = ProcessIdentity.of_this_one()
        if (self.host, self.machine) == (here.host, here.machine) and self.boot != here.boot:
            return bool(self.machine)  # the machine was rebooted
        if not self.is_of_this_machine() or os.name != "posix":
            return False
        started = start_of(self.number)
        return started is None or (bool(started) and started != self.started)


def start_of(number: int) -> str | None:
    """Find out when a process on this machine started.

    Returns:
        A text that differs for any later process with that number; empty if unknown; None if the
        process does not exist or is a zombie.
    """
    if os.name != "posix":
        return ""
    try:
        os.kill(number, 0)  # only checks that the process exists
    except (ProcessLookupError, OverflowError):
        return None
    except PermissionError:  # it exists, and belongs to another user
        pass
    if sys.platform == "linux":
        return _start_on_linux(number)
    command = ["ps", "-o", "state=,lstart=", "-p", str(number)]
    words = subprocess.run(command, capture_output=True, text=True, check=False).stdout.split()
    return None if words and words[0].startswith("Z") else " ".join(words[1:])


def _start_on_linux(number: int) -> str | None:
    try:
        status = Path(f"/proc/{number}/stat").read_text(errors="replace")
    except OSError:  # it has just ended, or is hidden
        return ""
    fields = status.rpartition(")")[2].split()  # the name before may hold any character
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


LOCK = re.compile(r"run-(\d+)\.lock")
ATTEMPTS = 20
"""Attempts to take the lock while other processes keep taking and releasing it."""


@dataclass(frozen=True)
class Holder:
    """The process that holds a lock."""

    process: ProcessIdentity
    since: str
    """When it took the lock, as shown in messages."""


class RunLock:
    """Lets this process alone write into a folder.

    If one process has several runs in the same folder, the newest holds the lock.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._mine: Path | None = None
        self._made: list[Path] = []

    @property
    def is_held(self) -> bool:
        """Whether this object holds the lock."""
        return self._mine is not None and self._mine.exists()

    def acquire(self) -> None:
        """Take the lock; the folder is created if it is missing.

        Raises:
            TrainingError: Another process holds it; the message names process, machine and time.
            StorageError: The folder cannot be written.
        """
        try:
            for _ in range(ATTEMPTS):
                self._make_folder()
                locks = dict(self._locks())
                self._refuse_if_held(locks)
                mine = self._folder / f"run-{max(map(_number, locks), default=-1) + 1}.lock"
                if _make(mine):
                    self._mine = mine
                    self._refuse_if_held(dict(self._locks()))  # taken at the same time
                    for stale in locks:
                        stale.unlink(missing_ok=True)
                    return
        except OSError as error:
            self.release()
            raise StorageError(
                f"{self._folder} cannot be written: {error.strerror or error}. Choose another "
                "folder with --run."
            ) from error
        except TrainingError:
            self.release()
            raise
        raise TrainingError(f"{self._folder}: other processes keep taking it; try again.")

    def release(self) -> None:
        """Release the lock; the folder is removed if this object created it and it is empty."""
        if self._mine is not None:
            self._mine.unlink(missing_ok=True)
            self._mine = None
        for folder in reversed(self._made):
            try:
                folder.rmdir()
            except OSError:  # it is not empty
                break
        self._made = []

    def _make_folder(self) -> None:
        missing = [each for each in (self._folder, *self._folder.parents) if not each.exists()]
        for folder in reversed(missing):
            folder.mkdir(exist_ok=True)
            self._made.append(folder)

    def _locks(self) -> Iterator[tuple[Path, Holder | None]]:
        """List all locks with their holders; None for a lock that is still being written."""
        for path in sorted(self._folder.iterdir()):
            if is_lock(path):
                yield path, _holder(path)

    def _refuse_if_held(self, locks: dict[Path, Holder | None]) -> None:
        for path, holder in locks.items():
            if holder is None:
                raise TrainingError(
                    f"{self._folder} is in use: another process has just created {path.name}. If "
                    f"no training runs there, delete {path} and try again."
                )
            process = holder.process
            if process.is_this_one() or process.is_gone():
                continue
            message = (
                f"{self._folder} is in use by process {process.number} on {process.host} since "
                f"{holder.since}"
            )
            if process.is_of_this_machine():
                raise TrainingError(
                    f"{message}: stop it first (kill {process.number} lets it save), or choose "
                    "another folder with --run."
                )
            raise TrainingError(
                f"{message}: stop it first, or choose another folder with --run. If no training "
                f"runs there any more, delete {path} and try again."
            )


def is_lock(path: Path) -> bool:
    """Whether a file of a run's folder is a lock."""
    return LOCK.fullmatch(path.name) is not None


def _make(path: Path) -> bool:
    now = datetime.now().astimezone().isoformat(" ", "seconds")
    holder = Holder(ProcessIdentity.of_this_one(), now)
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(json.dumps(asdict(holder)) + "\n")
    except (FileExistsError, FileNotFoundError):  # or the folder has just been removed
        return False
    return True


def _number(path: Path) -> int:
    found = LOCK.fullmatch(path.name)
    assert found is not None  # called for locks only
    return int(found[1])


def _holder(path: Path) -> Holder | None:
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        process = ProcessIdentity(**values["process"])
        return Holder(process, str(values["since"])) if type(process.number) is int else None
    except (OSError, ValueError, KeyError, TypeError):
        return None

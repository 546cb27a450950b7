"""Who may write into a run's folder: one process at a time.

The process that holds a folder has a file `run-N.lock` in it. Making that file succeeds for one
process only. A lock whose process is gone stays behind; the next process makes number N + 1 and
then removes it, so that no process ever removes a lock that another has just made.
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


LOCK = re.compile(r"run-(\d+)\.lock")
ATTEMPTS = 20
"""Others may be quicker so often; each of them took the lock and let it go."""


@dataclass(frozen=True)
class Holder:
    """What a lock says of its process."""

    process: ProcessIdentity
    since: str
    """When it took the lock, for people."""


class RunLock:
    """The right of this process to write into a folder.

    Of several runs that one process has in the same folder, the newest has the lock.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._mine: Path | None = None
        self._made: list[Path] = []

    @property
    def is_held(self) -> bool:
        """Whether this object has the lock."""
        return self._mine is not None and self._mine.exists()

    def acquire(self) -> None:
        """Take the lock; the folder is made if it is missing.

        Raises:
            TrainingError: Another process has it; the message names process, machine and time.
            StorageError: Nothing can be written there.
        """
        try:
            for _ in range(ATTEMPTS):
                self._make_folder()
                locks = dict(self._locks())
                self._refuse_if_held(locks)
                mine = self._folder / f"run-{max(map(_number, locks), default=-1) + 1}.lock"
                if _make(mine):
                    self._mine = mine
                    self._refuse_if_held(dict(self._locks()))  # who looked at the same time
                    for stale in locks:
                        stale.unlink(missing_ok=True)
                    return
        except OSError as error:
            self.release()
            raise StorageError(
                f"{self._folder} cannot be written to: {error.strerror or error}. A run needs a "
                "folder of its own: choose another with --run."
            ) from error
        except TrainingError:
            self.release()
            raise
        raise TrainingError(f"{self._folder}: other processes keep taking it; try again.")

    def release(self) -> None:
        """Let others have the folder; it is removed if this object made it and it is empty."""
        if self._mine is not None:
            self._mine.unlink(missing_ok=True)
            self._mine = None
        for folder in reversed(self._made):
            try:
                folder.rmdir()
            except OSError:  # there is something in it, so it stays
                break
        self._made = []

    def _make_folder(self) -> None:
        missing = [each for each in (self._folder, *self._folder.parents) if not each.exists()]
        for folder in reversed(missing):
            folder.mkdir(exist_ok=True)
            self._made.append(folder)

    def _locks(self) -> Iterator[tuple[Path, Holder | None]]:
        """All locks with their holders; None for one that does not say, being just made."""
        for path in sorted(self._folder.iterdir()):
            if is_lock(path):
                yield path, _holder(path)

    def _refuse_if_held(self, locks: dict[Path, Holder | None]) -> None:
        for path, holder in locks.items():
            if holder is None:
                raise TrainingError(
                    f"{self._folder} is in use: another process has just taken {path.name}. If no "
                    f"training runs there, delete {path} and try again."
                )
            process = holder.process
            if process.is_this_one() or process.is_gone():
                continue
            told = (
                f"{self._folder} is in use by process {process.number} on {process.host} since "
                f"{holder.since}"
            )
            if process.is_of_this_machine():
                raise TrainingError(
                    f"{told}: stop it first (kill {process.number} lets it save), or choose "
                    "another folder with --run."
                )
            raise TrainingError(
                f"{told}: stop it first, or choose another folder with --run. If no training runs "
                f"there any more, delete {path} and try again."
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
    assert found is not None  # only locks are asked
    return int(found[1])


def _holder(path: Path) -> Holder | None:
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        process = ProcessIdentity(**told["process"])
        return Holder(process, str(told["since"])) if type(process.number) is int else None
    except (OSError, ValueError, KeyError, TypeError):
        return None

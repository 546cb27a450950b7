"""The other processes of a run on this machine, started and watched by the first one.

Fabric can start processes too, but kills the first one within seconds of another's death, before
it can save the state or log the cause. So the first process starts the others itself, as torchrun
would.
"""

import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

logger = logging.getLogger(__name__)

FAILURE = 2
"""Exit code of a run that lost a process and had to be ended."""
SECONDS_TO_END = 60.0
"""How long this process may take to notice the death of another and end by itself."""
SECONDS_TO_DIE = 5.0
"""How long to look for a dead process after contact was lost."""
PAUSE = 0.05


@runtime_checkable
class Environment(Protocol):
    """Says how processes are started; Fabric's cluster environments implement it."""

    @property
    def creates_processes_externally(self) -> bool: ...

    @property
    def main_address(self) -> str: ...

    @property
    def main_port(self) -> int: ...

    def node_rank(self) -> int: ...


@dataclass(frozen=True)
class ChildProcess:
    """A process started by this one."""

    rank: int
    """Its rank among the run's processes on this machine; this process has rank 0."""
    process: subprocess.Popen[bytes]

    @property
    def has_died(self) -> bool:
        """Whether it ended with an error."""
        return bool(self.process.poll())

    def cause(self) -> str:
        """Describe how it died, to complete "another process of this run"."""
        code = self.process.returncode
        how = f"ended with exit code {code}" if code > 0 else f"was killed by {_signal(-code)}"
        hint = ", as the system does when memory runs out" if code == -signal.SIGKILL else ""
        return f"died: process {self.rank} (process id {self.process.pid}) {how}{hint}"


class Watch(threading.Thread):
    """Ends this process, with a message, if another died and this one keeps waiting for it.

    Usually this process notices the lost contact first, and ends with an error of its own.
    """

    def __init__(self, children: Sequence[ChildProcess]) -> None:
        super().__init__(name="child processes", daemon=True)
        self.children = children

    def run(self) -> None:
        while any(each.process.poll() is None for each in self.children) and not self.dead():
            time.sleep(PAUSE)
        if self.dead():
            time.sleep(SECONDS_TO_END)
            logger.error("Another process of this run %s. Continue with --resume.", self.dead()[0])
            for each in self.children:
                each.process.kill()
            logging.shutdown()
            os._exit(FAILURE)

    def dead(self) -> list[str]:
        """Describe how each dead process died."""
        return [each.cause() for each in self.children if each.has_died]


def start_child_processes(environment: Environment, processes: int, nodes: int) -> None:
    """Start this program again for each other device of this machine, unless a launcher does.

    Args:
        environment: Says whether a launcher (torchrun, SLURM) starts the processes.
        processes: Processes on this machine, this one included.
        nodes: Machines of the run.
    """
    if environment.creates_processes_externally:
        return
    os.environ |= {
        "MASTER_ADDR": environment.main_address,
        "MASTER_PORT": str(environment.main_port),
        "NODE_RANK": str(environment.node_rank()),
        "WORLD_SIZE": str(processes * nodes),
    }
    program = _this_program()
    children = [
        ChildProcess(rank, subprocess.Popen(program, env=os.environ | {"LOCAL_RANK": str(rank)}))
        for rank in range(1, processes)
    ]
    os.environ["LOCAL_RANK"] = "0"  # tells Fabric that all processes are started
    Watch(children).start()


def explain_lost_contact() -> str | None:
    """Describe which child process died, and how; None if all are running."""
    end = time.monotonic() + SECONDS_TO_DIE
    for watch in threading.enumerate():
        while isinstance(watch, Watch) and time.monotonic() < end:
            if dead := watch.dead():
                return dead[0]
            time.sleep(PAUSE)
    return None


def _this_program() -> list[str]:
    """Build the command that started this process."""
    spec = sys.modules["__main__"].__spec__
    program = [os.path.abspath(sys.argv[0])] if spec is None else ["-m", spec.name]  # noqa: PTH100
    return [sys.executable, *program, *sys.argv[1:]]


def _signal(number: int) -> str:
    try:
        return f"signal {number} ({signal.Signals(number).name})"
    except ValueError:
        return f"signal {number}"

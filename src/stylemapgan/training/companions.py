"""The other processes of a run on this machine: started by the first one, and watched by it.

Fabric starts processes too, but kills the first one within seconds of another's death, before it
can say or save anything. So the first process starts the others itself, as torchrun would.
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
"""Exit code of a run that lost a process and could not end by itself."""
SECONDS_TO_END = 60.0
"""How long this process may take to notice a death and end, before it is ended."""
SECONDS_TO_DIE = 5.0
"""How long after contact was lost to look for a death that explains it."""
PAUSE = 0.05


@runtime_checkable
class Environment(Protocol):
    """What Fabric knows of who starts the processes; its cluster environments are such."""

    @property
    def creates_processes_externally(self) -> bool: ...

    @property
    def main_address(self) -> str: ...

    @property
    def main_port(self) -> int: ...

    def node_rank(self) -> int: ...


@dataclass(frozen=True)
class Companion:
    """A process that this one started."""

    rank: int
    """Which of the run's processes on this machine it is; this one is 0."""
    process: subprocess.Popen[bytes]

    @property
    def has_died(self) -> bool:
        """Whether it ended before it had finished."""
        return bool(self.process.poll())

    def told(self) -> str:
        """Say how it died."""
        code = self.process.returncode
        how = f"ended with exit code {code}" if code > 0 else f"was killed by {_signal(-code)}"
        hint = ", as the system does where memory runs out" if code == -signal.SIGKILL else ""
        return f"died: process {self.rank} (process id {self.process.pid}) {how}{hint}"


class Watch(threading.Thread):
    """Ends this process, with a message, if another died and this one would wait for it for ever.

    Mostly this process notices for itself that contact is lost, says so, and ends before.
    """

    def __init__(self, companions: Sequence[Companion]) -> None:
        super().__init__(name="companions", daemon=True)
        self.companions = companions

    def run(self) -> None:
        while any(each.process.poll() is None for each in self.companions) and not self.dead():
            time.sleep(PAUSE)
        if self.dead():
            time.sleep(SECONDS_TO_END)
            logger.error("Another process of this run %s. Go on with --resume.", self.dead()[0])
            for each in self.companions:
                each.process.kill()
            logging.shutdown()
            os._exit(FAILURE)

    def dead(self) -> list[str]:
        """Say of each process that died how it did."""
        return [each.told() for each in self.companions if each.has_died]


def start_companions(environment: Environment, processes: int, nodes: int) -> None:
    """Run this program once more for each other device of this machine, unless a launcher has.

    Args:
        environment: Says whether a launcher (torchrun, SLURM) starts the processes.
        processes: How many are wanted on this machine, this one included.
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
    companions = [
        Companion(rank, subprocess.Popen(program, env=os.environ | {"LOCAL_RANK": str(rank)}))
        for rank in range(1, processes)
    ]
    os.environ["LOCAL_RANK"] = "0"  # tells Fabric that all processes are there
    Watch(companions).start()


def explain_lost_contact() -> str | None:
    """Say which process that this one started died, and how; None where none has."""
    end = time.monotonic() + SECONDS_TO_DIE
    for watch in threading.enumerate():
        while isinstance(watch, Watch) and time.monotonic() < end:
            if dead := watch.dead():
                return dead[0]
            time.sleep(PAUSE)
    return None


def _this_program() -> list[str]:
    """Give the command that started this process."""
    spec = sys.modules["__main__"].__spec__
    program = [os.path.abspath(sys.argv[0])] if spec is None else ["-m", spec.name]  # noqa: PTH100
    return [sys.executable, *program, *sys.argv[1:]]


def _signal(number: int) -> str:
    try:
        return f"signal {number} ({signal.Signals(number).name})"
    except ValueError:
        return f"signal {number}"

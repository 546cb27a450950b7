"""Commands that several processes run together speak with one voice."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console

from stylemapgan.cli.streams import unheeded
from stylemapgan.errors import StyleMapGANError

RANKS = ("RANK", "SLURM_PROCID", "LOCAL_RANK")
"""Where a launcher says which process this is: torchrun, SLURM, Fabric."""


@contextmanager
def only_the_first_process_speaks() -> Iterator[Console]:
    """Lend a console that is silent in all processes but the first, and never fails.

    An error that the first process reports too ends the others without a word.
    """
    if _rank() == 0:
        yield Console(file=unheeded(sys.stdout))
        return
    try:
        yield Console(quiet=True)
    except StyleMapGANError:
        sys.exit(2)


def _rank() -> int:
    return next((int(os.environ[name]) for name in RANKS if name in os.environ), 0)

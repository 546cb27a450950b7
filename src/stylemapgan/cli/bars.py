"""What all bars of long commands have in common."""

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

SECONDS_BETWEEN_LINES = 30.0
"""How often a log file, which shows no moving bar, gets a line."""


def new_progress(console: Console, measure: ProgressColumn, window: float = 30.0) -> Progress:
    """Make a bar with how much is done, a measure of the command's own, and the time left.

    Args:
        console: Where to.
        measure: Speed, or whatever else a person watches.
        window: Seconds that the speed is averaged over.
    """
    return Progress(
        TextColumn("[bold]{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        measure,
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        console=console,
        speed_estimate_period=window,
    )

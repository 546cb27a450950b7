"""The tasks of an evaluation, by name."""

from collections.abc import Sequence

from stylemapgan.errors import ConfigError
from stylemapgan.metrics.evaluation.detectability import Detectability
from stylemapgan.metrics.evaluation.directions import Directions
from stylemapgan.metrics.evaluation.generation import Generation
from stylemapgan.metrics.evaluation.interpolation import Interpolation
from stylemapgan.metrics.evaluation.local_editing import LocalEditing
from stylemapgan.metrics.evaluation.reconstruction import Reconstruction
from stylemapgan.metrics.evaluation.runtime import Runtime
from stylemapgan.metrics.evaluation.swap import Swap
from stylemapgan.metrics.evaluation.task import AbstractTask

TASKS: dict[str, type[AbstractTask]] = {
    task.name: task
    for task in (
        Runtime,
        Reconstruction,
        Generation,
        Interpolation,
        LocalEditing,
        Swap,
        Directions,
        Detectability,
    )
}
"""In the order they are done, whatever order they are asked for in: the quickest first."""


def choose_tasks(names: Sequence[str] = ()) -> list[AbstractTask]:
    """Make the tasks of these names; all where none is named.

    Raises:
        ConfigError: There is no such task.
    """
    unknown = [name for name in names if name not in TASKS]
    if unknown:
        raise ConfigError(f"There is no task {unknown[0]!r}: choose from {', '.join(TASKS)}.")
    return [task() for name, task in TASKS.items() if name in names or not names]

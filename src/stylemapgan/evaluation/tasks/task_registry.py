"""The tasks of an evaluation, by name."""

from collections.abc import Sequence

from stylemapgan.errors import ConfigError
from stylemapgan.evaluation.tasks.abstract import AbstractTask
from stylemapgan.evaluation.tasks.detectability.measure import Detectability
from stylemapgan.evaluation.tasks.directions.measure import Directions
from stylemapgan.evaluation.tasks.generation.measure import Generation
from stylemapgan.evaluation.tasks.interpolation.measure import Interpolation
from stylemapgan.evaluation.tasks.local_editing.measure import LocalEditing
from stylemapgan.evaluation.tasks.portraits.measure import PortraitEditing
from stylemapgan.evaluation.tasks.reconstruction.measure import Reconstruction
from stylemapgan.evaluation.tasks.runtime.measure import Runtime
from stylemapgan.evaluation.tasks.swap.measure import Swap
from stylemapgan.evaluation.tasks.true_edits.measure import TrueEdits

TASKS: dict[str, type[AbstractTask]] = {
    task.name: task
    for task in (
        Runtime,
        Reconstruction,
        Generation,
        Interpolation,
        LocalEditing,
        Swap,
        TrueEdits,
        Directions,
        Detectability,
        PortraitEditing,
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

"""What every task of an evaluation is."""

from abc import ABC, abstractmethod
from typing import ClassVar

from stylemapgan.metrics.evaluation.findings import Findings
from stylemapgan.metrics.evaluation.workbench import Workbench


class AbstractTask(ABC):
    """One question about a model."""

    name: ClassVar[str]
    """On the command line."""
    title: ClassVar[str]
    """Heads its part of the report."""
    about: ClassVar[str]
    """What is asked, and how: one to three sentences for the report."""

    def obstacle(self, bench: Workbench) -> str | None:
        """Say in one sentence why this data cannot answer the question; None if it can."""
        del bench
        return None

    @abstractmethod
    def measure(self, bench: Workbench) -> Findings:
        """Answer it.

        Everything random follows from the evaluation's seed; batches do not change the result.
        """

"""What every task of an evaluation is."""

from abc import ABC, abstractmethod
from typing import ClassVar

from stylemapgan.evaluation.context import EvaluationContext
from stylemapgan.evaluation.findings import Findings


class AbstractTask(ABC):
    """One question about a model."""

    name: ClassVar[str]
    """On the command line."""
    title: ClassVar[str]
    """Heads its part of the report."""
    about: ClassVar[str]
    """What is asked, and how: one to three sentences for the report."""

    def obstacle(self, context: EvaluationContext) -> str | None:
        """Say in one sentence why this data cannot answer the question; None if it can."""
        del context
        return None

    @abstractmethod
    def measure(self, context: EvaluationContext) -> Findings:
        """Answer it.

        Everything random follows from the evaluation's seed; batches do not change the result.
        """

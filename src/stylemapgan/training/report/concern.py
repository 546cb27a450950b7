"""What a check of a run hands back."""

from dataclasses import dataclass

ENOUGH = 100
"""Looks at the losses before anything is said: fewer are too noisy to judge."""


@dataclass(frozen=True)
class Concern:
    """What was seen, why it matters, and what to change."""

    title: str
    text: str

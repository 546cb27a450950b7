"""Questions that directions are fitted to: whether a photo has a value of an attribute."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool

LEAST_EXAMPLES = 20
"""Training photos with the value, and without it, that fitting a direction needs."""
LEAST_TESTED = 2
"""Test photos without the value, to be pushed."""
SURE_TO_MEET = 10.0
"""Two values exclude each other if no photo has both although chance alone would give so many."""

Table = Mapping[str, Sequence[str]]
"""Attribute → its value for each photo; empty values are unknown."""


@dataclass(frozen=True)
class Question:
    """Asks whether a photo has a value."""

    attribute: str
    value: str

    @property
    def label(self) -> str:
        """For people: `facial hair: none`."""
        return f"{self.attribute}: {self.value}".replace("_", " ")

    def answers(self, table: Table) -> Bool[np.ndarray, " photos"]:
        """Say which photos have it."""
        return np.array([value == self.value for value in table[self.attribute]])

    def denials(self, table: Table) -> Bool[np.ndarray, " photos"]:
        """Say which photos have another known value."""
        return np.array([value not in ("", self.value) for value in table[self.attribute]])


def choose_questions(
    learned: Table, tested: Table, attributes: Sequence[str], most: int
) -> list[Question]:
    """Take the most common value of every attribute, then the second of every one, and so on.

    Questions with the same answers as an earlier one, or the opposite answers, are left out.

    Args:
        learned: Attributes of the photos that directions are fitted to.
        tested: Attributes of the photos that are pushed.
        attributes: Which ones to ask for.
        most: Questions at most.
    """
    chosen: list[Question] = []
    known: list[Bool[np.ndarray, " photos"]] = []
    for question in _by_frequency(learned, [name for name in attributes if name in tested]):
        has_it = question.answers(learned)
        enough = min(has_it.sum(), question.denials(learned).sum()) >= LEAST_EXAMPLES
        is_new = not any((has_it == old).all() or (has_it != old).all() for old in known)
        if enough and is_new and question.denials(tested).sum() >= LEAST_TESTED:
            chosen.append(question)
            known.append(has_it)
    return chosen[:most]


def tied_to(question: Question, table: Table) -> set[str]:
    """Name the attributes that cannot all stay when the answer changes, such as glasses' colour.

    One of their values never occurs together with the value in question, although photos with both
    are expected by chance.
    """
    has_it = question.answers(table)
    share = has_it.mean()
    tied = {question.attribute}
    for name, values in table.items():
        words = np.array(values)
        for value in dict.fromkeys(values):
            is_value = words == value
            if share * is_value.sum() >= SURE_TO_MEET and not (is_value & has_it).any():
                tied.add(name)
    return tied


def _by_frequency(table: Table, attributes: Sequence[str]) -> Iterator[Question]:
    """List all values: the most common of each attribute first, then the second ones."""
    ranked: list[tuple[int, int, str, str]] = []
    for name in attributes:
        words, counts = np.unique([value for value in table[name] if value], return_counts=True)
        order = np.argsort(-counts, kind="stable")
        ranked += [(rank, -int(counts[at]), name, str(words[at])) for rank, at in enumerate(order)]
    for _, _, name, value in sorted(ranked):
        yield Question(name, value)

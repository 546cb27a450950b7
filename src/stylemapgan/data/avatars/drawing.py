"""Faces by number: the same seed and number give the same face, whoever asks and when."""

import numpy as np

from stylemapgan.data.avatars.parts import CHOICES, COLOUR_OF, NONE, Face

CHANCES = {"hair": 0.97, "facial_hair": 0.35, "glasses": 0.4}
"""How often a part is there that need not be."""


def draw_face(seed: int, index: int) -> Face:
    """Draw face number `index` of a seed; it depends on nothing else.

    Args:
        seed: Any whole number from 0.
        index: Any whole number from 0.
    """
    return random_face(np.random.default_rng((seed, index)))


def random_face(random: np.random.Generator) -> Face:
    """Draw a face; every attribute is independent of the others."""
    values = {field: _pick(random, field) for field in CHOICES}
    for part, colour in COLOUR_OF.items():
        if values[part] == NONE:
            values[colour] = NONE
    return Face(**values)


def _pick(random: np.random.Generator, field: str) -> str:
    """Choose a value; a field always uses up the same random numbers, whatever it becomes."""
    chance = CHANCES.get(field, 1.0)
    is_there = random.random() < chance
    choices = [choice for choice in CHOICES[field] if choice != NONE]
    choice = choices[int(random.integers(len(choices)))]
    return choice if is_there else NONE

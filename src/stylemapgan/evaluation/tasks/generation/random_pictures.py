"""Random stylemaps by their number, however many there are."""

import numpy as np
from jaxtyping import Float32, Int64

from stylemapgan.evaluation.context import EvaluationContext
from stylemapgan.images.levels import to_numpy

BLOCK = 1_000
"""Stylemaps drawn at once; each block has a seed of its own."""


class RandomStylemaps:
    """An endless row of random stylemaps, of which one block is in memory.

    Number 5 is the same stylemap whichever others are asked for.
    """

    def __init__(self, context: EvaluationContext) -> None:
        self._editor = context.editor
        self._seed = context.config.seed
        self._number = -1
        self._block = np.zeros((0, 0, 0, 0), np.float32)

    def take(
        self, numbers: Int64[np.ndarray, " numbers"]
    ) -> Float32[np.ndarray, "numbers style rows columns"]:
        """Draw some of them; quickest where numbers rise."""
        found = [self._open(number // BLOCK)[number % BLOCK] for number in numbers.tolist()]
        return np.stack(found)

    def _open(self, number: int) -> Float32[np.ndarray, "block style rows columns"]:
        if number != self._number:
            seed = np.random.SeedSequence(self._seed).generate_state(number + 1)[-1]
            self._block = to_numpy(self._editor.sample(BLOCK, int(seed)))
            self._number = number
        return self._block

"""Swaps of a part whose true result is known, and the ways to carry them out.

Beside the two spaces of the model stand ways that need none, and two bounds: the true picture
itself, and what is left of it when the model encodes and decodes it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from stylemapgan.errors import DataError
from stylemapgan.evaluation.context import EvaluationContext
from stylemapgan.evaluation.data import TripleFiles
from stylemapgan.evaluation.tasks.local_editing import edits as local_edits
from stylemapgan.evaluation.tasks.local_editing.edits import OpenedEdits
from stylemapgan.images import read, read_mask
from stylemapgan.types import Images


@dataclass(frozen=True, eq=False)
class OpenedSwaps:
    """All that some swaps need."""

    triples: Sequence[TripleFiles]
    edits: OpenedEdits
    """What a model is given: source, reference, and where the true picture differs from the
    source at all."""
    truth: Images
    """What it should make of them."""


def choose_triples(triples: Sequence[TripleFiles], most: int) -> list[TripleFiles]:
    """Take so many swaps at most, as many of one part as of another; the first ones of each."""
    of_part: dict[str, list[TripleFiles]] = {}
    for triple in triples:
        of_part.setdefault(triple.part, []).append(triple)
    longest = max(map(len, of_part.values()), default=0)
    in_turn = [
        found[number]
        for number in range(longest)
        for found in of_part.values()
        if number < len(found)
    ]
    return in_turn[:most]


def open_swaps(context: EvaluationContext, triples: Sequence[TripleFiles]) -> OpenedSwaps:
    """Read and encode the pictures of some swaps.

    Raises:
        DataError: A picture is missing.
    """
    size = context.editor.image_size
    for triple in triples:
        if not (triple.folder / "truth.png").is_file():
            raise DataError(f"There is no {triple.folder / 'truth.png'}: make the triples anew.")
    source, reference, truth = (
        np.concatenate([read(triple.folder / f"{name}.png", size) for triple in triples])
        for name in ("source", "reference", "truth")
    )
    mask = np.concatenate([read_mask(triple.folder / "mask.png", size) for triple in triples])
    edits = OpenedEdits(
        source=source,
        reference=reference,
        mask=mask,
        source_stylemap=context.encode(source),
        reference_stylemap=context.encode(reference),
    )
    return OpenedSwaps(triples, edits, truth)


def reconstruct_truth(context: EvaluationContext, opened: OpenedSwaps) -> Images:
    """Encode and decode the true picture: no edit can be closer to it by much."""
    return context.decode(context.encode(opened.truth))


def give_truth(context: EvaluationContext, opened: OpenedSwaps) -> Images:
    """Give the true picture, as a perfect model would."""
    del context
    return opened.truth


def _local(edit: Callable[[EvaluationContext, OpenedEdits], Images]) -> "Method":
    return lambda context, opened: edit(context, opened.edits)


Method = Callable[[EvaluationContext, OpenedSwaps], Images]
METHODS: Mapping[str, Method] = {
    **{name: _local(edit) for name, edit in local_edits.SPACES.items()},
    "reconstructed truth": reconstruct_truth,
    **{name: _local(edit) for name, edit in local_edits.BASELINES.items()},
    "the true picture": give_truth,
}
"""Ways to swap a part, by name."""

"""Parts of an edit that lie where they should appear, for methods that copy pixels or features."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np
from jaxtyping import Float32

from stylemapgan.editing import operations
from stylemapgan.editing.checks import refuse_unequal_batches, refuse_unfit_mask
from stylemapgan.editing.edit import Edit
from stylemapgan.images.levels import to_numpy
from stylemapgan.methods.abstract import AbstractMethod, Latent, Rows, refuse_other_references
from stylemapgan.methods.photo_sizes import small_edit

Pictures = Float32[np.ndarray, "edits 3 size size"]
Masks = Float32[np.ndarray, "edits 1 size size"]


@dataclass(frozen=True, eq=False)
class PlacedPart:
    """A part of each edit of a batch."""

    reference: Latent
    """A row for each edit."""
    mask: Masks
    """Where the part lands, times its strength."""
    shift: tuple[int, int]
    """How far references move down and to the right, in pixels."""

    def __getitem__(self, rows: Rows) -> "PlacedPart":
        return PlacedPart(self.reference[rows], self.mask[rows], self.shift)


def placed_parts(
    source: Latent, edit: Edit, size: int, method: AbstractMethod
) -> tuple[Latent, list[PlacedPart]]:
    """Repeat sources, references and masks until there is one for each edit, and move masks.

    Args:
        source: Latents of the pictures to edit.
        edit: What to do; its pushes are not looked at.
        size: Height and width of the model's pictures, in pixels.
        method: For messages.

    Raises:
        EditError: References or masks do not fit.
    """
    for part in edit.parts:
        refuse_other_references(part, method)
    parts = small_edit(edit, size).parts
    masks = [to_numpy(part.mask) for part in parts]
    for mask in masks:
        refuse_unfit_mask(mask, size)
    batches = [source, *(part.reference for part in parts), *masks]
    refuse_unequal_batches(*batches)
    count = max(map(len, batches))
    placed = [
        PlacedPart(
            _repeated(part.reference, count),
            np.float32(part.strength)
            * np.broadcast_to(operations.move(mask, part.shift), (count, 1, size, size)),
            part.shift,
        )
        for part, mask in zip(parts, masks, strict=True)
    ]
    return _repeated(source, count), placed


def composite(
    pictures: Pictures, parts: Sequence[PlacedPart], pictures_of: Callable[[Latent], Pictures]
) -> Pictures:
    """Paste one part's pixels after another.

    Args:
        pictures: Pictures to paste into.
        parts: What to paste.
        pictures_of: Gives the pictures of references.
    """
    for part in parts:
        reference = operations.move(pictures_of(part.reference), part.shift)
        pictures = (1 - part.mask) * pictures + part.mask * reference
    return pictures


def union(parts: Sequence[PlacedPart]) -> Masks:
    """Mask all that parts change."""
    return reduce(np.maximum, [part.mask for part in parts])


def _repeated(latent: Latent, count: int) -> Latent:
    return latent if len(latent) == count else latent[np.zeros(count, np.int64)]

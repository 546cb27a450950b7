"""Names for the arrays that cross module borders.

They apply to NumPy arrays and PyTorch tensors alike, because editing code runs on both. Modules
that need PyTorch annotate with `Tensor` instead.
"""

from dataclasses import dataclass
from typing import Any, TypeAlias

from jaxtyping import Float

Array: TypeAlias = Any
"""A NumPy array or a PyTorch tensor."""
Images: TypeAlias = Float[Any, "batch 3 height width"]
"""RGB in [-1, 1]; height and width in pixels."""
Mask: TypeAlias = Float[Any, "masks 1 height width"]
"""0 keeps the source, 1 takes the reference; one for all images or one for each."""
Stylemap: TypeAlias = Float[Any, "batch style rows columns"]
"""The spatial latent; rows and columns in cells."""
Features: TypeAlias = Float[Any, "batch channels rows columns"]
"""Features of a network at each position."""


@dataclass(frozen=True)
class Share:
    """The images of a batch that one of several processes computes: every `count`-th from `index`.

    Shares interleave because groups of the minibatch standard deviation do: if a share holds a
    multiple of a group, its groups are those of the whole batch.
    """

    index: int = 0
    count: int = 1

    @property
    def rows(self) -> slice:
        """Slice the share's rows out of an array with one row per image."""
        return slice(self.index, None, self.count)

    def split(self, parts: int) -> "list[Share]":
        """Divide this share again, interleaved as well."""
        return [Share(self.index + part * self.count, self.count * parts) for part in range(parts)]


WHOLE = Share()
"""All images of a batch."""

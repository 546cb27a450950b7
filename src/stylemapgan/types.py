"""Names for the arrays that cross module borders.

They hold for NumPy arrays and PyTorch tensors alike: editing code runs on both. Modules that
need PyTorch annotate with `Tensor` instead.
"""

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

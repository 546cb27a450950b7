"""Adaptive augmentation: noise and holes.

Source: Karras et al., "Training Generative Adversarial Networks with Limited Data", NeurIPS
2020, appendix B.
"""

from jaxtyping import Float
from torch import Tensor

from stylemapgan.augment.chances import Chances
from stylemapgan.augment.diffaugment import cut_squares

NOISE = 0.1
"""Deviation of the noise's own deviation."""
CUTOUT = 1 / 2
"""Side of the hole, as a share of the image's side."""


def corrupt(
    images: Float[Tensor, "batch 3 height width"], chances: Chances
) -> Float[Tensor, "batch 3 height width"]:
    """Add noise, the same amount all over an image, then set a square of half the side to 0."""
    strength = chances.normal(NOISE, 1, 1, 1).abs().to(images)
    noise = chances.randomness.normal(*images.shape, device=images.device)
    images = images + strength * noise
    centres = chances.randomness.uniform(len(images), 2)
    sides = CUTOUT * chances.taken().float()
    return cut_squares(images, centres.to(images), sides.to(images))

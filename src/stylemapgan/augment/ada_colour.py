"""Adaptive augmentation: colours, noise and holes.

All colour changes of an image are multiplied into one 3x3 matrix. Hues rotate about the grey axis
from black to white, and lightness is mirrored along it.

Source: Karras et al., "Training Generative Adversarial Networks with Limited Data", NeurIPS
2020, appendix B.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from stylemapgan.augment.diffaugment import cut_squares
from stylemapgan.augment.randomness import Chances

BRIGHTNESS = 0.2
"""Standard deviation of the offset of all channels."""
CONTRAST = 0.5
"""Standard deviation in octaves."""
SATURATION = 1.0
"""Standard deviation in octaves."""


def change_colours(
    images: Float[Tensor, "batch 3 height width"], chances: Chances
) -> Float[Tensor, "batch 3 height width"]:
    """Change brightness, contrast, the direction of lightness, hue and saturation."""
    brightness = chances.normal(BRIGHTNESS, 1, 1, 1).to(images)
    matrix = contrast(chances.lognormal(CONTRAST))
    matrix = luma_flip(chances.choice(2)) @ matrix
    matrix = hue_rotation(chances.angle()) @ matrix
    matrix = saturation(chances.lognormal(SATURATION)) @ matrix
    return recolour(images + brightness, matrix)


def recolour(
    images: Float[Tensor, "batch 3 height width"], matrix: Float[Tensor, "batch 3 3"]
) -> Float[Tensor, "batch 3 height width"]:
    """Multiply each image's colours by its matrix."""
    return (matrix.to(images) @ images.flatten(2)).view_as(images)


def contrast(factor: Float[Tensor, " batch"]) -> Float[Tensor, "batch 3 3"]:
    """Scale all channels."""
    return factor.view(-1, 1, 1) * torch.eye(3)


def luma_flip(flip: Float[Tensor, " batch"]) -> Float[Tensor, "batch 3 3"]:
    """Where `flip` is 1, exchange light and dark, and keep hue and saturation."""
    return torch.eye(3) - 2 * flip.view(-1, 1, 1) * _to_grey()


def hue_rotation(angle: Float[Tensor, " batch"]) -> Float[Tensor, "batch 3 3"]:
    """Rotate colours about the grey axis, in radians; a third of a circle turns red into green."""
    cosine, sine = angle.cos().view(-1, 1, 1), angle.sin().view(-1, 1, 1)
    grey = _to_grey()
    across = torch.tensor([[0.0, -1.0, 1.0], [1.0, 0.0, -1.0], [-1.0, 1.0, 0.0]]) / 3**0.5
    return grey + cosine * (torch.eye(3) - grey) + sine * across  # the axis's cross product


def saturation(factor: Float[Tensor, " batch"]) -> Float[Tensor, "batch 3 3"]:
    """Scale the distance from the grey axis."""
    grey = _to_grey()
    return grey + factor.view(-1, 1, 1) * (torch.eye(3) - grey)


def _to_grey() -> Float[Tensor, "3 3"]:
    """Project colours onto the grey axis: every channel becomes the mean."""
    return torch.full((3, 3), 1 / 3)


NOISE = 0.1
"""Standard deviation of the noise's own standard deviation."""
CUTOUT = 1 / 2
"""Side of the hole, as a share of the image's side."""


def corrupt(
    images: Float[Tensor, "batch 3 height width"], chances: Chances
) -> Float[Tensor, "batch 3 height width"]:
    """Add noise of one strength for each image, then set a square of half the side to 0."""
    strength = chances.normal(NOISE, 1, 1, 1).abs().to(images)
    noise = chances.randomness.normal(*images.shape, device=images.device)
    images = images + strength * noise
    centres = chances.randomness.uniform(len(images), 2)
    sides = CUTOUT * chances.taken().float()
    return cut_squares(images, centres.to(images), sides.to(images))

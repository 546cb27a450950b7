"""Differentiable augmentation of the discriminator's inputs.

On small data sets a discriminator memorises the photos. Random changes of colour and position, and
random holes, in real and fake images alike prevent that; as the changes are differentiable,
gradients still reach the generator.

Source: Zhao et al., "Differentiable Augmentation for Data-Efficient GAN Training", NeurIPS 2020.
"""

from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from stylemapgan.augment.randomness import BatchRandomness

TRANSLATION = 1 / 8
"""Largest shift, as a share of the image's side."""
CUTOUT = 1 / 2
"""Side of the hole, as a share of the image's side."""

Transform = Callable[[Tensor, BatchRandomness], Tensor]


def diff_augment(
    images: Float[Tensor, "batch 3 height width"],
    names: Sequence[str],
    randomness: BatchRandomness,
) -> Float[Tensor, "batch 3 height width"]:
    """Apply the named transformations, each image with its own random draw.

    Args:
        images: RGB in [-1, 1].
        names: Any of `colour`, `translation` and `cutout`, applied in this order.
        randomness: Equal states give equal results on every device.
    """
    images = images.float()
    for name in names:
        images = TRANSFORMS[name](images, randomness)
    return images


def change_colour(
    images: Float[Tensor, "batch 3 height width"], randomness: BatchRandomness
) -> Float[Tensor, "batch 3 height width"]:
    """Change brightness by up to a half, saturation by 0 to 2 and contrast by 1/2 to 3/2 times."""
    brightness, saturation, contrast = _uniform(images, 3, randomness)
    images = images + (brightness - 0.5)
    grey = images.mean(dim=1, keepdim=True)
    images = grey + (images - grey) * (2 * saturation)
    mean = images.mean(dim=(1, 2, 3), keepdim=True)
    return mean + (images - mean) * (contrast + 0.5)


def translate(
    images: Float[Tensor, "batch channels height width"], randomness: BatchRandomness
) -> Float[Tensor, "batch channels height width"]:
    """Shift by up to an eighth of each side; uncovered pixels become 0."""
    height, width = images.shape[-2:]
    reach_y, reach_x = round(height * TRANSLATION), round(width * TRANSLATION)
    shift_y, shift_x = _uniform(images, 2, randomness)
    shift_y = (shift_y * (2 * reach_y + 1)).floor().long()  # (batch, 1, 1, 1) in 0…2·reach
    shift_x = (shift_x * (2 * reach_x + 1)).floor().long()
    padded = F.pad(images, (reach_x, reach_x, reach_y, reach_y))
    rows = shift_y + torch.arange(height, device=images.device).view(1, 1, height, 1)
    columns = shift_x + torch.arange(width, device=images.device).view(1, 1, 1, width)
    batch = torch.arange(len(images), device=images.device).view(-1, 1, 1, 1)
    channels = torch.arange(images.shape[1], device=images.device).view(1, -1, 1, 1)
    return padded[batch, channels, rows, columns]


def cut_out(
    images: Float[Tensor, "batch channels height width"], randomness: BatchRandomness
) -> Float[Tensor, "batch channels height width"]:
    """Set a square of half the side to 0; it may extend beyond the border."""
    centres = randomness.uniform(len(images), 2, device=images.device)
    return cut_squares(images, centres, torch.full_like(centres[:, 0], CUTOUT))


def cut_squares(
    images: Float[Tensor, "batch channels height width"],
    centres: Float[Tensor, "batch 2"],
    sides: Float[Tensor, " batch"],
) -> Float[Tensor, "batch channels height width"]:
    """Set a square to 0; centres (y and x) and sides are shares of the image's sides."""
    height, width = images.shape[-2:]
    centre_y, centre_x = centres.view(-1, 2, 1, 1, 1).unbind(1)
    half = sides.view(-1, 1, 1, 1) / 2
    rows = torch.arange(height, device=images.device).view(1, 1, height, 1)
    columns = torch.arange(width, device=images.device).view(1, 1, 1, width)
    inside_y = ((rows + 0.5) / height - centre_y).abs() < half
    inside_x = ((columns + 0.5) / width - centre_x).abs() < half
    return images.masked_fill(inside_y & inside_x, 0.0)


TRANSFORMS: dict[str, Transform] = {
    "colour": change_colour,
    "translation": translate,
    "cutout": cut_out,
}


def _uniform(images: Tensor, count: int, randomness: BatchRandomness) -> Tensor:
    """Draw `count` numbers in [0, 1) for every image: (count, batch, 1, 1, 1)."""
    drawn = randomness.uniform(len(images), count, device=images.device)
    return drawn.T[..., None, None, None]

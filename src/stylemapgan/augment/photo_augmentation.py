"""Random changes of photos before training sees them, so that few photos show more variety.

Unlike augmentation of the discriminator's inputs, this is not undone by anything: the networks
learn the changed photos. An autoencoder profits, because it may see any picture.
"""

import math

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from stylemapgan.augment.randomness import BatchRandomness
from stylemapgan.config import PhotoAugmentationConfig

KNOTS = 5
"""Displacements along a side of an elastic change; in between they are interpolated smoothly."""


def augment_photos(
    photos: Float[Tensor, "batch 3 size size"],
    config: PhotoAugmentationConfig,
    randomness: BatchRandomness,
) -> Float[Tensor, "batch 3 size size"]:
    """Rotate, scale, shift, warp and tint each photo by its own random amounts.

    What lies outside a photo is its mirror image.

    Args:
        photos: RGB in [-1, 1], on the CPU.
        config: The largest amounts.
        randomness: Equal states give equal results.
    """
    grid = _affine_grid(photos, config, randomness) + _displacement(photos, config, randomness)
    warped = F.grid_sample(
        photos, grid, mode="bicubic", padding_mode="reflection", align_corners=False
    )
    return _tint(warped, config, randomness).clamp(-1, 1)


def _affine_grid(
    photos: Tensor, config: PhotoAugmentationConfig, randomness: BatchRandomness
) -> Float[Tensor, "batch size size 2"]:
    """Where each position of the changed photo lies in the photo, from -1 to 1 along a side."""
    angle, zoom, right, down = (2 * randomness.uniform(len(photos), 4) - 1).unbind(1)
    angle = angle * math.radians(config.rotation)
    scale = torch.exp(zoom * math.log1p(config.scale))
    cos, sin = torch.cos(angle) / scale, torch.sin(angle) / scale
    reach = 2 * config.shift  # a side is 2 long
    rows = torch.stack([cos, -sin, reach * right, sin, cos, reach * down], dim=1)
    return F.affine_grid(rows.view(-1, 2, 3), list(photos.shape), align_corners=False)


def _displacement(
    photos: Tensor, config: PhotoAugmentationConfig, randomness: BatchRandomness
) -> Float[Tensor, "batch size size 2"]:
    knots = randomness.normal(len(photos), 2, KNOTS, KNOTS)
    smooth = F.interpolate(knots, size=photos.shape[2:], mode="bicubic", align_corners=True)
    return 2 * config.elastic * smooth.permute(0, 2, 3, 1)


def _tint(
    photos: Tensor, config: PhotoAugmentationConfig, randomness: BatchRandomness
) -> Float[Tensor, "batch 3 size size"]:
    drawn = config.colour * randomness.normal(len(photos), 5, 1, 1)
    contrast, brightness, tint = drawn[:, :1], drawn[:, 1:2], drawn[:, 2:]
    return photos * contrast.exp() + brightness + tint / 2

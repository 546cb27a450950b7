"""Adaptive discriminator augmentation.

Each of 18 transformations happens to an image with probability p. While p is well below 1, the
images' own distribution can be inferred from that of the changed ones, so the generator learns the
former and does not learn to draw the changes.

Source: Karras et al., "Training Generative Adversarial Networks with Limited Data", NeurIPS
2020, section 3 and appendix B.
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext

import torch
from jaxtyping import Float
from torch import Tensor

from stylemapgan.augment.ada_colour import change_colours
from stylemapgan.augment.ada_corruption import corrupt
from stylemapgan.augment.ada_filter import filter_bands
from stylemapgan.augment.ada_geometry import (
    draw_general_motion,
    draw_pixel_motion,
    move_pixels,
    warp,
)
from stylemapgan.augment.chances import Chances
from stylemapgan.augment.randomness import BatchRandomness

GROUPS = ("blit", "geometry", "colour", "filter", "corruption")
"""Groups of transformations, in the order in which they happen; the paper uses the first three."""


def ada(
    images: Float[Tensor, "batch 3 size size"],
    groups: Sequence[str],
    p: float,
    randomness: BatchRandomness,
) -> Float[Tensor, "batch 3 size size"]:
    """Apply the groups' transformations, each to each image with probability p.

    Args:
        images: RGB in [-1, 1].
        groups: Among `GROUPS`; their order does not matter.
        p: From 0 to 1. With 0 the images are returned as they are, and nothing is drawn; any
            other p draws equally much.
        randomness: Equal states give equal changes on every device.
    """
    images = images.float()
    if p == 0:
        return images
    chances = Chances(randomness, len(images), p)
    with _full_precision(images.device.type):
        images = _move(images, groups, chances)
        if "colour" in groups:
            images = change_colours(images, chances)
        if "filter" in groups:
            images = filter_bands(images, chances)
        if "corruption" in groups:
            images = corrupt(images, chances)
    return images


def _full_precision(device: str) -> AbstractContextManager[object]:
    """Leave autocast, on devices that have it."""
    if torch.amp.is_autocast_available(device):
        return torch.autocast(device, enabled=False)
    return nullcontext()


def _move(images: Tensor, groups: Sequence[str], chances: Chances) -> Tensor:
    """Move pixels; with both groups in one go, without resampling where `blit` is alone."""
    size = images.shape[-1]
    if "geometry" not in groups:
        return move_pixels(images, draw_pixel_motion(chances, size)) if "blit" in groups else images
    motion = draw_pixel_motion(chances, size) if "blit" in groups else torch.eye(3)
    return warp(images, draw_general_motion(chances, size) @ motion)

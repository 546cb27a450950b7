"""Adaptive discriminator augmentation.

Each of 18 transformations is applied to an image with probability p. While p is well below 1, the
distribution of the images can be inferred from that of the augmented ones, so the generator learns
the former and does not reproduce the transformations.

A discriminator that has memorised the training images takes nearly all of them for real. The mean
sign of its logits for real images, r_t, shows this early: p rises while r_t is above its target and
falls while it is below.

Source: Karras et al., "Training Generative Adversarial Networks with Limited Data", NeurIPS
2020, sections 3 and 3.1, appendix B.
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from stylemapgan.augment.ada_colour import change_colours, corrupt
from stylemapgan.augment.ada_filter import filter_bands
from stylemapgan.augment.ada_geometry import (
    draw_general_motion,
    draw_pixel_motion,
    move_pixels,
    warp,
)
from stylemapgan.augment.randomness import BatchRandomness, Chances

GROUPS = ("blit", "geometry", "colour", "filter", "corruption")
"""Groups of transformations, in the order of application; the paper uses the first three."""


def ada(
    images: Float[Tensor, "batch 3 size size"],
    groups: Sequence[str],
    p: float,
    randomness: BatchRandomness,
) -> Float[Tensor, "batch 3 size size"]:
    """Apply the groups' transformations, each to each image with probability p.

    Args:
        images: RGB in [-1, 1].
        groups: Names from `GROUPS`, in any order.
        p: Probability from 0 to 1. With 0 the images are returned unchanged, and no random numbers
            are drawn; any other p draws the same amount.
        randomness: Equal states give equal results on every device.
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
    """Disable autocast on devices that have it."""
    if torch.amp.is_autocast_available(device):
        return torch.autocast(device, enabled=False)
    return nullcontext()


def _move(images: Tensor, groups: Sequence[str], chances: Chances) -> Tensor:
    """Apply both groups of motions at once; `blit` alone needs no resampling."""
    size = images.shape[-1]
    if "geometry" not in groups:
        return move_pixels(images, draw_pixel_motion(chances, size)) if "blit" in groups else images
    motion = draw_pixel_motion(chances, size) if "blit" in groups else torch.eye(3)
    return warp(images, draw_general_motion(chances, size) @ motion)


ADJUST_EVERY = 4
"""Updates of the discriminator between two adjustments of p."""


def next_probability(
    p: float,
    signs_mean: float,
    images: int,
    target: float = 0.6,
    images_to_full: int = 500_000,
) -> float:
    """Move p one step towards less overfitting.

    Args:
        p: Current probability, from 0 to 1.
        signs_mean: Mean sign of the logits for real images, from -1 to 1.
        images: Images seen since the last step.
        target: Mean sign to aim at; lower means more augmentation.
        images_to_full: Images in which p can go from 0 to 1.
    """
    if signs_mean == target:
        return p
    step = images / images_to_full
    return min(max(p + step if signs_mean > target else p - step, 0.0), 1.0)


@dataclass
class AdaptiveProbability:
    """p, and the signs of the logits for real images since p was last adjusted."""

    p: float = 0.0
    sum_of_signs: Tensor | float = 0.0
    """Stays on its device, so that observing does not wait for the device."""
    count: int = 0
    """Images in that sum."""

    def observe(self, signs_mean: Tensor | float, images: int) -> None:
        """Add the logits of one update.

        Args:
            signs_mean: Mean sign of the logits for real images, from -1 to 1.
            images: Number of these images.
        """
        self.sum_of_signs = self.sum_of_signs + signs_mean * images
        self.count += images

    def adjust(self, target: float = 0.6, images_to_full: int = 500_000) -> float:
        """Adjust p, reset the observations, and return their mean sign.

        Call it every `ADJUST_EVERY` updates, after at least one observation.
        """
        signs_mean = float(self.sum_of_signs) / self.count
        self.p = next_probability(self.p, signs_mean, self.count, target, images_to_full)
        self.sum_of_signs, self.count = 0.0, 0
        return signs_mean

    def state_dict(self) -> dict[str, Any]:
        """Collect plain numbers for the state that a run resumes from."""
        return {"p": self.p, "sum_of_signs": float(self.sum_of_signs), "count": self.count}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore saved numbers."""
        self.p, self.count = state["p"], state["count"]
        self.sum_of_signs = state["sum_of_signs"]

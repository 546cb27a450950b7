"""Adaptive discriminator augmentation: how often.

A discriminator that knows the training images by heart calls nearly all of them real. The mean sign
of its logits for real images, r_t, says so early: p rises while r_t is above its target and falls
while it is below.

Source: Karras et al., "Training Generative Adversarial Networks with Limited Data", NeurIPS
2020, section 3.1.
"""

from dataclasses import dataclass
from typing import Any

from torch import Tensor

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
        p: Probability so far, from 0 to 1.
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
    """p, and what the discriminator said of real images since p last moved."""

    p: float = 0.0
    sum_of_signs: Tensor | float = 0.0
    """Stays on its device, so that observing waits for nothing."""
    count: int = 0
    """Images in that sum."""

    def observe(self, signs_mean: Tensor | float, images: int) -> None:
        """Take note of what the discriminator said.

        Args:
            signs_mean: Mean sign of the logits for real images, from -1 to 1.
            images: How many these were.
        """
        self.sum_of_signs = self.sum_of_signs + signs_mean * images
        self.count += images

    def adjust(self, target: float = 0.6, images_to_full: int = 500_000) -> float:
        """Move p, forget what was observed, and return its mean sign.

        Call it every `ADJUST_EVERY` updates, after at least one was observed.
        """
        signs_mean = float(self.sum_of_signs) / self.count
        self.p = next_probability(self.p, signs_mean, self.count, target, images_to_full)
        self.sum_of_signs, self.count = 0.0, 0
        return signs_mean

    def state_dict(self) -> dict[str, Any]:
        """Plain numbers, for the state that a run resumes from."""
        return {"p": self.p, "sum_of_signs": float(self.sum_of_signs), "count": self.count}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from saved numbers."""
        self.p, self.count = state["p"], state["count"]
        self.sum_of_signs = state["sum_of_signs"]

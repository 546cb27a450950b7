"""Adapt the augmentation of what a discriminator sees to its overfitting, for any method."""

import torch

from stylemapgan.augment import ADJUST_EVERY
from stylemapgan.training.context import StepContext
from stylemapgan.training.descent import Losses
from stylemapgan.training.processes import average
from stylemapgan.training.state import AbstractTrainState

SIGN = "d/sign_real"
"""Among the losses of an iteration: the mean sign of the discriminator's logits on photos."""


def adapt_augmentation(context: StepContext, state: AbstractTrainState, losses: Losses) -> Losses:
    """Observe `d/sign_real` and adjust the probability; `finish` of a recipe.

    Source: Karras et al., NeurIPS 2020, section 3.1.
    """
    config = context.config
    if not config.ada.target or SIGN not in losses:
        return {}
    state.ada.observe(average(context.fabric, losses[SIGN]), config.batch)
    if (state.updates + 1) % ADJUST_EVERY == 0:
        state.ada.adjust(config.ada.target, config.ada.images_to_full)
    return {"augmentation/p": torch.tensor(state.ada.p, device=losses[SIGN].device)}

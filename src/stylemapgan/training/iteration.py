"""Which updates an iteration consists of, in which order."""

from contextlib import AbstractContextManager

import torch
from torch import Tensor

from stylemapgan.augment import ADJUST_EVERY
from stylemapgan.training import schedule, steps
from stylemapgan.training.descent import Losses
from stylemapgan.training.memory_limits import out_of_memory_explained
from stylemapgan.training.processes import average
from stylemapgan.training.state import TrainState


def one_iteration(context: steps.StepContext, state: TrainState, batch: steps.Batch) -> Losses:
    """Run all updates that are due; counts and averaged weights stay as they are."""
    if schedule.is_adversarial(context.config, state.images_seen):
        return _adversarial_updates(context, state, batch)
    return _warm_up_updates(context, state, batch)


def _warm_up_updates(context: steps.StepContext, state: TrainState, batch: steps.Batch) -> Losses:
    losses: Losses = {}
    reconstructed = None
    if schedule.has_head_start(context.config, state.images_seen):
        with _explained("the discriminator's update", context, batch):
            reconstructed = _shared_reconstruction(context, state, batch)
            losses = steps.head_start_step(context, state, batch, reconstructed)
        losses |= _penalty_if_due(context, state, batch)
        losses |= _adapt_augmentation(context, state, losses["d/sign_real"])
    with _explained("the update of encoder and generator", context, batch):
        return losses | steps.warm_up_step(context, state, batch, reconstructed)


def _adversarial_updates(
    context: steps.StepContext, state: TrainState, batch: steps.Batch
) -> Losses:
    with _explained("the generator's update", context, batch):
        losses = steps.generator_step(context, state, batch)
    with _explained("the discriminator's update", context, batch):
        reconstructed = _shared_reconstruction(context, state, batch)
        losses |= steps.discriminator_step(context, state, batch, reconstructed)
        losses |= steps.feature_discriminator_step(context, state, batch, reconstructed)
    losses |= _penalty_if_due(context, state, batch)
    with _explained("the reconstruction's update", context, batch):
        losses |= steps.reconstruction_step(context, state, batch, reconstructed)
    return losses | _adapt_augmentation(context, state, losses["d/sign_real"])


def _shared_reconstruction(
    context: steps.StepContext, state: TrainState, batch: steps.Batch
) -> Tensor | None:
    """Reconstruct once for D's update and the one after it: E and G do not change in between."""
    if context.config.speed.share_forward_passes and len(batch) == 1:
        return steps.reconstruct(context, state, batch[0])
    return None


def _penalty_if_due(context: steps.StepContext, state: TrainState, batch: steps.Batch) -> Losses:
    if state.updates % context.config.r1_interval:
        return {}
    with _explained("the gradient penalty", context, batch):
        return steps.penalty_step(context, state, batch)


def _adapt_augmentation(context: steps.StepContext, state: TrainState, sign_real: Tensor) -> Losses:
    config = context.config
    if not config.ada.target:
        return {}
    state.ada.observe(average(context.fabric, sign_real), config.batch)
    if (state.updates + 1) % ADJUST_EVERY == 0:
        state.ada.adjust(config.ada.target, config.ada.images_to_full)
    return {"augmentation/p": torch.tensor(state.ada.p, device=sign_real.device)}


def _explained(
    phase: str, context: steps.StepContext, batch: steps.Batch
) -> AbstractContextManager[None]:
    return out_of_memory_explained(phase, context.config, len(batch[0].real))

"""The updates of the discriminator."""

from functools import partial

import torch
from torch import Tensor

from stylemapgan import losses
from stylemapgan.methods.stylemapgan.state import StyleMapGANState
from stylemapgan.methods.stylemapgan.steps.images import draw_z, feature_logits, reconstruct
from stylemapgan.training.context import Batch, StepContext
from stylemapgan.training.descent import Losses, Pass
from stylemapgan.training.microbatches import Microbatch, Phase


def discriminator_step(
    context: StepContext, state: StyleMapGANState, batch: Batch, reconstructed: Tensor | None = None
) -> Losses:
    """Update D to separate real images from generated and reconstructed ones.

    Args:
        context: Configuration.
        state: Networks.
        batch: Photos.
        reconstructed: The result of `reconstruct` for the only microbatch, if it was computed
            before.
    """
    return context.update(
        map(partial(_discriminator_pass, context, state, reconstructed), batch),
        batch,
        state.discriminator_optimizer,
    )


def _discriminator_pass(
    context: StepContext,
    state: StyleMapGANState,
    reconstructed: Tensor | None,
    microbatch: Microbatch,
) -> Pass:
    weights = context.config.weights
    randomness = microbatch.randomness(Phase.DISCRIMINATOR)
    with context.fabric.autocast():
        with torch.no_grad():
            generated = state.generator(draw_z(state, microbatch, randomness))
            if reconstructed is None:
                reconstructed = reconstruct(context, state, microbatch)
        on_real = context.discriminate(state, microbatch.real, randomness)
        on_generated = context.discriminate(state, generated, randomness)
        on_reconstructed = context.discriminate(state, reconstructed.detach(), randomness)
    if context.config.stability.adversarial_loss == "logistic":
        real = losses.logistic_real(on_real)
        terms = {"d/real": real, "d/generated": losses.logistic_fake(on_generated)}
        terms["d/reconstructed"] = losses.logistic_fake(on_reconstructed)
        separation = real + terms["d/generated"]
    else:
        separation = losses.relativistic(on_real, on_generated)
        terms = {"d/generated": separation}
        terms["d/reconstructed"] = losses.relativistic(on_real, on_reconstructed)
    loss = weights.discriminator * separation
    loss = loss + weights.discriminator_domain_guided * terms["d/reconstructed"]
    terms["d/sign_real"] = on_real.sign().float().mean()
    return loss, {name: term.detach() for name, term in terms.items()}


def feature_discriminator_step(
    context: StepContext, state: StyleMapGANState, batch: Batch, reconstructed: Tensor | None = None
) -> Losses:
    """Update the discriminator of features; empty without one.

    Args:
        context: Configuration.
        state: Networks.
        batch: Photos.
        reconstructed: As for `discriminator_step`.
    """
    if state.feature_optimizer is None:
        return {}

    def feature_pass(microbatch: Microbatch) -> Pass:
        randomness = microbatch.randomness(Phase.FEATURES)
        images = reconstructed
        with context.fabric.autocast():
            with torch.no_grad():
                generated = state.generator(draw_z(state, microbatch, randomness))
                if images is None:
                    images = reconstruct(context, state, microbatch)
            pictures = (microbatch.real, generated, images.detach())
            logits = [feature_logits(context, state, each, randomness) for each in pictures]
        terms = {
            "f/real": losses.hinge_real(logits[0]),
            "f/generated": losses.hinge_fake(logits[1]),
            "f/reconstructed": losses.hinge_fake(logits[2]),
        }
        loss = torch.stack(list(terms.values())).sum()
        return loss, {name: term.detach() for name, term in terms.items()}

    return context.update(map(feature_pass, batch), batch, state.feature_optimizer)


def head_start_step(
    context: StepContext, state: StyleMapGANState, batch: Batch, reconstructed: Tensor | None = None
) -> Losses:
    """Update D to separate photos from reconstructions, while F draws nothing yet.

    Args:
        context: Configuration.
        state: Networks.
        batch: Photos.
        reconstructed: As for `discriminator_step`.
    """

    def head_start_pass(microbatch: Microbatch) -> Pass:
        randomness = microbatch.randomness(Phase.DISCRIMINATOR)
        images = reconstructed
        with context.fabric.autocast():
            if images is None:
                with torch.no_grad():
                    images = reconstruct(context, state, microbatch)
            on_real = context.discriminate(state, microbatch.real, randomness)
            on_fake = context.discriminate(state, images.detach(), randomness)
        if context.config.stability.adversarial_loss == "relativistic":
            loss = losses.relativistic(on_real, on_fake)
            terms = {"d/reconstructed": loss}
        else:
            terms = {"d/real": losses.logistic_real(on_real)}
            terms["d/reconstructed"] = losses.logistic_fake(on_fake)
            loss = terms["d/real"] + terms["d/reconstructed"]
        terms["d/sign_real"] = on_real.sign().float().mean()
        return loss, {name: term.detach() for name, term in terms.items()}

    return context.update(map(head_start_pass, batch), batch, state.discriminator_optimizer)


def penalty_step(context: StepContext, state: StyleMapGANState, batch: Batch) -> Losses:
    """Penalise D's gradient at real images (R1) and, if configured, at generated ones (R2).

    The penalty is computed only every `r1_interval` updates, and weighted up by as much.
    """
    return context.update(
        map(partial(_penalty_pass, context, state), batch), batch, state.discriminator_optimizer
    )


def _penalty_pass(context: StepContext, state: StyleMapGANState, microbatch: Microbatch) -> Pass:
    config = context.config
    randomness = microbatch.randomness(Phase.PENALTY)
    penalty = context.gradient_penalty(state, microbatch.real, randomness)
    loss = config.r1_weight(state.image_size) / 2 * config.r1_interval * penalty
    terms = {"d/r1": penalty.detach()}
    if config.stability.r2_gamma:
        with context.fabric.autocast(), torch.no_grad():
            generated = state.generator(draw_z(state, microbatch, randomness))
        penalty = context.gradient_penalty(state, generated.float(), randomness)
        loss = loss + config.stability.r2_gamma / 2 * config.r1_interval * penalty
        terms["d/r2"] = penalty.detach()
    return loss, terms

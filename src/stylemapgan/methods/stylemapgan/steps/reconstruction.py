"""The updates of encoder and generator that reconstruct photos."""

from jaxtyping import Float
from torch import Tensor

from stylemapgan import losses
from stylemapgan.methods.stylemapgan.balance import balanced
from stylemapgan.methods.stylemapgan.state import StyleMapGANState
from stylemapgan.methods.stylemapgan.steps.images import feature_logits, reconstruct
from stylemapgan.training.context import Batch, StepContext
from stylemapgan.training.descent import Losses, Pass
from stylemapgan.training.microbatches import Microbatch, Phase

DIFFERENCES = {
    "gradient": losses.gradient_difference,
    "laplacian": losses.laplacian_difference,
}
"""Losses of reconstructions that only count where they have a weight, by its name."""


def warm_up_step(
    context: StepContext, state: StyleMapGANState, batch: Batch, reconstructed: Tensor | None = None
) -> Losses:
    """Update E and G to reconstruct photos, by pixels and features, without the discriminator.

    Args:
        context: Configuration.
        state: Networks.
        batch: Photos.
        reconstructed: As for `reconstruction_step`.
    """

    def warm_up_pass(microbatch: Microbatch) -> Pass:
        images = reconstructed
        if images is None:
            images = reconstruct(context, state, microbatch)
        return _reconstruction_loss(context, state, microbatch.real, images)

    return context.update(
        map(warm_up_pass, batch), batch, state.encoder_optimizer, state.generator_optimizer
    )


def reconstruction_step(
    context: StepContext, state: StyleMapGANState, batch: Batch, reconstructed: Tensor | None = None
) -> Losses:
    """Update E and G to reconstruct photos so that D takes the results for real.

    Args:
        context: Configuration.
        state: Networks.
        batch: Photos.
        reconstructed: The result of `reconstruct` for the only microbatch, with its graph, if it
            was computed before. E and G must not have been updated since.
    """
    most = context.config.stability.most_adversarial

    def reconstruction_pass(microbatch: Microbatch) -> Pass:
        images = reconstructed
        if images is None:
            images = reconstruct(context, state, microbatch)
        guided, guided_terms = _guided_loss(context, state, microbatch, images)
        loss, terms = _reconstruction_loss(context, state, microbatch.real, images)
        terms |= guided_terms
        if not most:
            return loss + guided, terms
        weights = context.config.weights
        share = weights.domain_guided + weights.feature_guided
        layer = state.generator.synthesis.to_rgb.convolution.weight
        loss, terms["e/balance"] = balanced((loss, guided / share), images, layer, share, most)
        return loss, terms

    return context.update(
        map(reconstruction_pass, batch), batch, state.encoder_optimizer, state.generator_optimizer
    )


def _guided_loss(
    context: StepContext,
    state: StyleMapGANState,
    microbatch: Microbatch,
    reconstructed: Float[Tensor, "batch 3 height width"],
) -> Pass:
    """Compute the weighted losses that want reconstructions to pass for real, and their terms."""
    weights = context.config.weights
    randomness = microbatch.randomness(Phase.RECONSTRUCTION)
    with context.fabric.autocast():
        guided = context.adversarial_loss(state, reconstructed, microbatch.real, randomness)
        loss, terms = weights.domain_guided * guided, {"e/domain_guided": guided.detach()}
        if weights.feature_guided:
            logits = feature_logits(context, state, reconstructed, randomness)
            by_features = losses.raised(logits)
            loss = loss + weights.feature_guided * by_features
            terms["e/features"] = by_features.detach()
    return loss, terms


def _reconstruction_loss(
    context: StepContext,
    state: StyleMapGANState,
    real: Float[Tensor, "batch 3 height width"],
    reconstructed: Float[Tensor, "batch 3 height width"],
) -> Pass:
    """Compute the weighted losses of reconstructions by pixels and features, and their terms."""
    config = context.config
    squared = losses.mean_squared_error(reconstructed, real)
    loss = config.weights.reconstruction * squared
    terms = {"e/reconstruction": squared.detach()}
    for name, difference in DIFFERENCES.items():
        weight = getattr(config.weights, name)
        if weight:
            term = difference(reconstructed, real)
            loss = loss + weight * term
            terms[f"e/{name}"] = term.detach()
    if context.distance is not None and state.images_seen >= config.perceptual_from:
        with context.fabric.autocast():
            perceptual = context.distance(reconstructed, real).mean()
        loss = loss + config.weights.perceptual * perceptual
        terms["e/perceptual"] = perceptual.detach()
    return loss, terms

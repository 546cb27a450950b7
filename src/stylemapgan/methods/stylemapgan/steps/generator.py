"""The update of the generator, and the encoder's on its images."""

from torch import Tensor

from stylemapgan import losses
from stylemapgan.methods.stylemapgan.state import StyleMapGANState
from stylemapgan.methods.stylemapgan.steps.images import draw_z, feature_logits
from stylemapgan.training.context import Batch, StepContext
from stylemapgan.training.descent import Losses, Pass
from stylemapgan.training.microbatches import Microbatch, Phase


def generator_step(context: StepContext, state: StyleMapGANState, batch: Batch) -> Losses:
    """Update F and G so that D takes generated images for real, then E to recover stylemaps.

    E is trained to find the stylemap that each image was generated from.
    """
    weights = context.config.weights
    pairs: list[tuple[Tensor, Tensor]] = []

    def adversarial_pass(microbatch: Microbatch) -> Pass:
        randomness = microbatch.randomness(Phase.GENERATOR)
        with context.fabric.autocast():
            stylemap = state.generator.mapping(draw_z(state, microbatch, randomness))
            generated = state.generator.synthesize(stylemap)
            adversarial = context.adversarial_loss(state, generated, microbatch.real, randomness)
            loss = weights.adversarial * adversarial
            terms = {"g/adversarial": adversarial}
            if weights.feature_adversarial:
                logits = feature_logits(context, state, generated, randomness)
                terms["g/features"] = losses.raised(logits)
                loss = loss + weights.feature_adversarial * terms["g/features"]
        pairs.append((generated.detach(), stylemap.detach()))
        return loss, {name: term.detach() for name, term in terms.items()}

    def latent_pass(generated: Tensor, stylemap: Tensor) -> Pass:
        with context.fabric.autocast():
            latent = losses.mean_squared_error(state.encoder(generated), stylemap)
        return weights.latent_reconstruction * latent, {"e/latent": latent.detach()}

    terms = context.update(map(adversarial_pass, batch), batch, state.generator_optimizer)
    return terms | context.update(
        (latent_pass(*pair) for pair in pairs), batch, state.encoder_optimizer
    )

"""Pictures and logits that several updates compute."""

from jaxtyping import Float
from torch import Tensor

from stylemapgan.augment import BatchRandomness, diff_augment
from stylemapgan.features.efficientnet import PYRAMID
from stylemapgan.features.perceptual import enlarge
from stylemapgan.methods.stylemapgan.state import StyleMapGANState
from stylemapgan.training.context import StepContext
from stylemapgan.training.microbatches import Microbatch


def reconstruct(
    context: StepContext, state: StyleMapGANState, microbatch: Microbatch
) -> Float[Tensor, "batch 3 height width"]:
    """Encode photos and decode their stylemaps."""
    with context.fabric.autocast():
        return state.generator.synthesize(state.encoder(microbatch.real))


def draw_z(
    state: StyleMapGANState, microbatch: Microbatch, randomness: BatchRandomness
) -> Float[Tensor, "batch z"]:
    """Draw one noise vector for each photo of the microbatch."""
    channels = state.generator.config.style_channels
    return randomness.normal(len(microbatch.real), channels, device=microbatch.real.device)


def feature_logits(
    context: StepContext,
    state: StyleMapGANState,
    images: Float[Tensor, "batch 3 height width"],
    randomness: BatchRandomness,
) -> list[Float[Tensor, "batch 1 _ _"]]:
    """Compute the logits of the discriminator of features for images, after augmenting them.

    Raises:
        ValueError: There is no such discriminator: no loss has a weight.
    """
    if context.features is None or state.feature_discriminator is None:
        raise ValueError("The discriminator of features exists only if a loss has a weight.")
    images = diff_augment(images, context.config.augmentations, randomness)
    features = context.features(enlarge(images))
    return state.feature_discriminator([features[position] for position in PYRAMID])

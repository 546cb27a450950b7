"""How ALI and BiGAN are trained: three networks, and a penalty now and then."""

from collections.abc import Callable
from typing import Any

from torch import nn

from stylemapgan.config import VectorConfig
from stylemapgan.methods.backbone import VectorGenerator
from stylemapgan.methods.joint.networks import AbstractInference, JointDiscriminator
from stylemapgan.methods.joint.updates import (
    JointState,
    discriminator_step,
    inference_step,
    penalty_step,
)
from stylemapgan.methods.latent_recipe import LatentRecipe
from stylemapgan.training.recipe import Recipe, Update


def joint_recipe(
    method: str, encoder_class: Callable[[VectorConfig], AbstractInference]
) -> Recipe[Any]:
    """Make the recipe of a method: everything but the encoder is common."""

    def build(config: VectorConfig) -> dict[str, nn.Module]:
        return {
            "generator": VectorGenerator(config),
            "encoder": encoder_class(config),
            "discriminator": JointDiscriminator(config),
        }

    return LatentRecipe(
        method=method,
        state_class=JointState,
        build=build,
        updates=(
            Update(name="discriminator's update", run=discriminator_step),
            Update(
                name="gradient penalty", run=penalty_step, every=lambda config: config.r1_interval
            ),
            Update(name="generator's and encoder's update", run=inference_step),
        ),
        judge=lambda discriminator, image, z: discriminator(image, z),
    ).recipe()

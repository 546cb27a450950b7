"""The vector backbone in training: generator, discriminator and domain-guided encoder."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from torch import nn
from torch.optim import Adam

from stylemapgan.augment import AdaptiveProbability
from stylemapgan.config import RunConfig, TrainConfig
from stylemapgan.methods.backbone.adversarial import make_optimizers, set_rates
from stylemapgan.methods.backbone.encoder import VectorEncoder
from stylemapgan.methods.backbone.generator import VectorGenerator
from stylemapgan.models import Discriminator
from stylemapgan.training import schedule
from stylemapgan.training.state import AbstractTrainState, adam, set_rate

ENCODER_BETAS = (0.9, 0.99)


@dataclass(kw_only=True)
class BackboneState(AbstractTrainState):
    """What the backbone trains; the encoder learns once the generator is done."""

    generator: VectorGenerator
    encoder: VectorEncoder
    discriminator: Discriminator
    generator_ema: VectorGenerator
    encoder_ema: VectorEncoder
    generator_optimizer: Adam
    encoder_optimizer: Adam
    discriminator_optimizer: Adam

    def set_schedule(self, config: TrainConfig) -> None:
        """Set the optimisers' learning rates for the images seen so far."""
        set_rates(self, config)
        factor = schedule.factor_of_rate(config, self.images_seen)
        set_rate(self.encoder_optimizer, config.learning_rate * factor)


def build_networks(config: RunConfig) -> dict[str, nn.Module]:
    """Build networks with fresh weights."""
    return {
        "generator": VectorGenerator(config.vector),
        "encoder": VectorEncoder(config.vector),
        "discriminator": Discriminator(config.vector),
    }


def assemble(networks: Mapping[str, Any], config: TrainConfig) -> BackboneState:
    """Add optimisers to networks and averages."""
    return BackboneState(
        **networks,
        **make_optimizers(networks, config),
        encoder_optimizer=adam(networks["encoder"], ENCODER_BETAS, config),
        ada=AdaptiveProbability(),
    )

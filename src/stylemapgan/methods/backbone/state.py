"""The vector backbone in training: generator, discriminator and domain-guided encoder."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from torch import nn
from torch.optim import Adam

from stylemapgan.augment import AdaptiveProbability
from stylemapgan.config import RunConfig, TrainConfig
from stylemapgan.methods.backbone.encoder import VectorEncoder
from stylemapgan.methods.backbone.generator import VectorGenerator
from stylemapgan.models import Discriminator
from stylemapgan.training import schedule
from stylemapgan.training.state import AbstractTrainState, adam, lazy_factor, set_rate

BETAS = (0.0, 0.99)
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
        share = schedule.share_of_rate(config, self.images_seen)
        rate = config.discriminator_learning_rate * share
        set_rate(self.generator_optimizer, config.learning_rate * share)
        set_rate(self.encoder_optimizer, config.learning_rate * share)
        set_rate(self.discriminator_optimizer, rate * lazy_factor(config.r1_interval))


def build_networks(config: RunConfig) -> dict[str, nn.Module]:
    """Build networks with fresh weights."""
    return {
        "generator": VectorGenerator(config.vector),
        "encoder": VectorEncoder(config.vector),
        "discriminator": Discriminator(config.vector),
    }


def assemble(networks: Mapping[str, Any], config: TrainConfig) -> BackboneState:
    """Add optimisers to networks and averages."""
    factor = lazy_factor(config.r1_interval)
    lazy_betas = (BETAS[0] ** factor, BETAS[1] ** factor)
    return BackboneState(
        **networks,
        generator_optimizer=adam(networks["generator"], BETAS, config),
        encoder_optimizer=adam(networks["encoder"], ENCODER_BETAS, config),
        discriminator_optimizer=adam(networks["discriminator"], lazy_betas, config),
        ada=AdaptiveProbability(),
    )

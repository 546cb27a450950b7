"""StyleMapGAN in training: networks, averages and optimisers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch.optim import Adam

from stylemapgan.augment import AdaptiveProbability
from stylemapgan.config import RunConfig, TrainConfig
from stylemapgan.errors import ConfigError
from stylemapgan.features.efficientnet import PYRAMID
from stylemapgan.models import Discriminator, Encoder, FeatureDiscriminator, Generator
from stylemapgan.training import schedule
from stylemapgan.training.state import AbstractTrainState, adam, lazy_factor, set_rate

BETAS = (0.0, 0.99)
PLAIN = 0.1
"""Learning rate of the discriminator of features, as a share of the discriminator's: its weights
are not equalised."""


@dataclass(kw_only=True)
class StyleMapGANState(AbstractTrainState):
    """Generator, encoder and discriminator, and what trains them."""

    generator: Generator
    encoder: Encoder
    discriminator: Discriminator
    generator_ema: Generator
    encoder_ema: Encoder
    generator_optimizer: Adam
    encoder_optimizer: Adam
    discriminator_optimizer: Adam
    feature_discriminator: FeatureDiscriminator | None = None
    feature_optimizer: Adam | None = None

    @property
    def image_size(self) -> int:
        """Height and width of images, in pixels."""
        return self.generator.config.image_size

    def set_schedule(self, config: TrainConfig) -> None:
        """Set learning rates and beta 1 of the optimisers for the images seen so far."""
        rate = schedule.learning_rate(config, self.images_seen)
        discriminator_rate = schedule.discriminator_learning_rate(config, self.images_seen)
        set_rate(self.generator_optimizer, rate)
        set_rate(self.encoder_optimizer, rate)
        set_rate(self.discriminator_optimizer, discriminator_rate * lazy_factor(config.r1_interval))
        if self.feature_optimizer is not None:
            set_rate(self.feature_optimizer, PLAIN * discriminator_rate)
        beta1 = schedule.beta1(config, self.images_seen)
        for optimizer in (self.generator_optimizer, self.encoder_optimizer):
            for group in optimizer.param_groups:
                group["betas"] = (beta1, BETAS[1])

    def may_lack(self, name: str) -> bool:
        """Let runs continue that began before there was a discriminator of features."""
        return name.startswith("feature_")


def build_networks(
    config: RunConfig, generator_class: type[Generator] = Generator
) -> dict[str, torch.nn.Module]:
    """Build networks with fresh weights.

    Args:
        config: Configuration of the run.
        generator_class: A variant of the generator to compare with.

    Raises:
        ConfigError: `freeze_discriminator` is larger than the number of layers.
    """
    networks: dict[str, torch.nn.Module] = {
        "generator": generator_class(config.model),
        "encoder": Encoder(config.model),
    }
    discriminator = networks["discriminator"] = Discriminator(config.model)
    freeze(discriminator, config.training.freeze_discriminator)
    if config.training.weights.use_features:
        networks["feature_discriminator"] = FeatureDiscriminator(tuple(PYRAMID.values()))
    return networks


def assemble(networks: Mapping[str, Any], config: TrainConfig) -> StyleMapGANState:
    """Add optimisers to networks and averages."""
    factor = lazy_factor(config.r1_interval)
    by_features = networks.get("feature_discriminator")
    return StyleMapGANState(
        **networks,
        generator_optimizer=adam(networks["generator"], BETAS, config),
        encoder_optimizer=adam(networks["encoder"], BETAS, config),
        discriminator_optimizer=adam(
            networks["discriminator"], (BETAS[0] ** factor, BETAS[1] ** factor), config
        ),
        feature_optimizer=adam(by_features, BETAS, config) if by_features else None,
        ada=AdaptiveProbability(),
    )


def freeze(discriminator: Discriminator, layers: int) -> None:
    """Freeze the layers of the trunk nearest to the image.

    Source: Mo, Cho and Shin, "Freeze the Discriminator", 2020.

    Raises:
        ConfigError: The trunk has fewer layers.
    """
    if layers > len(discriminator.trunk):
        raise ConfigError(
            f"freeze_discriminator must be at most {len(discriminator.trunk)}, the number of "
            f"layers in the discriminator's trunk; got {layers}."
        )
    for layer in list(discriminator.trunk)[:layers]:
        layer.requires_grad_(False)

"""The state of a run: networks, averaged networks, optimisers and counts."""

import copy
from collections.abc import Callable, Iterator
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

BETAS = (0.0, 0.99)
PLAIN = 0.1
"""Learning rate of the discriminator of features, as a share of the discriminator's: its weights
are not equalised."""


@dataclass
class TrainState:
    """Networks, averaged networks (EMA), optimisers, and how many images they have seen."""

    generator: Generator
    encoder: Encoder
    discriminator: Discriminator
    generator_ema: Generator
    encoder_ema: Encoder
    generator_optimizer: Adam
    encoder_optimizer: Adam
    discriminator_optimizer: Adam
    ada: AdaptiveProbability
    feature_discriminator: FeatureDiscriminator | None = None
    feature_optimizer: Adam | None = None
    images_seen: int = 0
    updates: int = 0

    @property
    def image_size(self) -> int:
        """Height and width of images, in pixels."""
        return self.generator.config.image_size

    @property
    def optimizers(self) -> tuple[Adam, Adam, Adam]:
        """The optimisers of generator, encoder and discriminator."""
        return self.generator_optimizer, self.encoder_optimizer, self.discriminator_optimizer

    def state_dict(self) -> dict[str, Any]:
        """Collect everything needed to resume with the same results."""
        parts = {name: part.state_dict() for name, part in self._parts().items()}
        counts = {"images_seen": self.images_seen, "updates": self.updates}
        return parts | counts | {"ada": self.ada.state_dict()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore a saved state; a discriminator of features that it lacks stays fresh."""
        for name, part in self._parts().items():
            if name in state or not name.startswith("feature_"):
                part.load_state_dict(state[name])
        self.ada.load_state_dict(state["ada"])
        self.images_seen = state["images_seen"]
        self.updates = state["updates"]

    def set_schedule(self, config: TrainConfig) -> None:
        """Set learning rates and beta 1 of the optimisers for the images seen so far."""
        rate = schedule.learning_rate(config, self.images_seen)
        discriminator_rate = schedule.discriminator_learning_rate(config, self.images_seen)
        for optimizer, value in (
            (self.generator_optimizer, rate),
            (self.encoder_optimizer, rate),
            (self.discriminator_optimizer, discriminator_rate * lazy_factor(config.r1_interval)),
        ):
            for group in optimizer.param_groups:
                group["lr"] = value
        if self.feature_optimizer is not None:
            for group in self.feature_optimizer.param_groups:
                group["lr"] = PLAIN * discriminator_rate
        beta1 = schedule.beta1(config, self.images_seen)
        for optimizer in (self.generator_optimizer, self.encoder_optimizer):
            for group in optimizer.param_groups:
                group["betas"] = (beta1, BETAS[1])

    def _parts(self) -> dict[str, torch.nn.Module | Adam]:
        return {
            name: part
            for name, part in vars(self).items()
            if isinstance(part, torch.nn.Module | Adam)
        }


BuildState = Callable[[RunConfig, torch.device], TrainState]
"""Makes the networks and optimisers of a run on a device, with fresh weights."""


def broken_part(state: dict[str, Any]) -> str | None:
    """Find a part of a state dictionary whose numbers are broken.

    Returns:
        "the weights of encoder", for example, if some are not finite; "the averages of
        encoder_optimizer" if some are NaN. None if all numbers are good.
    """
    for name, part in state.items():
        if isinstance(part, dict) and "param_groups" in part:
            if any(bool(torch.isnan(tensor).any()) for tensor in _tensors(part["state"])):
                return f"the averages of {name}"
        elif not all(bool(torch.isfinite(tensor).all()) for tensor in _tensors(part)):
            return f"the weights of {name}"
    return None


def _tensors(value: Any) -> Iterator[torch.Tensor]:
    """List all tensors in nested dictionaries."""
    if isinstance(value, torch.Tensor):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from _tensors(each)


def lazy_factor(interval: int) -> float:
    """Correct learning rate and second moment for a penalty taken every `interval` updates.

    Source: Karras et al., CVPR 2020, appendix B, "lazy regularization".
    """
    return interval / (interval + 1)


def new_state(
    config: RunConfig, device: torch.device, generator_class: type[Generator] = Generator
) -> TrainState:
    """Build networks and optimisers with fresh weights, determined by the seed.

    Args:
        config: Configuration of the run.
        device: Where to train.
        generator_class: A variant of the generator to compare with.

    Raises:
        ConfigError: `freeze_discriminator` is larger than the number of layers.
    """
    training = config.training
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(training.seed)
        generator = generator_class(config.model)
        encoder = Encoder(config.model)
        discriminator = Discriminator(config.model)
        feature_discriminator = new_feature_discriminator(training)
    freeze(discriminator, training.freeze_discriminator)
    layout = torch.channels_last if training.speed.channels_last else torch.contiguous_format
    for network in (generator, encoder, discriminator):
        network.to(device).to(memory_format=layout)  # pyright: ignore[reportCallIssue]
    state = _with_optimizers(generator, encoder, discriminator, training)
    if feature_discriminator is not None:
        state.feature_discriminator = feature_discriminator.to(device)
        state.feature_optimizer = _adam(feature_discriminator, BETAS, training)
        state.set_schedule(training)
    if training.speed.compile:
        for network in (generator.resizer, generator.synthesis, encoder):
            network.compile()  # not D: R1 differentiates it twice
    return state


def new_feature_discriminator(config: TrainConfig) -> FeatureDiscriminator | None:
    """Build the discriminator of features with fresh weights, if a loss needs it."""
    return FeatureDiscriminator(tuple(PYRAMID.values())) if config.weights.use_features else None


def _with_optimizers(
    generator: Generator, encoder: Encoder, discriminator: Discriminator, config: TrainConfig
) -> TrainState:
    factor = lazy_factor(config.r1_interval)
    discriminator_betas = (BETAS[0] ** factor, BETAS[1] ** factor)
    state = TrainState(
        generator=generator,
        encoder=encoder,
        discriminator=discriminator,
        generator_ema=copy.deepcopy(generator).eval().requires_grad_(False),
        encoder_ema=copy.deepcopy(encoder).eval().requires_grad_(False),
        generator_optimizer=_adam(generator, BETAS, config),
        encoder_optimizer=_adam(encoder, BETAS, config),
        discriminator_optimizer=_adam(discriminator, discriminator_betas, config),
        ada=AdaptiveProbability(),
    )
    state.set_schedule(config)
    return state


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


def _adam(network: torch.nn.Module, betas: tuple[float, float], config: TrainConfig) -> Adam:
    fused = config.speed.fused_optimizer
    return Adam(network.parameters(), betas=betas, fused=fused, foreach=not fused)

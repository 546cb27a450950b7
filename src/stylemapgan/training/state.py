"""What a run carries from one update to the next."""

import copy
from dataclasses import dataclass
from typing import Any

import torch
from torch.optim import Adam

from stylemapgan.config import RunConfig
from stylemapgan.models import Discriminator, Encoder, Generator

BETAS = (0.0, 0.99)


@dataclass
class TrainState:
    """Networks, averaged networks, optimisers, and how many images they have seen."""

    generator: Generator
    encoder: Encoder
    discriminator: Discriminator
    generator_ema: Generator
    encoder_ema: Encoder
    generator_optimizer: Adam
    encoder_optimizer: Adam
    discriminator_optimizer: Adam
    images_seen: int = 0
    updates: int = 0

    def state_dict(self) -> dict[str, Any]:
        """Everything needed to go on as if nothing had happened."""
        parts = {name: part.state_dict() for name, part in self._parts().items()}
        return parts | {"images_seen": self.images_seen, "updates": self.updates}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from a state saved earlier."""
        for name, part in self._parts().items():
            part.load_state_dict(state[name])
        self.images_seen = state["images_seen"]
        self.updates = state["updates"]

    def set_learning_rate(self, learning_rate: float, r1_interval: int) -> None:
        """Set the step size of all optimisers, the discriminator's corrected for lazy R1."""
        for optimizer, factor in (
            (self.generator_optimizer, 1.0),
            (self.encoder_optimizer, 1.0),
            (self.discriminator_optimizer, lazy_factor(r1_interval)),
        ):
            for group in optimizer.param_groups:
                group["lr"] = learning_rate * factor

    def _parts(self) -> dict[str, torch.nn.Module | Adam]:
        return {
            name: part
            for name, part in vars(self).items()
            if isinstance(part, torch.nn.Module | Adam)
        }


def lazy_factor(interval: int) -> float:
    """Correction of step size and second moment for a penalty taken every so many updates.

    Source: Karras et al., CVPR 2020, appendix B, "lazy regularization".
    """
    return interval / (interval + 1)


def new_state(config: RunConfig, device: torch.device) -> TrainState:
    """Build networks with fresh weights, the same for the same seed."""
    training = config.training
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(training.seed)
        generator = Generator(config.model)
        encoder = Encoder(config.model)
        discriminator = Discriminator(config.model)
    for network in (generator, encoder, discriminator):
        network.to(device).to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
    factor = lazy_factor(training.r1_interval)
    discriminator_betas = (BETAS[0] ** factor, BETAS[1] ** factor)
    rate = training.learning_rate
    return TrainState(
        generator=generator,
        encoder=encoder,
        discriminator=discriminator,
        generator_ema=copy.deepcopy(generator).eval().requires_grad_(False),
        encoder_ema=copy.deepcopy(encoder).eval().requires_grad_(False),
        generator_optimizer=Adam(generator.parameters(), rate, BETAS, foreach=True),
        encoder_optimizer=Adam(encoder.parameters(), rate, BETAS, foreach=True),
        discriminator_optimizer=Adam(
            discriminator.parameters(), rate * factor, discriminator_betas, foreach=True
        ),
    )

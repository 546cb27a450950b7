"""A trained backbone: its networks, opened from a model file."""

import hashlib
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from stylemapgan.checkpoints.method_file import MethodCheckpoint
from stylemapgan.checkpoints.networks import refuse_names
from stylemapgan.config import VectorConfig
from stylemapgan.config.plain_values import from_dict
from stylemapgan.errors import CheckpointError, ConfigError
from stylemapgan.methods.backbone.encoder import VectorEncoder
from stylemapgan.methods.backbone.generator import AbstractGenerator, VectorGenerator
from stylemapgan.models import Discriminator

Network = TypeVar("Network", bound=nn.Module)
GeneratorType = TypeVar("GeneratorType", bound=AbstractGenerator)

NOISE_SEED = 0
"""What noise inputs are drawn from: they are the same for all photos."""


@dataclass(frozen=True, kw_only=True, eq=False)
class AbstractFrozenNetworks(ABC, Generic[GeneratorType]):
    """A frozen generator with fixed noise inputs, and what a model has beside it."""

    generator: GeneratorType
    digest: str = ""
    """Hash of all weights; results that are kept on disk carry it."""

    def __post_init__(self) -> None:
        for network in self.networks:
            network.eval().requires_grad_(False)

    @property
    @abstractmethod
    def networks(self) -> tuple[nn.Module, ...]:
        """All networks, the generator first."""

    @property
    def config(self) -> VectorConfig:
        """Shapes of the networks."""
        return self.generator.config

    def as_tensor(self, array: np.ndarray) -> Tensor:
        """Convert an array to the networks' device and precision."""
        return torch.from_numpy(array).to(self.generator.synthesis.constant)

    def like(self, network: Network) -> Network:
        """Bring another network to the networks' device and precision."""
        constant = self.generator.synthesis.constant
        return network.to(constant.device, constant.dtype)

    @property
    def device(self) -> torch.device:
        """Where the networks are."""
        return self.generator.synthesis.constant.device

    def parameters(self) -> list[Tensor]:
        """List the parameters of all networks."""
        return [each for network in self.networks for each in network.parameters()]

    def noise(self) -> list[Float[Tensor, "1 1 _ _"]]:
        """Draw the noise inputs, always the same."""
        synthesis = self.generator.synthesis
        return [each.to(synthesis.constant) for each in synthesis.fixed_noise(NOISE_SEED)]


@dataclass(frozen=True, kw_only=True, eq=False)
class Backbone(AbstractFrozenNetworks[VectorGenerator]):
    """The networks of a backbone."""

    encoder: VectorEncoder
    discriminator: Discriminator

    @property
    def networks(self) -> tuple[nn.Module, ...]:
        """Generator, encoder and discriminator."""
        return self.generator, self.encoder, self.discriminator


def open_backbone(checkpoint: MethodCheckpoint) -> Backbone:
    """Build the networks of a model file.

    Raises:
        CheckpointError: Its configuration or its tensors are not those of a backbone.
    """
    try:
        config = from_dict(VectorConfig, dict(checkpoint.config))
    except ConfigError as error:
        raise CheckpointError(f"its configuration is not that of a backbone: {error}") from None
    backbone = Backbone(
        generator=VectorGenerator(config),
        encoder=VectorEncoder(config),
        discriminator=Discriminator(config),
        digest=digest_of(checkpoint),
    )
    networks = {
        "generator": backbone.generator,
        "encoder": backbone.encoder,
        "discriminator": backbone.discriminator,
    }
    _fill(networks, checkpoint)
    return backbone


def _fill(networks: dict[str, nn.Module], checkpoint: MethodCheckpoint) -> None:
    wanted = {
        f"{part}.{name}": tensor
        for part, network in networks.items()
        for name, tensor in network.state_dict().items()
    }
    found = checkpoint.tensors
    both = wanted.keys() & found.keys()
    refuse_names(
        {
            "missing": sorted(wanted.keys() - both),
            "unexpected": sorted(found.keys() - both),
            "of another shape": [
                name for name in sorted(both) if found[name].shape != tuple(wanted[name].shape)
            ],
        }
    )
    for name, tensor in wanted.items():
        tensor.copy_(torch.from_numpy(found[name].copy()))


def digest_of(checkpoint: MethodCheckpoint) -> str:
    """Hash all weights of a model file."""
    digest = hashlib.sha256()
    for name in sorted(checkpoint.tensors):
        digest.update(f"{name}\0".encode())
        digest.update(checkpoint.tensors[name].tobytes())
    return digest.hexdigest()

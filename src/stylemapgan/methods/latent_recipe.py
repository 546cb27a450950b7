"""What the recipes of learned inverters share: a photo has one latent vector.

Each trains a generator, an encoder and a discriminator, in updates of its own.
"""

from abc import abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, NoReturn, TypeVar

import torch
from torch import Tensor, nn
from torch.optim import Adam

from stylemapgan.augment import AdaptiveProbability
from stylemapgan.checkpoints.method_file import MethodCheckpoint
from stylemapgan.config import RunConfig, TrainConfig, VectorConfig
from stylemapgan.errors import ConfigError
from stylemapgan.methods.backbone import VectorGenerator
from stylemapgan.methods.network_files import pack_networks
from stylemapgan.training.adaptation import adapt_augmentation
from stylemapgan.training.recipe import Recipe, Update
from stylemapgan.training.schedule import factor_of_rate
from stylemapgan.training.state import AbstractTrainState, adam, set_rate

EncoderType = TypeVar("EncoderType", bound=nn.Module)
DiscriminatorType = TypeVar("DiscriminatorType", bound=nn.Module)
Networks = Mapping[str, Any]


@dataclass(kw_only=True)
class AbstractLatentState(AbstractTrainState, Generic[EncoderType, DiscriminatorType]):
    """Generator, encoder and discriminator, and what trains them.

    The learning rate is the method's own; those of the configuration are StyleMapGAN's.
    """

    rate: ClassVar[float]
    """Learning rate of Adam."""
    betas: ClassVar[tuple[float, float]]
    """Betas of Adam."""

    generator: VectorGenerator
    encoder: EncoderType
    discriminator: DiscriminatorType
    generator_ema: VectorGenerator
    encoder_ema: EncoderType
    generator_optimizer: Adam
    encoder_optimizer: Adam
    discriminator_optimizer: Adam

    @classmethod
    def assemble(
        cls, networks: Networks, config: TrainConfig
    ) -> "AbstractLatentState[EncoderType, DiscriminatorType]":
        """Add optimisers to networks and averages."""
        optimizers: dict[str, Any] = cls.make_optimizers(networks, config)
        return cls(**networks, **optimizers, ada=AdaptiveProbability())

    @classmethod
    def make_optimizers(cls, networks: Networks, config: TrainConfig) -> dict[str, Adam]:
        """Make the fields of the state that are optimisers."""
        names = ("generator", "encoder", "discriminator")
        return {f"{name}_optimizer": adam(networks[name], cls.betas, config) for name in names}

    def set_schedule(self, config: TrainConfig) -> None:
        """Set the learning rates, which fall in a cooldown."""
        for optimizer in self.optimizers:
            set_rate(optimizer, self.rate * factor_of_rate(config, self.images_seen))

    @staticmethod
    @abstractmethod
    def decode(generator: VectorGenerator, latent: Tensor) -> Tensor:
        """Generate images from latents as the encoder finds them."""


@dataclass(frozen=True, kw_only=True)
class LatentRecipe:
    """What distinguishes one method from another; `recipe` is what training takes."""

    method: str
    """Its name."""
    state_class: type[AbstractLatentState[Any, Any]]
    build: Callable[[VectorConfig], dict[str, nn.Module]]
    """Makes generator, encoder and discriminator."""
    updates: tuple[Update[Any], ...]
    """All updates, in the order of an iteration."""
    judge: Callable[[nn.Module, Tensor, Tensor], object]
    """A forward pass of the discriminator, of an image and a latent."""
    shapes: Callable[[RunConfig], VectorConfig] = lambda config: config.vector
    """Shapes of the networks."""

    def recipe(self) -> Recipe[Any]:
        """Make the recipe of the method."""
        decode = self.state_class.decode
        return Recipe(
            method=self.method,
            image_size=lambda config: config.vector.image_size,
            build=lambda config: self.build(self.shapes(config)),
            averaged=("generator", "encoder"),
            assemble=self.state_class.assemble,
            updates=self.updates,
            forwards=self._forwards,
            kept_bytes=lambda config: 3 * config.vector.image_size**2 * torch.float32.itemsize,
            reconstruct=lambda state, photos: decode(
                state.generator_ema, state.encoder_ema(photos)
            ),
            generate=lambda state, z: state.generator_ema(z),
            z_channels=lambda config: config.vector.style_channels,
            rows=self._rows,
            pack=self._pack,
            transfer=self._transfer,
            finish=adapt_augmentation,
        )

    def _forwards(
        self, networks: Networks, config: RunConfig
    ) -> Mapping[str, Callable[[], object]]:
        generator, encoder = networks["generator"], networks["encoder"]
        size = config.vector.image_size
        image, latent = torch.empty(1, 3, size, size), torch.empty(1, config.vector.style_channels)
        return {
            "generator": lambda: generator(latent),
            "encoder": lambda: encoder(image),
            "discriminator": lambda: self.judge(networks["discriminator"], image, latent),
            "edit": lambda: self.state_class.decode(generator, encoder(image)),
        }

    def _rows(self, state: AbstractLatentState[Any, Any], photos: Tensor) -> Mapping[str, Tensor]:
        generator, latents = state.generator_ema, state.encoder_ema(photos)
        decode = self.state_class.decode
        randomness = torch.Generator().manual_seed(0)
        first, second = torch.randn(2, *latents.shape, generator=randomness).to(photos.device)
        return {
            "reconstructions": decode(generator, latents),
            "half-way to the next": decode(generator, (latents + latents.roll(-1, dims=0)) / 2),
            "random": generator(first),
            "random, more": generator(second),
        }

    def _pack(self, config: RunConfig, state: AbstractLatentState[Any, Any]) -> MethodCheckpoint:
        networks = {"generator": state.generator_ema, "encoder": state.encoder_ema}
        return pack_networks(config, self.shapes(config), networks, state.images_seen)

    def _transfer(self, state: AbstractLatentState[Any, Any], name: str) -> NoReturn:
        del state
        raise ConfigError(f"init_from: {self.method} starts from fresh weights only, got {name!r}.")

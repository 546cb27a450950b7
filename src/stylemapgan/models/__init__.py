"""The networks of StyleMapGAN."""

from stylemapgan.models.discriminator import Discriminator
from stylemapgan.models.encoder import Encoder
from stylemapgan.models.generator import Generator

__all__ = ["Discriminator", "Encoder", "Generator"]

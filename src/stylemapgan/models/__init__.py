"""The networks of StyleMapGAN."""

from stylemapgan.models.discriminator import Discriminator
from stylemapgan.models.encoder import Encoder
from stylemapgan.models.feature_discriminator import FeatureDiscriminator
from stylemapgan.models.generator import Generator

__all__ = ["Discriminator", "Encoder", "FeatureDiscriminator", "Generator"]

"""Shapes of the networks whose latents are vectors."""

from dataclasses import dataclass
from typing import Literal

from stylemapgan.config.model import MOST, halvings
from stylemapgan.config.ranges import need_one_of
from stylemapgan.errors import ConfigError

Styles = Literal["shared", "layered"]


@dataclass(frozen=True, kw_only=True)
class VectorConfig:
    """Shapes of the networks of methods whose latents are vectors; saved in their model files.

    Widths are listed from the smallest resolution to the largest, each twice the one before.
    """

    image_size: int = 256
    """Height and width of images, in pixels: the constant's size times a power of two."""
    constant_size: int = 4
    """Height and width of the learned constant at which the synthesis network starts."""
    style_channels: int = 512
    """Length of z and of each style vector w."""
    generator_widths: tuple[int, ...] = (512, 512, 512, 512, 512, 256, 128)
    """Channels of the synthesis network, from the constant's size to the image's."""
    encoder_widths: tuple[int, ...] = (512, 512, 512, 512, 512, 256, 128)
    """Channels of the encoder, from its last feature map (4 to 7 pixels) to the image."""
    discriminator_widths: tuple[int, ...] = (512, 512, 512, 512, 512, 256, 128)
    """Channels of the discriminator, from its last feature map (4 to 7 pixels) to the image."""
    mapping_layers: int = 8
    """Layers of the mapping network."""
    styles: Styles = "shared"
    """What the mapping network makes of z: one w for all layers (shared), or a w for each of them
    (layered), as In-Domain inversion needs."""
    parts: tuple[str, ...] = ()
    """Names of the parts in maps of parts, number 0 first, for methods that need such maps; empty
    reads them beside the photos."""

    def __post_init__(self) -> None:
        factor, rest = divmod(self.image_size, max(self.constant_size, 1))
        if self.constant_size < 2 or rest or factor.bit_count() != 1 or self.image_size < 8:
            raise ConfigError(
                "image_size must be at least 8, and constant_size (at least 2) times a power of "
                f"two; got {self.image_size} and {self.constant_size}."
            )
        for name, count in (
            ("generator_widths", self.doublings + 1),
            ("encoder_widths", self.discriminator_halvings + 1),
            ("discriminator_widths", self.discriminator_halvings + 1),
        ):
            widths = getattr(self, name)
            if len(widths) != count or min(widths) < 1:
                raise ConfigError(
                    f"{name} must list {count} positive widths for images of {self.image_size} "
                    f"pixels and a constant of {self.constant_size}, got {widths}."
                )
        for name in ("style_channels", "mapping_layers"):
            if not 1 <= getattr(self, name) <= MOST:
                raise ConfigError(f"{name} must be from 1 to {MOST:,}, got {getattr(self, name)}.")
        need_one_of(self, "styles", Styles)

    @property
    def doublings(self) -> int:
        """Number of times the synthesis network doubles the resolution."""
        return (self.image_size // self.constant_size).bit_length() - 1

    @property
    def layers(self) -> int:
        """Number of modulated layers: two at each resolution."""
        return 2 * (self.doublings + 1)

    @property
    def discriminator_halvings(self) -> int:
        """Number of times discriminator and encoder halve the resolution, down to 4 to 7 pixels."""
        return halvings(self.image_size)

"""Shapes of the networks."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal, get_args

from stylemapgan.errors import ConfigError

MOST = 65_536
"""Most channels or layers; more would not fit into any memory."""
SOFT_BORDER = 2
"""Pixels over which edits fade the border of a mask where modulation does not mix cells."""
Normalisation = Literal["layer", "instance", "batch"]


@dataclass(frozen=True, kw_only=True)
class ModelConfig:
    """Shapes of all networks; saved in every model file.

    Widths are listed from the smallest resolution to the largest, each twice the one before.
    """

    image_size: int = 256
    """Height and width of images, in pixels: the stylemap's size times a power of two."""
    stylemap_size: int = 8
    """Height and width of the stylemap, in cells."""
    style_channels: int = 64
    """Channels of the stylemap; also the length of z."""
    generator_widths: tuple[int, ...] = (512, 512, 512, 512, 256, 128)
    """Channels of the synthesis network, from the stylemap's size to the image's."""
    resizer_widths: tuple[int, ...] = (512, 512, 512, 512, 256, 128)
    """Channels of the resized stylemaps, from the stylemap's size to the image's."""
    resizer_convolutions: int = 2
    """Convolutions of the resizer for each size: 2, as in the paper, or 1, whose map then scales
    and shifts both layers of that size."""
    encoder_widths: tuple[int, ...] = (512, 512, 512, 512, 256, 128)
    """Channels of the encoder, from the stylemap's size to the image's."""
    discriminator_widths: tuple[int, ...] = (512, 512, 512, 512, 512, 256, 128)
    """Channels of the discriminator, from its last feature map (4 to 7 pixels) to the image."""
    mapping_layers: int = 8
    """Layers of the mapping network."""
    modulation_kernel: int = 3
    """Cells along a side from which each scale and shift is computed: 3, as in the paper, or 1,
    which halves the operations of the synthesis network."""
    normalisation: Normalisation = "layer"
    """Normalisation of features before they are modulated."""
    RETIRED: ClassVar[Mapping[str, object]] = {"pixel_noise": False}
    """Fields of earlier versions, with the only value that files may still hold."""

    def __post_init__(self) -> None:
        self._refuse_sizes_that_do_not_fit()
        for name, count in (
            ("generator_widths", self.doublings + 1),
            ("resizer_widths", self.doublings + 1),
            ("encoder_widths", self.doublings + 1),
            ("discriminator_widths", self.discriminator_halvings + 1),
        ):
            widths = getattr(self, name)
            if len(widths) != count or min(widths) < 1:
                raise ConfigError(
                    f"{name} must list {count} positive widths for images of {self.image_size} "
                    f"pixels and stylemaps of {self.stylemap_size} cells, got {widths}."
                )
        for name in ("style_channels", "mapping_layers"):
            if not 1 <= getattr(self, name) <= MOST:
                raise ConfigError(f"{name} must be from 1 to {MOST:,}, got {getattr(self, name)}.")
        if self.modulation_kernel not in (1, 3):
            raise ConfigError(f"modulation_kernel must be 1 or 3, got {self.modulation_kernel}.")
        if self.resizer_convolutions not in (1, 2):
            raise ConfigError(
                f"resizer_convolutions must be 1 or 2, got {self.resizer_convolutions}."
            )
        if self.normalisation not in get_args(Normalisation):
            raise ConfigError(
                f"normalisation must be one of {', '.join(get_args(Normalisation))}, "
                f"got {self.normalisation!r}."
            )

    def _refuse_sizes_that_do_not_fit(self) -> None:
        cell, rest = divmod(self.image_size, max(self.stylemap_size, 1))
        if self.stylemap_size < 1 or rest or cell.bit_count() != 1 or self.image_size < 8:
            raise ConfigError(
                "image_size must be at least 8, and stylemap_size times a power of two; got "
                f"{self.image_size} and {self.stylemap_size}."
            )

    @property
    def cell_size(self) -> int:
        """Pixels of the image under one cell of the stylemap, along one side."""
        return self.image_size // self.stylemap_size

    @property
    def border_fade(self) -> int:
        """Pixels over which edits fade the border of a mask, to either side.

        Scales and shifts from 3x3 cells mix the styles at a border by themselves.
        """
        return SOFT_BORDER if self.modulation_kernel == 1 else 0

    @property
    def doublings(self) -> int:
        """Number of times the synthesis network doubles the resolution."""
        return self.cell_size.bit_length() - 1

    @property
    def discriminator_halvings(self) -> int:
        """Number of times the discriminator halves the resolution, down to 4 to 7 pixels."""
        return halvings(self.image_size)


def halvings(image_size: int) -> int:
    """Count how often an image can be halved down to 4 to 7 pixels, or to an odd size."""
    count = 0
    while image_size % 2 == 0 and image_size // 2 >= 4:
        image_size //= 2
        count += 1
    return count

"""The cells of the ablation: each varies one thing."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

DataName = Literal["avatars", "hands"]

BASE_SIZE = 8
"""Stylemap size of all variants but the sizes themselves, in cells."""
SIZES = (BASE_SIZE, 1, 16, 4, 32)
"""Stylemap sizes compared, in the order in which they are trained."""


@dataclass(frozen=True, kw_only=True)
class Variant:
    """A way to train, and how it differs from `joint` and `complete`."""

    name: str
    meaning: str
    """The difference, as the table shows it."""
    without: tuple[str, ...] = ()
    """Loss weights that are 0 from the end of the warm-up on."""
    networks: Mapping[str, Any] = field(default_factory=dict)
    """Fields of `ModelConfig` that differ from `joint`."""
    has_pixel_noise: bool = False
    """Train a generator that adds noise at every pixel."""
    is_sequential: bool = False
    """Train generator and discriminator first, then the encoder with the generator frozen."""

    @property
    def warms_up_as(self) -> str:
        """The variant whose warm-up it shares: losses are left out only after the warm-up."""
        return self.name if self.networks or self.has_pixel_noise else JOINT.name


JOINT = Variant(name="joint", meaning="all networks together, all losses")
COMPLETE = Variant(name="complete", meaning=JOINT.meaning)
"""Like `joint`, but trained as long as the variants; `joint` is as long as the other sizes."""
VARIANTS = (
    COMPLETE,
    Variant(
        name="no-domain-guided",
        meaning="without the domain-guided loss",
        without=("domain_guided", "discriminator_domain_guided"),
    ),
    Variant(
        name="no-latent",
        meaning="without latent reconstruction",
        without=("latent_reconstruction",),
    ),
    Variant(
        name="no-adversarial",
        meaning="without the adversarial loss of random images",
        without=("adversarial",),
    ),
    Variant(name="no-perceptual", meaning="without the perceptual loss", without=("perceptual",)),
    Variant(name="no-pixels", meaning="without the pixel loss", without=("reconstruction",)),
    Variant(
        name="instance",
        meaning="instance instead of layer normalisation",
        networks={"normalisation": "instance"},
    ),
    Variant(
        name="pixel-noise",
        meaning="with per-pixel noise in the synthesis network",
        has_pixel_noise=True,
    ),
    Variant(
        name="sequential",
        meaning="generator first, then the encoder with the generator frozen",
        is_sequential=True,
    ),
)
WIDE_VECTOR = Variant(
    name="wide-vector",
    meaning="a vector of 512 numbers instead of 64",
    networks={"style_channels": 512},
)


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One model of the tables: a data set, a stylemap size and a variant."""

    data: DataName
    stylemap_size: int = BASE_SIZE
    variant: Variant = JOINT

    @property
    def is_variant(self) -> bool:
        """Whether it is compared with other variants, not with other sizes."""
        return self.variant in VARIANTS

    @property
    def name(self) -> str:
        """Name of its folder and of its results."""
        return f"{self.data}-{self.stylemap_size}-{self.variant.name}"

    @property
    def warm_up_name(self) -> str:
        """Name of the folder of its warm-up, which cells with equal warm-ups share."""
        return f"{self.data}-{self.stylemap_size}-{self.variant.warms_up_as}"


def all_cells() -> list[Cell]:
    """List all cells, the most important first: sizes on both data sets, then variants."""
    sizes = [Cell(data=data, stylemap_size=size) for data in ("avatars", "hands") for size in SIZES]
    variants = [Cell(data="avatars", variant=variant) for variant in VARIANTS]
    return [*sizes, *variants, Cell(data="avatars", stylemap_size=1, variant=WIDE_VECTOR)]

"""Presets: named configurations to start from."""

import dataclasses

from stylemapgan.config.model import ModelConfig
from stylemapgan.config.run_config import RunConfig
from stylemapgan.config.training import LossWeights, TrainConfig
from stylemapgan.config.vector import VectorConfig
from stylemapgan.errors import ConfigError

PAPER_WIDTHS = {4: 512, 8: 512, 16: 512, 32: 512, 64: 512, 128: 256, 256: 128, 512: 64, 1024: 32}
"""Channels at each resolution in the paper's networks."""


def paper_model(image_size: int, stylemap_size: int = 8) -> ModelConfig:
    """Shape the paper's networks: resized stylemaps as wide as the features they modulate."""
    widths = _paper_widths(stylemap_size, image_size)
    return ModelConfig(
        image_size=image_size,
        stylemap_size=stylemap_size,
        generator_widths=widths,
        resizer_widths=widths,
        encoder_widths=widths,
        discriminator_widths=_paper_widths(4, image_size),
    )


def paper_light_model(image_size: int, stylemap_size: int) -> ModelConfig:
    """Shape the paper's light generator: resized stylemaps keep the channels of the stylemap."""
    widths = _paper_widths(stylemap_size, image_size)
    return ModelConfig(
        image_size=image_size,
        stylemap_size=stylemap_size,
        generator_widths=widths,
        resizer_widths=(64,) * len(widths),
        encoder_widths=widths,
        discriminator_widths=_paper_widths(4, image_size),
    )


def preset(name: str) -> RunConfig:
    """Look up a preset.

    Raises:
        ConfigError: No preset has that name.
    """
    try:
        return PRESETS[name]
    except KeyError:
        raise ConfigError(f"Unknown preset {name!r}: choose one of {', '.join(PRESETS)}.") from None


def _paper_widths(smallest: int, largest: int) -> tuple[int, ...]:
    return tuple(width for size, width in PAPER_WIDTHS.items() if smallest <= size <= largest)


TINY = ModelConfig(
    image_size=32,
    stylemap_size=4,
    style_channels=8,
    generator_widths=(16, 16, 12, 8),
    resizer_widths=(12, 12, 8, 8),
    encoder_widths=(16, 16, 12, 8),
    discriminator_widths=(16, 16, 12, 8),
    mapping_layers=3,
)
LAPTOP_64 = ModelConfig(
    image_size=64,
    generator_widths=(128, 96, 64, 32),
    resizer_widths=(64, 48, 32, 16),
    encoder_widths=(128, 96, 48, 24),
    discriminator_widths=(128, 128, 96, 48, 24),
    modulation_kernel=1,
)
LAPTOP_128 = ModelConfig(
    image_size=128,
    generator_widths=(256, 224, 160, 80, 40),
    resizer_widths=(64, 64, 48, 32, 24),
    encoder_widths=(256, 256, 160, 80, 40),
    discriminator_widths=(256, 256, 192, 128, 64, 32),
    modulation_kernel=1,
)
LAPTOP_128_LIGHT = ModelConfig(
    image_size=128,
    generator_widths=(*LAPTOP_64.generator_widths, 24),
    resizer_widths=(*LAPTOP_64.resizer_widths, 12),
    encoder_widths=(*LAPTOP_64.encoder_widths, 16),
    discriminator_widths=(*LAPTOP_64.discriminator_widths, 16),
    modulation_kernel=1,
)
"""`laptop-64` with one more level; can start from its weights (`init_from`)."""
LAPTOP_128_FINE = dataclasses.replace(
    LAPTOP_64,
    image_size=128,
    stylemap_size=16,
    discriminator_widths=(*LAPTOP_64.discriminator_widths, 16),
)
"""`laptop-64` with four times the cells, and so the pixels; can start from its weights."""
LAPTOP_256 = ModelConfig(
    image_size=256,
    generator_widths=(256, 192, 128, 64, 32, 16),
    resizer_widths=(64, 64, 48, 32, 16, 8),
    encoder_widths=(192, 160, 96, 48, 24, 12),
    discriminator_widths=(256, 256, 192, 128, 64, 32, 16),
    modulation_kernel=1,
)
VECTOR_TINY_32 = VectorConfig(
    image_size=32,
    style_channels=8,
    generator_widths=(16, 16, 12, 8),
    encoder_widths=(8, 16, 12, 8),
    discriminator_widths=TINY.discriminator_widths,
    mapping_layers=3,
    styles="layered",
)
VECTOR_LAPTOP_64 = VectorConfig(
    image_size=64,
    style_channels=96,
    generator_widths=(112, 112, 96, 72, 48),
    encoder_widths=(16, 32, 48, 48, 36),
    discriminator_widths=LAPTOP_64.discriminator_widths,
    styles="layered",
)
"""As many parameters and operations as `laptop-64`, network by network, within a tenth."""

LAPTOP_TRAINING = TrainConfig(
    images=84_000,
    batch=4,
    learning_rate=0.001,
    warm_up_learning_rate=0.004,
    warm_up_beta1=0.5,
    r1_gamma="auto",
    ema_half_life=2_000.0,
    weights=LossWeights(adversarial=0.25, reconstruction=12.0, perceptual=3.0, domain_guided=0.1),
    perceptual_network="efficientnet-lite0",
    perceptual_from=24_000,
    adversarial_from=56_000,
    mapping_head_start=True,
    cooldown=14_000,
    augmentations=("translation",),
    precision="auto",
    snapshot_every=4_000,
    sample_every=4_000,
)
"""An hour and 20 minutes of processor time for `laptop-64`: one thread of an AMD EPYC, bf16."""


def vector_laptop(image_size: int) -> VectorConfig:
    """Extend `VECTOR_LAPTOP_64` to larger images: each further level has half the channels."""
    config = VECTOR_LAPTOP_64
    while config.image_size < image_size:
        finer = {
            name: (*widths, widths[-1] // 2)
            for name in ("generator_widths", "encoder_widths", "discriminator_widths")
            for widths in [getattr(config, name)]
        }
        config = dataclasses.replace(config, image_size=2 * config.image_size, **finer)
    return config


def vector_paper(image_size: int) -> VectorConfig:
    """Shape vector networks with the channels of the paper's networks at each resolution."""
    widths = _paper_widths(4, image_size)
    return VectorConfig(
        image_size=image_size,
        generator_widths=widths,
        encoder_widths=widths,
        discriminator_widths=widths,
    )


def _laptop(model: ModelConfig) -> RunConfig:
    vector = vector_laptop(model.image_size)
    return RunConfig(model=model, vector=vector, training=LAPTOP_TRAINING)


def _paper(model: ModelConfig) -> RunConfig:
    return RunConfig(model=model, vector=vector_paper(model.image_size))


TINY_32 = RunConfig(
    model=TINY,
    vector=VECTOR_TINY_32,
    training=TrainConfig(images=2_000, batch=8, perceptual_network="none"),
)
PRESETS = {
    "tiny-32": TINY_32,
    "laptop-64": _laptop(LAPTOP_64),
    "laptop-128": _laptop(LAPTOP_128),
    "laptop-128-light": _laptop(LAPTOP_128_LIGHT),
    "laptop-128-fine": _laptop(LAPTOP_128_FINE),
    "laptop-256": _laptop(LAPTOP_256),
    "paper-128": _paper(paper_model(128)),
    "paper-256": _paper(paper_model(256)),
    "paper-512": _paper(paper_model(512)),
    "paper-1024-light": _paper(paper_light_model(1024, stylemap_size=16)),
    "vector-tiny-32": dataclasses.replace(TINY_32, method="backbone"),
    "vector-laptop-64": dataclasses.replace(_laptop(LAPTOP_64), method="backbone"),
}
"""Configurations by name; the `paper-*` presets follow the paper throughout, and the `vector-*`
presets train the vector backbone."""

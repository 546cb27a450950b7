"""The configuration of a cell's runs, from the cell and a budget.

All stylemap sizes have the same widths at the same resolution: a larger stylemap omits the levels
below it, with their parameters and operations, as in the paper.
"""

import dataclasses
from dataclasses import dataclass
from pathlib import Path

from benchmarks.paper.budgets import Budget
from benchmarks.paper.variants import Cell
from stylemapgan.config import DataConfig, ModelConfig, RunConfig, TrainConfig
from stylemapgan.config.training import LossWeights

IMAGE_SIZE = 64
WIDTHS = {1: 96, 2: 96, 4: 96, 8: 96, 16: 64, 32: 32, 64: 16}
"""Channels of synthesis network, encoder and discriminator at each resolution."""
STYLE_WIDTHS = {1: 48, 2: 48, 4: 48, 8: 48, 16: 32, 32: 16, 64: 8}
"""Channels of the resized stylemaps at each resolution."""
MAPPING_LAYERS = 4
FLIPS = {"avatars": False, "hands": True}
"""Whether a mirrored picture could be of the same data set."""
RECONSTRUCTION_WEIGHT, PERCEPTUAL_WEIGHT = 12.0, 3.0
"""As in the `laptop-*` presets, for all budgets."""


@dataclass(frozen=True, kw_only=True)
class Stage:
    """A part of a cell's training, as a run with its own folder."""

    folder: str
    """Path below the output folder."""
    config: RunConfig
    has_pixel_noise: bool = False
    is_generator_frozen: bool = False


def stages(cell: Cell, budget: Budget, photos: Path) -> list[Stage]:
    """List the stages of a cell; each continues from the saved state of the one before."""
    if cell.variant.is_sequential:
        return _sequential_stages(cell, budget, photos)
    whole = Stage(
        folder=f"cells/{cell.name}",
        config=_config(cell, budget, photos),
        has_pixel_noise=cell.variant.has_pixel_noise,
    )
    if not budget.adversarial_from:
        return [whole]
    config = _with(whole.config, images=budget.adversarial_from, weights=_weights(budget))
    config = _with(config, cooldown=0)
    warm_up = dataclasses.replace(whole, folder=f"warm-ups/{cell.warm_up_name}", config=config)
    return [warm_up, whole]


def _sequential_stages(cell: Cell, budget: Budget, photos: Path) -> list[Stage]:
    """Split the images: half for generator and discriminator, half for the encoder.

    The generator is trained by the adversarial loss alone: every loss that involves the encoder has
    weight 0, and there is no warm-up. Then the encoder is trained by pixels and features.
    """
    images = _images(cell, budget)
    half = images // 2 // budget.batch * budget.batch
    joint = _with(_config(cell, budget, photos), mapping_head_start=False, cooldown=0)
    alone = LossWeights(
        latent_reconstruction=0.0,
        discriminator_domain_guided=0.0,
        reconstruction=0.0,
        perceptual=0.0,
        domain_guided=0.0,
    )
    first = _with(joint, images=half, adversarial_from=0, weights=alone, perceptual_network="none")
    second = _with(joint, adversarial_from=images, perceptual_from=half)
    return [
        Stage(folder=f"warm-ups/{cell.name}-generator", config=first),
        Stage(folder=f"cells/{cell.name}", config=second, is_generator_frozen=True),
    ]


def _images(cell: Cell, budget: Budget) -> int:
    return budget.images_of_variants if cell.is_variant else budget.images


def _config(cell: Cell, budget: Budget, photos: Path) -> RunConfig:
    images = _images(cell, budget)
    training = TrainConfig(
        images=images,
        batch=budget.batch,
        learning_rate=0.001 if budget.adversarial_from else 0.002,
        r1_gamma="auto",
        ema_half_life=budget.ema_half_life,
        weights=_weights(budget, cell.variant.without),
        perceptual_network="efficientnet-lite0",
        perceptual_from=budget.perceptual_from,
        adversarial_from=budget.adversarial_from,
        mapping_head_start=budget.adversarial_from > 0,
        cooldown=budget.cooldown,
        augmentations=("translation",),
        horizontal_flips=FLIPS[cell.data],
        precision=budget.precision,
        snapshot_every=budget.save_every,
        sample_every=budget.images_of_variants + 1,  # never: cells are measured afterwards
        keep_snapshots=1,
    )
    data = DataConfig(
        photos=str((photos / "train").resolve()), validation=str((photos / "val").resolve())
    )
    return RunConfig(model=_model(cell), training=training, data=data)


def _model(cell: Cell) -> ModelConfig:
    widths = _from(cell.stylemap_size, WIDTHS)
    return ModelConfig(
        image_size=IMAGE_SIZE,
        stylemap_size=cell.stylemap_size,
        generator_widths=widths,
        resizer_widths=_from(cell.stylemap_size, STYLE_WIDTHS),
        encoder_widths=widths,
        discriminator_widths=_from(4, WIDTHS),
        mapping_layers=MAPPING_LAYERS,
        **cell.variant.networks,
    )


def _from(smallest: int, widths: dict[int, int]) -> tuple[int, ...]:
    return tuple(width for size, width in widths.items() if size >= smallest)


def _weights(budget: Budget, without: tuple[str, ...] = ()) -> LossWeights:
    weights = LossWeights(
        adversarial=budget.adversarial_weight,
        domain_guided=budget.adversarial_weight,
        reconstruction=RECONSTRUCTION_WEIGHT,
        perceptual=PERCEPTUAL_WEIGHT,
    )
    return dataclasses.replace(weights, **dict.fromkeys(without, 0.0))


def _with(config: RunConfig, **changes: object) -> RunConfig:
    training = dataclasses.replace(config.training, **changes)  # pyright: ignore[reportArgumentType]
    return dataclasses.replace(config, training=training)

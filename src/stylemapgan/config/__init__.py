"""All configuration, as frozen dataclasses that validate themselves."""

from stylemapgan.config.model import ModelConfig
from stylemapgan.config.plain_values import from_dict, to_dict
from stylemapgan.config.presets import PRESETS, preset
from stylemapgan.config.run_config import DataConfig, RunConfig, read_toml, to_toml
from stylemapgan.config.training import (
    AdaConfig,
    LossWeights,
    PhotoAugmentationConfig,
    SpeedConfig,
    StabilityConfig,
    TrainConfig,
)
from stylemapgan.config.vector import VectorConfig

__all__ = [
    "PRESETS",
    "AdaConfig",
    "DataConfig",
    "LossWeights",
    "ModelConfig",
    "PhotoAugmentationConfig",
    "RunConfig",
    "SpeedConfig",
    "StabilityConfig",
    "TrainConfig",
    "VectorConfig",
    "from_dict",
    "preset",
    "read_toml",
    "to_dict",
    "to_toml",
]

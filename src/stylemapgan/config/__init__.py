"""Every setting, as frozen dataclasses that check themselves."""

from stylemapgan.config.model import ModelConfig
from stylemapgan.config.presets import PRESETS, preset
from stylemapgan.config.run import DataConfig, RunConfig, from_dict, read_toml, to_dict, to_toml
from stylemapgan.config.training import LossWeights, TrainConfig

__all__ = [
    "PRESETS",
    "DataConfig",
    "LossWeights",
    "ModelConfig",
    "RunConfig",
    "TrainConfig",
    "from_dict",
    "preset",
    "read_toml",
    "to_dict",
    "to_toml",
]

"""An editor whose stylemaps are the pictures themselves: it loses nothing."""

import numpy as np

from stylemapgan.config import ModelConfig, preset
from stylemapgan.editing import AbstractEditor
from stylemapgan.editing.operations import WPlus
from stylemapgan.images.levels import to_numpy


class PixelEditor(AbstractEditor):
    """Cells are pixels, styles are colours, and w_plus is the picture once."""

    @property
    def config(self) -> ModelConfig:
        return preset("tiny-32").model

    def as_array(self, values) -> np.ndarray:
        return to_numpy(values)

    def encode(self, images) -> np.ndarray:
        return self.as_images(images)

    def resize(self, stylemaps) -> list[np.ndarray]:
        return [stylemaps]

    def synthesize(self, w_plus: WPlus) -> np.ndarray:
        return w_plus[0]

    def features(self, w_plus: WPlus) -> np.ndarray:
        return w_plus[0]

    def sample(self, count: int, seed: int = 0) -> np.ndarray:
        randomness = np.random.default_rng(seed)
        return randomness.uniform(-1, 1, (count, 3, 32, 32)).astype(np.float32)

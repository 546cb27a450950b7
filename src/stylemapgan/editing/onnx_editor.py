"""The editor that runs on ONNX Runtime, without PyTorch."""

from collections.abc import Callable
from pathlib import Path
from typing import final

import numpy as np

from stylemapgan import zoo
from stylemapgan.config import ModelConfig
from stylemapgan.editing.abstract import AbstractEditor
from stylemapgan.editing.checks import AnyImages
from stylemapgan.editing.onnx_modulation import RememberedModulation, modulate
from stylemapgan.editing.onnx_sessions import OnnxNetworks
from stylemapgan.editing.operations import WPlus
from stylemapgan.errors import CheckpointError
from stylemapgan.images.levels import to_numpy
from stylemapgan.types import Array, Stylemap


@final
class OnnxEditor(AbstractEditor):
    """Edit pictures with networks that ONNX Runtime runs on the CPU.

    Results are float32 NumPy arrays. May be used from several threads at once.
    """

    def __init__(self, networks: OnnxNetworks) -> None:
        """Take networks over.

        Raises:
            CheckpointError: The folder holds no exported model.
        """
        self._networks = networks
        self._facts = networks.facts

    @classmethod
    def load(cls, name_or_folder: str | Path, threads: int | None = None) -> "OnnxEditor":
        """Load a bundled model by its name, or an exported model by its folder.

        Args:
            name_or_folder: A bundled name, or a folder that `stylemapgan export` wrote.
            threads: How many compute; else OMP_NUM_THREADS, else one for each core.

        Raises:
            CheckpointError: There is no such model, or its files are damaged.
        """
        folder = zoo.find_onnx(name_or_folder)
        if folder is None:
            raise CheckpointError(
                f"There is no exported model {str(name_or_folder)!r}: give a folder that "
                "`stylemapgan export` wrote, or the name of a bundled model "
                f"({', '.join(zoo.BUNDLED)})."
            )
        return cls(OnnxNetworks(folder, threads))

    @property
    def config(self) -> ModelConfig:
        """Shapes of the networks."""
        return self._facts["config"]

    @property
    def typical_errors(self) -> tuple[float, ...]:
        """How well photos the model never saw come back, as the model's files say."""
        return self._facts["typical_errors"]

    def as_array(self, values: Array) -> np.ndarray:
        """Turn values into float32 NumPy arrays."""
        return np.ascontiguousarray(to_numpy(values))

    def encode(self, images: AnyImages) -> np.ndarray:
        """Find the stylemaps of photos."""
        return self._networks.run("encoder", {"image": self.as_images(images)})[0]

    def resize(self, stylemaps: Stylemap) -> list[np.ndarray]:
        """Turn stylemaps into w_plus: one resized stylemap for each modulated layer."""
        return self._networks.run("resizer", {"stylemap": self.as_array(stylemaps)})

    def synthesize(self, w_plus: WPlus) -> np.ndarray:
        """Turn resized stylemaps into images."""
        return self._synthesis(w_plus, "image")

    def painter(self) -> Callable[[WPlus], np.ndarray]:
        """Give a `synthesize` that modulates anew only what changed since its last call."""
        modulation = RememberedModulation(self._networks)

        def paint(w_plus: WPlus) -> np.ndarray:
            modulations = modulation.of([self.as_array(part) for part in w_plus])
            return self._networks.run("synthesis", modulations, ["image"])[0]

        return paint

    def features(self, w_plus: WPlus) -> np.ndarray:
        """Compute what the synthesis network thinks of each place on its way to the image."""
        return self._synthesis(w_plus, "features")

    def sample(self, count: int, seed: int = 0) -> np.ndarray:
        """Draw random stylemaps; the first ones are the same for every count and editor."""
        z = np.random.default_rng(seed).standard_normal((count, self.config.style_channels))
        return self._networks.run("mapping", {"z": self.as_array(z)})[0]

    def _synthesis(self, w_plus: WPlus, output: str) -> np.ndarray:
        """Go one by one through a batch: modulations take many times the memory of pictures."""
        styles = [self.as_array(part) for part in w_plus]
        results = []
        for start in range(len(styles[0])):
            modulations = modulate(self._networks, [part[start : start + 1] for part in styles])
            results += self._networks.run("synthesis", modulations, [output])
        return np.concatenate(results)

"""What tasks work with: an editor, photos, networks that judge, and room to work."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from jaxtyping import Float32

from stylemapgan.config.evaluation import EvaluationConfig
from stylemapgan.editing import AbstractEditor
from stylemapgan.editing.operations import WPlus
from stylemapgan.evaluation.cache import FeatureCache
from stylemapgan.evaluation.data import TestData
from stylemapgan.evaluation.judges.features import FeatureNetwork, PictureDistance
from stylemapgan.features.resnet import CNNDetection
from stylemapgan.images.levels import to_numpy
from stylemapgan.metrics.intervals import Bootstrap
from stylemapgan.types import Images, Stylemap

OnProgress = Callable[[str, int, int], None]
"""Told what is being done, how much of it is, and how much there is in all."""
PIXELS_AT_ONCE = 512 * 512
MOST_AT_ONCE = 64


def _silent(what: str, done: int, total: int) -> None:
    """Tell nobody."""


@dataclass(eq=False)
class EvaluationContext:
    """Arrays are NumPy, pictures clamped to [-1, 1] as files would hold them (but not rounded).

    Stylemaps of all test photos are found once, when a task first asks, and kept in memory.
    """

    editor: AbstractEditor
    data: TestData
    features: FeatureNetwork
    """Network behind distances between sets of pictures."""
    distances: tuple[PictureDistance, ...]
    """Perceptual distances between two pictures; the first is the one that tasks use that need
    just one."""
    config: EvaluationConfig = field(default_factory=EvaluationConfig)
    cache: FeatureCache = field(default_factory=FeatureCache)
    device: str = "cpu"
    """Where tasks train small networks of their own."""
    cnn_detection: CNNDetection | None = None
    """On that device, where somebody has its weights."""
    on_progress: OnProgress = _silent

    @cached_property
    def exact(self) -> "EvaluationContext":
        """The same in float32 whatever the editor's precision: for differences of close values."""
        editor = self.editor.in_float32()
        return self if editor is self.editor else replace(self, editor=editor)

    @property
    def bootstrap(self) -> Bootstrap:
        """How intervals are made."""
        return Bootstrap(confidence=self.config.confidence, seed=self.config.seed)

    @property
    def batch(self) -> int:
        """Pictures computed at once."""
        fitting = PIXELS_AT_ONCE // self.editor.image_size**2
        return self.config.batch or min(max(fitting, 1), MOST_AT_ONCE)

    def batches(self, count: int, what: str) -> Iterator[slice]:
        """Cut so many rows into batches and report each as done when the next is asked for.

        Args:
            count: Rows in all.
            what: Is being done to them: `reconstructing`.
        """
        self.on_progress(what, 0, count)
        for start in range(0, count, self.batch):
            stop = min(start + self.batch, count)
            yield slice(start, stop)
            self.on_progress(what, stop, count)

    @cached_property
    def stylemaps(self) -> Float32[np.ndarray, "photos style rows columns"]:
        """What the encoder makes of all test photos."""
        found = [
            self.encode(self.data.images(rows))
            for rows in self.batches(len(self.data), "encoding photos")
        ]
        return np.concatenate(found)

    def encode(self, images: Images) -> Float32[np.ndarray, "batch style rows columns"]:
        """Find stylemaps of a batch."""
        return to_numpy(self.editor.encode(self.editor.as_array(images)))

    def decode(self, stylemaps: Stylemap) -> Float32[np.ndarray, "batch 3 height width"]:
        """Turn stylemaps of a batch into pictures."""
        return self.synthesize(self.resize(stylemaps))

    def resize(self, stylemaps: Stylemap) -> WPlus:
        """Turn stylemaps of a batch into w_plus, in the editor's own arrays."""
        return self.editor.resize(self.editor.as_array(stylemaps))

    def synthesize(self, w_plus: WPlus) -> Float32[np.ndarray, "batch 3 height width"]:
        """Turn w_plus of a batch into pictures."""
        return np.clip(to_numpy(self.editor.synthesize(w_plus)), -1, 1)

"""What tasks work with: methods, photos, networks that judge, and settings."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float32

from stylemapgan.config.evaluation import EvaluationConfig
from stylemapgan.editing.edit import Edit
from stylemapgan.errors import ConfigError
from stylemapgan.evaluation.cache import FeatureCache
from stylemapgan.evaluation.data import Rows, TestData
from stylemapgan.evaluation.judges.features import FeatureNetwork, PictureDistance
from stylemapgan.features.resnet import CNNDetection
from stylemapgan.images.levels import to_numpy
from stylemapgan.methods.abstract import (
    LACKS,
    AbstractMethod,
    Capability,
    LabelMaps,
    Latent,
)
from stylemapgan.methods.registry import main_method
from stylemapgan.metrics.intervals import Bootstrap
from stylemapgan.types import Images

OnProgress = Callable[[str, int, int], None]
"""Called with a step's name, how much of it is done, and how much there is in all."""
Decoded = Float32[np.ndarray, "batch 3 height width"]
PIXELS_AT_ONCE = 512 * 512
MOST_AT_ONCE = 64


def _silent(step: str, done: int, total: int) -> None:
    """Ignore progress."""


@dataclass(eq=False)
class EvaluationContext:
    """Pictures are NumPy arrays clamped to [-1, 1] as in files, but not rounded to levels.

    Latents of all test photos are computed when a task first asks for them, and kept.
    """

    methods: Sequence[AbstractMethod]
    """What is measured; at least one."""
    data: TestData
    features: FeatureNetwork
    """Network behind distances between sets of pictures."""
    distances: tuple[PictureDistance, ...]
    """Perceptual distances between two pictures; tasks that need one use the first."""
    config: EvaluationConfig = field(default_factory=EvaluationConfig)
    cache: FeatureCache = field(default_factory=FeatureCache)
    device: str = "cpu"
    """Where tasks train small networks of their own."""
    cnn_detection: CNNDetection | None = None
    """On that device; None without its weights."""
    on_progress: OnProgress = _silent
    _latents: dict[str, Latent] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        if not self.methods:
            raise ConfigError("An evaluation needs at least one method.")

    @property
    def main(self) -> AbstractMethod:
        """The method that the summary shows."""
        return main_method(self.methods)

    @property
    def image_size(self) -> int:
        """Height and width of pictures, in pixels."""
        return self.data.photos.size

    @property
    def bootstrap(self) -> Bootstrap:
        """How intervals are computed."""
        return Bootstrap(confidence=self.config.confidence, seed=self.config.seed)

    @property
    def batch(self) -> int:
        """Pictures computed at once."""
        fitting = PIXELS_AT_ONCE // self.image_size**2
        return self.config.batch or min(max(fitting, 1), MOST_AT_ONCE)

    def batches(self, count: int, step: str) -> Iterator[slice]:
        """Cut rows into batches; report each as done when the next is asked for.

        Args:
            count: Rows in all.
            step: What is being done, such as `encoding photos`.
        """
        self.on_progress(step, 0, count)
        for start in range(0, count, self.batch):
            stop = min(start + self.batch, count)
            yield slice(start, stop)
            self.on_progress(step, stop, count)

    def able(self, capability: Capability, *, with_maps: bool = True) -> list[AbstractMethod]:
        """List the methods that can do something with this data.

        Args:
            capability: What.
            with_maps: Whether they get maps of parts, where the data has any.
        """
        reasons = (self.why_not(each, capability, with_maps=with_maps) for each in self.methods)
        return [each for each, why in zip(self.methods, reasons, strict=True) if why is None]

    def encodings(self, capability: Capability, *, with_maps: bool = True) -> list[AbstractMethod]:
        """List able methods without those that share the encoding of another; `main` first."""
        found: dict[str, AbstractMethod] = {}
        able = self.able(capability, with_maps=with_maps)
        for method in sorted(able, key=lambda method: method is not self.main):
            found.setdefault(method.encoding, method)
        return list(found.values())

    def sharing(self, method: AbstractMethod) -> tuple[str, ...]:
        """Name the methods whose encoding is that of a method, itself among them."""
        return tuple(each.name for each in self.methods if each.encoding == method.encoding)

    def why_not(
        self, method: AbstractMethod, capability: Capability, *, with_maps: bool = True
    ) -> str | None:
        """Say why a method is left out; None if it is not."""
        if not method.can(capability):
            by_name = capability == "edits_by_mask" and method.capabilities.edits_by_part
            return "edits parts by name only, not by mask" if by_name else LACKS[capability]
        if method.capabilities.needs_label_map and not (with_maps and self.data.part_names):
            return "needs a map of parts for each photo, which this data lacks"
        return None

    def latents(self, method: AbstractMethod) -> Latent:
        """Encode all test photos, once for all methods of one encoding."""
        if method.encoding not in self._latents:
            batches = self.batches(len(self.data), "encoding photos")
            found = [self.encode_tested(method, rows).on_cpu() for rows in batches]
            self._latents[method.encoding] = Latent.join(found)
        return self._latents[method.encoding]

    def encode(
        self, method: AbstractMethod, images: Images, maps: LabelMaps | None = None
    ) -> Latent:
        """Encode a batch of photos, with their maps of parts if the method needs them."""
        needed = maps if method.capabilities.needs_label_map else None
        return method.encode(images, needed).on_cpu()

    def decode(self, method: AbstractMethod, latent: Latent) -> Decoded:
        """Turn latents of a batch into pictures."""
        return np.clip(to_numpy(method.decode(latent)), -1, 1)

    def edit(self, method: AbstractMethod, source: Latent, edit: Edit) -> Decoded:
        """Edit a batch and turn it into pictures."""
        return self.decode(method, method.edit(source, edit))

    def maps_for(self, method: AbstractMethod, rows: Rows) -> LabelMaps | None:
        """Read the maps of test photos, if a method needs them."""
        return self.data.part_maps(rows) if method.capabilities.needs_label_map else None

    def encode_tested(self, method: AbstractMethod, rows: Rows) -> Latent:
        """Encode test photos, with their maps if the method needs them."""
        return method.encode(self.data.images(rows), self.maps_for(method, rows))

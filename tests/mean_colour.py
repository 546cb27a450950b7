"""A method with a model of its own, as simple as one can be."""

from pathlib import Path
from typing import ClassVar, final

import numpy as np

from stylemapgan.checkpoints.method_file import MethodCheckpoint, write_method
from stylemapgan.editing import Edit
from stylemapgan.images.levels import to_numpy
from stylemapgan.methods.abstract import AbstractTrainedMethod, Capabilities, LabelMaps, Latent
from stylemapgan.types import Images

COLOUR, SIZE = "colour", 32


@final
class MeanColour(AbstractTrainedMethod):
    """Encodes a photo as its mean colour, times what its file says."""

    name: ClassVar[str] = "mean-colour"
    about: ClassVar[str] = "Fills the picture with the photo's mean colour."
    capabilities: ClassVar[Capabilities] = Capabilities(
        reconstructs=True, generates=True, interpolates=True
    )

    def __init__(self, factor: float) -> None:
        self._factor = factor

    @classmethod
    def open(cls, checkpoint: MethodCheckpoint) -> "MeanColour":
        return cls(float(checkpoint.tensors["factor"][0]))

    @property
    def image_size(self) -> int:
        return SIZE

    def encode(self, images: Images, label_maps: LabelMaps | None = None) -> Latent:
        return Latent({COLOUR: self._factor * to_numpy(images).mean(axis=(2, 3), keepdims=True)})

    def decode(self, latent: Latent) -> Images:
        return np.broadcast_to(latent.arrays[COLOUR], (len(latent), 3, SIZE, SIZE)).copy()

    def edit(self, source: Latent, edit: Edit) -> Latent:
        self._refuse("edits_by_mask")

    def interpolate(self, start: Latent, end: Latent, positions: np.ndarray) -> Latent:
        first, last = start.arrays[COLOUR], end.arrays[COLOUR]
        return Latent({COLOUR: first + positions[:, None, None, None] * (last - first)})

    def sample(self, count: int, seed: int) -> Latent:
        drawn = np.random.default_rng(seed).uniform(-1, 1, (count, 3, 1, 1))
        return Latent({COLOUR: drawn.astype(np.float32)})

    def truncate(self, latent: Latent, psi: float) -> Latent:
        return Latent({COLOUR: psi * latent.arrays[COLOUR]})

    @property
    def encoding(self) -> str:
        return "mean colours"


def write_mean_colour(path: Path, factor: float) -> None:
    """Write a model file of the method."""
    write_method(
        path,
        MethodCheckpoint(
            method="mean-colour",
            config={"image_size": SIZE},
            tensors={"factor": np.array([factor], dtype=np.float32)},
            images_seen=7,
            licence="CC0-1.0",
            data="Fotos von Händen",
        ),
    )

"""Learned inverters as methods: an encoder finds a photo's latent, a generator decodes it."""

from abc import abstractmethod
from collections.abc import Mapping
from typing import ClassVar, Generic, TypeAlias, TypeVar

import numpy as np
import torch
from jaxtyping import Float, Float32
from torch import Tensor, nn

from stylemapgan.checkpoints.method_file import MethodCheckpoint
from stylemapgan.config import VectorConfig
from stylemapgan.editing.checks import refuse_unfit_images
from stylemapgan.editing.edit import Edit
from stylemapgan.errors import EditError
from stylemapgan.images.resizing import shrink
from stylemapgan.methods.abstract import (
    AbstractTrainedMethod,
    Capabilities,
    LabelMaps,
    Latent,
)
from stylemapgan.methods.backbone import VectorGenerator
from stylemapgan.methods.network_files import fill_networks, shapes_of
from stylemapgan.methods.photo_sizes import photo_size
from stylemapgan.types import Array, Images

EncoderType = TypeVar("EncoderType", bound=nn.Module)
Tensors: TypeAlias = Mapping[str, Tensor]


class AbstractLatentMethod(AbstractTrainedMethod, Generic[EncoderType]):
    """Encodes and decodes in one pass; what latents are made of differs.

    Latents are vectors without positions, so unless a method knows which numbers show which part,
    a mask cannot say what to paste.
    """

    capabilities: ClassVar[Capabilities] = Capabilities(
        reconstructs=True, generates=True, interpolates=True
    )
    method: ClassVar[str]
    """Its name in model files."""
    parts: ClassVar[tuple[str, ...]]
    """Names of the arrays in a latent, (photos, length) each."""

    def __init__(
        self, config: VectorConfig, generator: VectorGenerator, encoder: EncoderType
    ) -> None:
        self.config = config
        self.generator = generator
        self.encoder = encoder

    @classmethod
    def open(cls, checkpoint: MethodCheckpoint) -> "AbstractLatentMethod[EncoderType]":
        """Build generator and encoder of a model file."""
        config = shapes_of(checkpoint, cls.method)
        generator, encoder = VectorGenerator(config), cls.encoder_of(config)
        fill_networks(checkpoint, {"generator": generator, "encoder": encoder})
        return cls(config, generator, encoder)

    @staticmethod
    @abstractmethod
    def encoder_of(config: VectorConfig) -> EncoderType:
        """Build the encoder with fresh weights."""

    @abstractmethod
    def _encode(self, photos: Float[Tensor, "batch 3 height width"]) -> Tensors:
        """Encode photos of the model's size."""

    @abstractmethod
    def _decode(self, latent: Tensors) -> Float[Tensor, "batch 3 height width"]:
        """Turn latents into pictures."""

    @abstractmethod
    def _draw(self, z: Float[Tensor, "batch z"]) -> Tensors:
        """Turn standard normals into latents."""

    @abstractmethod
    def _pull(self, latent: Tensors, psi: float) -> Tensors:
        """Pull latents towards their mean."""

    def encode(self, images: Images, label_maps: LabelMaps | None = None) -> Latent:
        """Encode photos in one pass; larger photos are shrunk first."""
        del label_maps
        size = self.config.image_size
        refuse_unfit_images(images, photo_size(images, size))
        with torch.inference_mode():
            return _latent(self._encode(_tensor(shrink(images, size))))

    def decode(self, latent: Latent) -> Images:
        """Generate pictures of the model's size."""
        with torch.inference_mode():
            return self._decode(self._tensors(latent)).float().numpy()

    def edit(self, source: Latent, edit: Edit) -> Latent:
        """Refuse whatever changes something."""
        if edit.parts:
            self._refuse("edits_by_mask")
        if edit.pushes:
            self._refuse("moves_along_directions")
        return source

    def interpolate(
        self, start: Latent, end: Latent, positions: Float32[np.ndarray, " photos"]
    ) -> Latent:
        """Walk straight from latent to latent."""
        first, last = self._tensors(start), self._tensors(end)
        t = _tensor(positions)[:, None]
        return _latent({name: torch.lerp(first[name], last[name], t) for name in first})

    def sample(self, count: int, seed: int) -> Latent:
        """Draw z from a standard normal distribution."""
        drawn = np.random.default_rng(seed).standard_normal((count, self.config.style_channels))
        with torch.inference_mode():
            return _latent(self._draw(_tensor(drawn)))

    def truncate(self, latent: Latent, psi: float) -> Latent:
        """Pull latents towards their mean."""
        with torch.inference_mode():
            return _latent(self._pull(self._tensors(latent), psi))

    @property
    def image_size(self) -> int:
        """Height and width of the pictures it was trained on, in pixels."""
        return self.config.image_size

    @property
    def encoding(self) -> str:
        """Each method has latents of its own."""
        return f"latents of {self.name}"

    @property
    def parameter_bytes(self) -> int:
        """Parameters of all its networks."""
        parameters = [*self.generator.parameters(), *self.encoder.parameters()]
        return sum(each.numel() * each.element_size() for each in parameters)

    @property
    def runs_on(self) -> Mapping[str, str]:
        """Name PyTorch on the CPU."""
        return {"engine": "PyTorch", "device": "cpu", "threads": str(torch.get_num_threads())}

    def _tensors(self, latent: Latent) -> Tensors:
        if set(latent.arrays) != set(self.parts):
            raise EditError(
                f"The method {self.name} edits what it encoded itself, got a latent of "
                f"{', '.join(latent.arrays)}."
            )
        return {name: _tensor(array) for name, array in latent.arrays.items()}


def _tensor(values: Array) -> Tensor:
    if isinstance(values, np.ndarray):  # copied, for it may be read-only or reversed
        values = values.astype(np.float32)
    return torch.as_tensor(values, dtype=torch.float32, device="cpu")


def _latent(tensors: Tensors) -> Latent:
    return Latent({name: tensor.float().numpy() for name, tensor in tensors.items()})

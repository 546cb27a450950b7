"""The editor that runs on PyTorch."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import final

import numpy as np
import torch
from torch import Tensor

from stylemapgan import zoo
from stylemapgan.checkpoints import networks as checkpoints
from stylemapgan.checkpoints.networks import Networks
from stylemapgan.config import ModelConfig
from stylemapgan.config.training import ChosenPrecision, Precision
from stylemapgan.editing.abstract import AbstractEditor
from stylemapgan.editing.checks import AnyImages
from stylemapgan.editing.framing.framing import Framing, framing_of
from stylemapgan.editing.operations import WPlus
from stylemapgan.errors import EditError
from stylemapgan.machine import one_line
from stylemapgan.machine.precision import MIXED, choose
from stylemapgan.types import Array, Stylemap


@final
class Editor(AbstractEditor):
    """Edit pictures with networks that run on PyTorch.

    Results are float32 tensors on the editor's device.
    """

    def __init__(
        self,
        networks: Networks,
        *,
        device: str | torch.device = "cpu",
        precision: Precision = "32-true",
        framing: Framing | None = None,
    ) -> None:
        """Use these networks, after moving them to the device.

        Args:
            networks: Generator and encoder in evaluation mode.
            device: Where PyTorch computes, such as cpu, cuda or mps.
            precision: `bf16-mixed` is faster where the hardware multiplies bfloat16, many times
                slower elsewhere, and slightly less exact; `auto` uses it where it is faster.
            framing: How the model's photos are framed, if that was learned.

        Raises:
            EditError: PyTorch cannot use the device.
        """
        self._framing = framing
        self._device = _usable(device)
        self._choice = choose(precision, self._device)
        self._is_mixed = self._choice.precision == MIXED
        self._typical_errors = networks.typical_errors
        self._subject = networks.subject
        self._generator = networks.generator.to(self._device)
        self._encoder = networks.encoder.to(self._device)
        if self._is_mixed:
            for network in (self._generator, self._encoder):
                network.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]

    @classmethod
    def load(
        cls,
        name_or_path: str | Path,
        *,
        device: str | torch.device = "cpu",
        precision: Precision = "auto",
    ) -> "Editor":
        """Load a bundled model by its name, or any model by its path.

        Args:
            name_or_path: A bundled name, or a model file.
            device: Where PyTorch computes, such as cpu, cuda or mps.
            precision: `auto` takes `bf16-mixed` where the processor or GPU multiplies bfloat16,
                else `32-true`. Name one of them to get the same bits on every such machine.

        Raises:
            CheckpointError: The model is missing, or its file is damaged.
            EditError: PyTorch cannot use the device.
        """
        networks = checkpoints.load(zoo.find(name_or_path))
        framing = framing_of(name_or_path)
        return cls(networks, device=device, precision=precision, framing=framing)

    @property
    def config(self) -> ModelConfig:
        """Shapes of the networks."""
        return self._generator.config

    @property
    def precision(self) -> ChosenPrecision:
        """Arithmetic of the networks; what auto chose, never auto itself."""
        return self._choice.precision

    @property
    def what_computes(self) -> str:
        """Name device, threads and precision: `cpu (AVX2), 2 threads, precision 32-true (auto)`."""
        return one_line(self._device, self._choice)

    def in_float32(self) -> "Editor":
        """Give an editor that shares these networks and computes in float32."""
        if not self._is_mixed:
            return self
        return Editor(self.networks, device=self._device, framing=self._framing)

    @property
    def networks(self) -> Networks:
        """The generator and the encoder themselves, for whatever needs gradients."""
        return Networks(
            generator=self._generator,
            encoder=self._encoder,
            typical_errors=self._typical_errors,
            subject=self._subject,
        )

    @property
    def typical_errors(self) -> tuple[float, ...]:
        """Reconstruction errors of photos the model never saw, from the model file."""
        return self._typical_errors

    @property
    def framing(self) -> Framing | None:
        """How photos of the model's kind are framed; None if that was not learned."""
        return self._framing

    @property
    def subject(self) -> str:
        """What photos show, from the model file."""
        return self._subject

    def as_array(self, values: Array) -> Tensor:
        """Turn values into float32 tensors on the editor's device."""
        if isinstance(values, np.ndarray):  # copied, for it may be read-only or reversed
            values = values.astype(np.float32)
        return torch.as_tensor(values, dtype=torch.float32, device=self._device)

    def encode(self, images: AnyImages) -> Tensor:
        """Encode photos as stylemaps."""
        photos = self.as_images(images)
        with self._inference():
            return self._encoder(photos).float()

    def resize(self, stylemaps: Stylemap) -> list[Tensor]:
        """Turn stylemaps into w_plus: one resized stylemap for each modulated layer."""
        with self._inference():
            w_plus = self._generator.resizer(self.as_array(stylemaps))
            return [stylemap.float() for stylemap in w_plus]

    def synthesize(self, w_plus: WPlus) -> Tensor:
        """Turn resized stylemaps into images."""
        with self._inference():
            styles = [self.as_array(stylemap) for stylemap in w_plus]
            return self._generator.synthesis(styles).float()

    def features(self, w_plus: WPlus) -> Tensor:
        """Compute the features of the synthesis network at each position."""
        with self._inference():
            styles = [self.as_array(stylemap) for stylemap in w_plus]
            return self._generator.synthesis.features(styles).float()

    def sample(self, count: int, seed: int = 0) -> Tensor:
        """Draw random stylemaps; the first ones are the same for every count and device."""
        z = np.random.default_rng(seed).standard_normal((count, self.config.style_channels))
        with self._inference():
            return self._generator.mapping(self.as_array(z)).float()

    @contextmanager
    def _inference(self) -> Iterator[None]:
        autocast = torch.autocast(self._device.type, torch.bfloat16, enabled=self._is_mixed)
        with torch.inference_mode(), autocast:
            yield


def _usable(device: str | torch.device) -> torch.device:
    """Check that PyTorch can compute there."""
    try:
        return torch.empty(0, device=device).device
    except (RuntimeError, AssertionError) as error:
        reason = str(error).splitlines()[0]
        raise EditError(f"PyTorch cannot use the device {str(device)!r} here: {reason}") from None

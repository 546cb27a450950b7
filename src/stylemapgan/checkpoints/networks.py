"""Build networks from model files, and pack networks into them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from stylemapgan.checkpoints.file import Checkpoint, read, to_half
from stylemapgan.config import ModelConfig
from stylemapgan.errors import CheckpointError
from stylemapgan.models import Discriminator, Encoder, Generator

MOST_NAMES = 3
"""Tensors that an error message lists by name; the others are counted."""


@dataclass(frozen=True, kw_only=True)
class Networks:
    """The networks of a model."""

    generator: Generator
    encoder: Encoder
    discriminator: Discriminator | None = None
    """Needed only to continue training; models for editing omit it."""
    typical_errors: tuple[float, ...] = ()
    """Errors of reconstructions of unseen photos, see `Checkpoint`."""
    subject: str = ""
    """What photos show, see `Checkpoint`."""

    def reconstruct(
        self, photos: Float[Tensor, "batch 3 height width"]
    ) -> Float[Tensor, "batch 3 height width"]:
        """Encode photos and decode their stylemaps."""
        return self.generator.synthesize(self.encoder(photos))


def load(path: Path, generator_class: type[Generator] = Generator) -> Networks:
    """Read a model file and build its networks.

    Args:
        path: The file.
        generator_class: The generator's class, if the weights were trained with a variant.

    Raises:
        CheckpointError: The file is missing, damaged, not a model file, or inconsistent.
    """
    checkpoint = read(path)
    try:
        return build(checkpoint, generator_class)
    except CheckpointError as error:
        raise CheckpointError(f"{path}: {error}") from None


def build(checkpoint: Checkpoint, generator_class: type[Generator] = Generator) -> Networks:
    """Build networks in evaluation mode, in float32 for any storage.

    Raises:
        CheckpointError: Tensors are missing, unexpected, or of other shapes than configured.
    """
    networks = _outline(checkpoint, generator_class)
    _refuse_misfits(checkpoint, networks)
    for part, network in _parts(networks).items():
        network.load_state_dict(
            {
                name: _to_tensor(checkpoint.tensors[f"{part}.{name}"])
                for name in network.state_dict()
            },
            assign=True,
        )
        network.eval()
    return replace(networks, typical_errors=checkpoint.typical_errors, subject=checkpoint.subject)


def refuse_misfits(checkpoint: Checkpoint) -> None:
    """Compare a checkpoint's tensors with the networks of its configuration.

    Raises:
        CheckpointError: Tensors are missing, unexpected, or of other shapes than configured.
    """
    _refuse_misfits(checkpoint, _outline(checkpoint))


def _refuse_misfits(checkpoint: Checkpoint, networks: Networks) -> None:
    expected = {
        f"{part}.{name}": tuple(tensor.shape)
        for part, network in _parts(networks).items()
        for name, tensor in network.state_dict().items()
    }
    found = {name: array.shape for name, array in checkpoint.tensors.items()}
    other = [
        f"{name} {found[name]} instead of {shape}"
        for name, shape in expected.items()
        if name in found and found[name] != shape
    ]
    refuse_names(
        {
            "missing": [name for name in expected if name not in found],
            "unexpected": [name for name in found if name not in expected],
            "of another shape": other,
        }
    )


def refuse_names(faults: Mapping[str, Sequence[str]]) -> None:
    """Refuse a checkpoint with faulty tensors.

    Args:
        faults: Fault → names of the tensors that have it.

    Raises:
        CheckpointError: A tensor is faulty; the message lists the first few of each fault.
    """
    listed = [
        f"{fault}: {', '.join(names[:MOST_NAMES])}"
        + (f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else "")
        for fault, names in faults.items()
        if names
    ]
    if listed:
        raise CheckpointError(f"the tensors do not fit the architecture; {'; '.join(listed)}.")


def pack(  # noqa: PLR0913 - all metadata of a model file are keywords
    config: ModelConfig,
    generator: Generator,
    encoder: Encoder,
    discriminator: Discriminator | None = None,
    *,
    images_seen: int,
    licence: str,
    data: str,
    half: bool = False,
) -> Checkpoint:
    """Copy networks into a checkpoint.

    Args:
        config: Shapes of the networks.
        generator: The generator, usually averaged (EMA).
        encoder: The encoder, usually averaged (EMA).
        discriminator: Include it to continue training; omit it for editing.
        images_seen: Images seen in training.
        licence: Licence of the weights.
        data: Training data.
        half: Store float16, see `to_half`.
    """
    networks = Networks(generator=generator, encoder=encoder, discriminator=discriminator)
    tensors = {
        f"{part}.{name}": _to_array(tensor)
        for part, network in _parts(networks).items()
        for name, tensor in network.state_dict().items()
    }
    checkpoint = Checkpoint(
        config=config, tensors=tensors, images_seen=images_seen, licence=licence, data=data
    )
    return to_half(checkpoint) if half else checkpoint


def _outline(checkpoint: Checkpoint, generator_class: type[Generator] = Generator) -> Networks:
    """Build networks on the meta device, without memory and without drawing random weights."""
    has_discriminator = any(name.startswith("discriminator.") for name in checkpoint.tensors)
    with torch.device("meta"):
        return Networks(
            generator=generator_class(checkpoint.config),
            encoder=Encoder(checkpoint.config),
            discriminator=Discriminator(checkpoint.config) if has_discriminator else None,
        )


def _parts(networks: Networks) -> dict[str, nn.Module]:
    return {name: part for name, part in vars(networks).items() if isinstance(part, nn.Module)}


def _to_tensor(array: np.ndarray) -> Tensor:
    tensor = torch.tensor(array)
    return tensor.float() if tensor.is_floating_point() else tensor


def _to_array(tensor: Tensor) -> np.ndarray:
    tensor = tensor.detach().cpu()
    return np.array((tensor.float() if tensor.is_floating_point() else tensor).numpy())

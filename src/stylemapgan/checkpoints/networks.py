"""From model files to networks that run, and back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from stylemapgan.checkpoints.file import Checkpoint, read, to_half
from stylemapgan.config import ModelConfig
from stylemapgan.errors import CheckpointError
from stylemapgan.models import Discriminator, Encoder, Generator

MOST_NAMES = 3
"""Tensors an error message lists by name before it only counts them."""


@dataclass(frozen=True, kw_only=True)
class Networks:
    """A model that runs."""

    generator: Generator
    encoder: Encoder
    discriminator: Discriminator | None = None
    """Only needed to train on; models made for editing leave it out."""
    typical_errors: tuple[float, ...] = ()
    """How well photos the model never saw come back, see `Checkpoint`."""


def load(path: Path, generator_class: type[Generator] = Generator) -> Networks:
    """Read a model file and build its networks.

    Args:
        path: Where it is.
        generator_class: Another generator, for weights that were trained with it.

    Raises:
        CheckpointError: The file is missing, damaged, not one of ours, or contradicts itself.
    """
    checkpoint = read(path)
    try:
        return build(checkpoint, generator_class)
    except CheckpointError as error:
        raise CheckpointError(f"{path}: {error}") from None


def build(checkpoint: Checkpoint, generator_class: type[Generator] = Generator) -> Networks:
    """Build networks in evaluation mode, float32 whatever the storage.

    Raises:
        CheckpointError: Tensors are missing, surplus, or of another shape than the config's.
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
    return replace(networks, typical_errors=checkpoint.typical_errors)


def refuse_misfits(checkpoint: Checkpoint) -> None:
    """Compare a checkpoint's tensors with the networks of its config.

    Raises:
        CheckpointError: Tensors are missing, surplus, or of another shape than the config's.
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
            "surplus": [name for name in found if name not in expected],
            "of another shape": other,
        }
    )


def refuse_names(faults: Mapping[str, Sequence[str]]) -> None:
    """Name the tensors with a fault, if there are any.

    Args:
        faults: Names of tensors by what is wrong with them.

    Raises:
        CheckpointError: There is a name; the message lists the first few of each fault.
    """
    listed = [
        f"{fault}: {', '.join(names[:MOST_NAMES])}"
        + (f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else "")
        for fault, names in faults.items()
        if names
    ]
    if listed:
        raise CheckpointError(f"the tensors do not fit the architecture; {'; '.join(listed)}.")


def pack(  # noqa: PLR0913 - what a model file says of itself is all keyword
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
        generator: Averaged weights, as a rule.
        encoder: Averaged weights, as a rule.
        discriminator: Keep it to train on; leave it out for editing.
        images_seen: How long the networks were trained, in images.
        licence: What others may do with these weights.
        data: What the networks were trained on.
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
    """Networks of the right shapes without memory: no time goes into random weights."""
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

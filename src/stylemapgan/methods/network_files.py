"""Networks of vector methods to and from their model files."""

from collections.abc import Mapping

import numpy as np
import torch
from torch import nn

from stylemapgan.checkpoints.method_file import MethodCheckpoint
from stylemapgan.checkpoints.networks import refuse_names
from stylemapgan.config import RunConfig, VectorConfig
from stylemapgan.config.plain_values import from_dict, to_dict
from stylemapgan.errors import CheckpointError, ConfigError


def pack_networks(
    config: RunConfig, vector: VectorConfig, networks: Mapping[str, nn.Module], images_seen: int
) -> MethodCheckpoint:
    """Copy networks into the content of a model file.

    Args:
        config: Configuration of the run.
        vector: Shapes of the networks.
        networks: Networks by name, usually averaged (EMA).
        images_seen: Images seen in training.
    """
    tensors = {
        f"{network}.{name}": np.array(tensor.detach().float().cpu().numpy())
        for network, module in networks.items()
        for name, tensor in module.state_dict().items()
    }
    return MethodCheckpoint(
        method=config.method,
        config=to_dict(vector),
        tensors=tensors,
        images_seen=images_seen,
        licence=config.data.licence,
        data=config.data.statement,
    )


def shapes_of(checkpoint: MethodCheckpoint, method: str) -> VectorConfig:
    """Read the shapes of a model's networks.

    Raises:
        CheckpointError: It is another method's model, or its configuration is invalid.
    """
    if checkpoint.method != method:
        raise CheckpointError(f"it is a model of {checkpoint.method!r}, expected {method!r}.")
    try:
        return from_dict(VectorConfig, checkpoint.config)
    except ConfigError as error:
        raise CheckpointError(f"its configuration is invalid: {error}") from None


def fill_networks(checkpoint: MethodCheckpoint, networks: Mapping[str, nn.Module]) -> None:
    """Copy a model's weights into networks, in evaluation mode and without gradients.

    Raises:
        CheckpointError: Tensors are missing, unexpected, or of other shapes.
    """
    expected = {
        f"{network}.{name}": tuple(tensor.shape)
        for network, module in networks.items()
        for name, tensor in module.state_dict().items()
    }
    found = {name: array.shape for name, array in checkpoint.tensors.items()}
    refuse_names(
        {
            "missing": [name for name in expected if name not in found],
            "unexpected": [name for name in found if name not in expected],
            "of another shape": [
                f"{name} {found[name]} instead of {shape}"
                for name, shape in expected.items()
                if name in found and found[name] != shape
            ],
        }
    )
    for network, module in networks.items():
        module.load_state_dict(
            {
                name: torch.tensor(checkpoint.tensors[f"{network}.{name}"])
                for name in module.state_dict()
            }
        )
        module.eval().requires_grad_(False)

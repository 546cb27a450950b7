"""Initialise a run from the weights of another model.

A tensor is copied where its position in the network and its shape match. Positions are counted
from the stylemap's end, so a model of another image size gives all but its finest layers, and one
of another stylemap size all but the mapping network's last layer and the learned constant.

Where a 3x3 kernel of the modulation meets a 1x1 kernel, its cells are summed: where a resized
stylemap is smooth, the sum computes nearly the same scale and shift. Where a resizer with two
convolutions a level meets one with one, the first of each level is copied.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor, nn

from stylemapgan import zoo
from stylemapgan.checkpoints import networks
from stylemapgan.checkpoints.networks import Networks
from stylemapgan.errors import ConfigError
from stylemapgan.methods.stylemapgan.state import StyleMapGANState
from stylemapgan.models import Discriminator, Encoder, Generator
from stylemapgan.training.run_folder import RunFolder

TRUNK = re.compile(r"^trunk\.(\d+)\.")
MODULATION = "to_scale_and_shift.weight"


@dataclass(frozen=True)
class Transfer:
    """How much was copied into a new model."""

    tensors: int
    tensors_total: int
    has_discriminator: bool

    def __str__(self) -> str:
        rest = "" if self.has_discriminator else "; the discriminator starts with fresh weights"
        return f"copied {self.tensors} of {self.tensors_total} tensors{rest}"


def load_pretrained(name_or_path: str) -> Networks:
    """Load the networks to start from.

    Args:
        name_or_path: A bundled model, a .safetensors file, or a run's folder; only a run
            includes its discriminator.

    Raises:
        CheckpointError: The model is unknown, or its file is damaged.
        TrainingError: The folder does not hold a run, or its state is damaged.
    """
    folder = Path(name_or_path)
    if not folder.is_dir():
        return networks.load(zoo.find(name_or_path))
    run = RunFolder(folder)
    saved = run.load_state()
    if saved is None:
        raise ConfigError(f"init_from: the run {folder} has not saved a state yet.")
    model = run.config().model
    generator, encoder, discriminator = Generator(model), Encoder(model), Discriminator(model)
    generator.load_state_dict(saved["generator_ema"])
    encoder.load_state_dict(saved["encoder_ema"])
    discriminator.load_state_dict(saved["discriminator"])
    return Networks(generator=generator, encoder=encoder, discriminator=discriminator)


def transfer(state: StyleMapGANState, pretrained: Networks) -> Transfer:
    """Copy all matching tensors from pretrained networks into networks and averaged networks.

    Raises:
        ConfigError: No layer of generator or encoder matches: the widths differ.
    """
    copied = copy_matching(pretrained.generator, state.generator)
    copied += copy_matching(pretrained.encoder, state.encoder)
    if not any(position.endswith("weight") for position in copied):  # some biases fit any network
        raise ConfigError(
            "init_from: no layer has the same shape as in the model to start from; "
            "configure the same widths."
        )
    if pretrained.discriminator is not None:
        copied += copy_matching(pretrained.discriminator, state.discriminator)
    state.generator_ema.load_state_dict(state.generator.state_dict())
    state.encoder_ema.load_state_dict(state.encoder.state_dict())
    networks_of_run = (state.generator, state.encoder, state.discriminator)
    total = sum(len(network.state_dict()) for network in networks_of_run)
    return Transfer(len(copied), total, pretrained.discriminator is not None)


@torch.no_grad()
def copy_matching(source: nn.Module, target: nn.Module) -> list[str]:
    """Copy each tensor that has the same position and shape in both; list their positions."""
    known = by_position(source.state_dict())
    copied = []
    for position, tensor in by_position(target.state_dict()).items():
        if position not in known:
            continue
        given = known[position]
        if position.endswith(MODULATION) and tensor.shape[2:] == (1, 1):
            given = _summed_over_cells(given)
        if given.shape == tensor.shape:
            tensor.copy_(given)
            copied.append(position)
    return copied


def _summed_over_cells(
    kernel: Float[Tensor, "out channels size size"],
) -> Float[Tensor, "out channels 1 1"]:
    """Reduce a kernel to one that gives the same output wherever its input is constant.

    A convolution scales its weights by 1/sqrt(fan in), and the fan in of the smaller kernel is
    size^2 times smaller.
    """
    return kernel.sum(dim=(2, 3), keepdim=True) / kernel.shape[-1]


def by_position(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Name tensors by their position, counted from the stylemap or from D's last layers.

    The trunks of encoder and discriminator count from the image: `trunk.1` halves the image's
    resolution, whatever that is. Counted from the other end, equal names mean equal resolutions.
    The layer from colours to features keeps its name at every size.
    """
    depth = max((int(found[1]) for name in tensors if (found := TRUNK.match(name))), default=0)

    def rename(name: str) -> str:
        found = TRUNK.match(name)
        if found is None or found[1] == "0":
            return name
        return f"trunk.-{depth - int(found[1])}.{name[found.end() :]}"

    return {rename(name): tensor for name, tensor in tensors.items()}

"""Start from what another model has learnt.

Weights move wherever the place in the network and the shape agree. Places are counted from the
stylemap's end, so a model of another image size gives all but its finest layers, and one of
another stylemap size all but the mapping network's last layer and the learned constant.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from stylemapgan import zoo
from stylemapgan.checkpoints import networks
from stylemapgan.checkpoints.networks import Networks
from stylemapgan.errors import ConfigError
from stylemapgan.training.run_folder import RunFolder
from stylemapgan.training.state import TrainState, new_state

TRUNK = re.compile(r"^trunk\.(\d+)\.")


@dataclass(frozen=True)
class Transfer:
    """How much a new model took over."""

    tensors: int
    tensors_in_all: int
    has_discriminator: bool

    def __str__(self) -> str:
        rest = "" if self.has_discriminator else ", the discriminator starts fresh"
        return f"took over {self.tensors} of {self.tensors_in_all} tensors{rest}"


def load_teacher(name_or_path: str) -> Networks:
    """Find networks to start from.

    Args:
        name_or_path: A bundled model, a .safetensors file, or a run's folder; a run also
            gives its discriminator.

    Raises:
        CheckpointError: There is no such model, or its file is damaged.
        TrainingError: The folder is no run, or its state is damaged.
    """
    folder = Path(name_or_path)
    if not folder.is_dir():
        return networks.load(zoo.find(name_or_path))
    run = RunFolder(folder)
    state = new_state(run.config(), torch.device("cpu"))
    saved = run.load_state()
    if saved is None:
        raise ConfigError(f"init_from: the run {folder} has not saved anything yet.")
    state.load_state_dict(saved)
    return Networks(
        generator=state.generator_ema,
        encoder=state.encoder_ema,
        discriminator=state.discriminator,
    )


def transfer(state: TrainState, teacher: Networks) -> Transfer:
    """Copy what fits from a teacher into networks and averaged networks.

    Raises:
        ConfigError: Nothing of generator or encoder fits: the widths have nothing in common.
    """
    taken = copy_matching(teacher.generator, state.generator)
    taken += copy_matching(teacher.encoder, state.encoder)
    if not any(place.endswith("weight") for place in taken):  # some biases fit any network
        raise ConfigError(
            "init_from: no layer has the shape it has in the model to start from; "
            "choose the same widths."
        )
    if teacher.discriminator is not None:
        taken += copy_matching(teacher.discriminator, state.discriminator)
    state.generator_ema.load_state_dict(state.generator.state_dict())
    state.encoder_ema.load_state_dict(state.encoder.state_dict())
    students = (state.generator, state.encoder, state.discriminator)
    in_all = sum(len(network.state_dict()) for network in students)
    return Transfer(len(taken), in_all, teacher.discriminator is not None)


@torch.no_grad()
def copy_matching(source: nn.Module, target: nn.Module) -> list[str]:
    """Copy each tensor that has the same place and shape; list their places."""
    known = places(source.state_dict())
    copied = []
    for place, tensor in places(target.state_dict()).items():
        if place in known and known[place].shape == tensor.shape:
            tensor.copy_(known[place])
            copied.append(place)
    return copied


def places(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Name tensors by where they are as seen from the stylemap, or from D's last layers.

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

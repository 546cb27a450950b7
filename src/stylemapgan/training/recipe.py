"""What a method brings to training: the loop knows nothing else of it.

A recipe is one value: networks by name, how they become a state, an ordered list of updates, and
what to validate, to draw and to save.
"""

import copy
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeAlias, TypeVar

import torch
from torch import Tensor, nn

from stylemapgan.checkpoints.file import Checkpoint
from stylemapgan.checkpoints.method_file import MethodCheckpoint
from stylemapgan.config import RunConfig, TrainConfig
from stylemapgan.data import AbstractPhotos
from stylemapgan.training.context import Batch, StepContext
from stylemapgan.training.descent import Losses
from stylemapgan.training.state import AVERAGE, AbstractTrainState

State = TypeVar("State", bound=AbstractTrainState)
Kept: TypeAlias = dict[str, Tensor]
"""What an update keeps for later ones of the same iteration, by name."""
Span: TypeAlias = tuple[float, float]
"""Images seen from the first to before the last."""


def always(config: TrainConfig) -> Span:
    """From the first image to the last."""
    del config
    return 0.0, math.inf


def each_time(config: TrainConfig) -> int:
    """In every iteration."""
    del config
    return 1


@dataclass(frozen=True, kw_only=True)
class Update(Generic[State]):
    """One update of an iteration."""

    name: str
    """For plans and messages, such as `generator's update`."""
    run: Callable[[StepContext, State, Batch, Kept], Losses]
    span: Callable[[TrainConfig], Span] = always
    """When it is due; empty if it never is."""
    every: Callable[[TrainConfig], int] = each_time
    """Iterations from one time to the next."""

    def is_due(self, config: TrainConfig, images_seen: int, updates: int) -> bool:
        """Whether the iteration after so many images and iterations includes it."""
        first, end = self.span(config)
        return first <= images_seen < end and updates % self.every(config) == 0


@dataclass(frozen=True, kw_only=True)
class Recipe(Generic[State]):
    """How a method is trained."""

    method: str
    """Its name in configurations and model files."""
    image_size: Callable[[RunConfig], int]
    """Height and width of the photos it trains on, in pixels."""
    build: Callable[[RunConfig], dict[str, nn.Module]]
    """Makes the networks by name, with fresh weights from PyTorch's random numbers.

    Raises a `ConfigError` if the configuration contradicts itself.
    """
    averaged: tuple[str, ...]
    """Networks whose averages are validated and saved."""
    assemble: Callable[[Mapping[str, Any], TrainConfig], State]
    """Adds optimisers to networks and their averages."""
    updates: tuple[Update[State], ...]
    """All updates, in the order of an iteration."""
    forwards: Callable[[Mapping[str, Any], RunConfig], Mapping[str, Callable[[], object]]]
    """Forward passes of one image through each network, and of an `edit`, for plans."""
    kept_bytes: Callable[[RunConfig], int]
    """Bytes kept for each image of another pass of one batch, for plans."""
    reconstruct: Callable[..., Tensor] | None
    """Reconstructs photos with the averaged networks, called with the state and photos; None if the
    method cannot."""
    generate: Callable[[State, Tensor], Tensor] | None
    """Generates an image from each z, standard normals, with the averaged networks; None if the
    method cannot."""
    z_channels: Callable[[RunConfig], int]
    """Length of z."""
    rows: Callable[..., Mapping[str, Tensor]]
    """Pictures of a sample sheet, row by row; called with the state and photos of its first row."""
    pack: Callable[[RunConfig, State], Checkpoint | MethodCheckpoint]
    """Copies the averaged networks into the content of a model file."""
    transfer: Callable[[State, str], str]
    """Copies weights of the model that `init_from` names, and says how much it copied."""
    needs_label_maps: bool = False
    """Whether batches, `reconstruct` and `rows` need the photos' maps of parts: the last two are
    then called with the state, photos, and maps, uint8 (N, S, S)."""
    compiled: Callable[[State], list[nn.Module]] = lambda state: []
    """Networks that `speed.compile` compiles; none that is differentiated twice."""
    phases: Callable[[TrainConfig], Mapping[str, int]] = lambda config: {}
    """Images seen at which phases begin, by name, for reports; the cooldown is every method's."""
    end_warm_up: Callable[[State, TrainConfig, AbstractPhotos], list[nn.Module]] | None = None
    """Called when the images seen reach `adversarial_from`; returns networks it changed."""
    finish: Callable[[StepContext, State, Losses], Losses] = lambda context, state, losses: {}
    """Called after the updates of an iteration with their losses; may add figures."""


def new_state(recipe: Recipe[State], config: RunConfig, device: torch.device) -> State:
    """Build networks and optimisers with fresh weights, determined by the seed.

    Raises:
        ConfigError: The configuration contradicts itself.
    """
    training = config.training
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(training.seed)
        networks = recipe.build(config)
    layout = torch.channels_last if training.speed.channels_last else torch.contiguous_format
    for network in networks.values():
        network.to(device).to(memory_format=layout)  # pyright: ignore[reportCallIssue]
    averages = {
        name + AVERAGE: copy.deepcopy(networks[name]).eval().requires_grad_(False)
        for name in recipe.averaged
    }
    state = recipe.assemble(networks | averages, training)
    state.set_schedule(training)
    if training.speed.compile:
        for network in recipe.compiled(state):
            network.compile()
    return state

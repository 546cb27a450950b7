"""Fresh networks of a learned inverter, and updates one by one."""

import copy
import dataclasses
from collections.abc import Callable
from typing import Any

import torch
from lightning_fabric import Fabric
from torch import Tensor, nn
from torch.optim import Adam

from stylemapgan.augment import BatchRandomness
from stylemapgan.methods.recipes import RECIPES
from stylemapgan.training.context import StepContext
from stylemapgan.training.microbatches import Microbatch, Phase
from stylemapgan.training.recipe import Kept, new_state

NETWORKS = ("generator", "encoder", "discriminator", "generator_ema", "encoder_ema")


class Setup:
    """Networks of a method, a context and a batch of four photos."""

    def __init__(self, settings: Callable[..., Any], method: str, **changes: Any) -> None:
        config = dataclasses.replace(settings(**{"augmentations": ()} | changes), method=method)
        self.recipe = RECIPES[method]
        self.config = config.training
        fabric = Fabric(accelerator="cpu", devices=1, precision=config.training.precision)
        self.state: Any = new_state(self.recipe, config, fabric.device)
        self.context = StepContext(fabric, config.training, None)
        self.real = torch.rand(4, 3, 32, 32, generator=torch.Generator().manual_seed(1)) * 2 - 1
        self.batch = [Microbatch(self.real, seed=3, images_seen=8)]
        self.before: Any = copy.deepcopy(self.state)

    def take(self, number: int, kept: Kept | None = None) -> dict[str, float]:
        """Do one update of an iteration, counted from 0, and return its losses."""
        self.state.set_schedule(self.config)
        run = self.recipe.updates[number].run
        losses = run(self.context, self.state, self.batch, {} if kept is None else kept)
        return {term: value.item() for term, value in losses.items()}

    def randomness(self, phase: Phase) -> BatchRandomness:
        """The random numbers of a phase, from their beginning."""
        return self.batch[0].randomness(phase)

    def changed(self) -> set[str]:
        """Name the networks with a weight that changed; the generator's in two parts."""
        names = set()
        for network in NETWORKS:
            old = getattr(self.before, network).state_dict()
            for name, value in getattr(self.state, network).state_dict().items():
                if not torch.equal(value, old[name]):
                    part = f".{name.split('.')[0]}" if network == "generator" else ""
                    names.add(network + part)
        return names


def gradient_taken(network: nn.Module, optimizer: Adam) -> list[Tensor]:
    """The gradient of the first update, which Adam has averaged with zeros."""
    share = 1 - optimizer.param_groups[0]["betas"][0]
    return [
        optimizer.state[parameter].get("exp_avg", torch.zeros_like(parameter)) / share
        for parameter in network.parameters()
    ]


def assert_gradient(found: list[Tensor], loss: Tensor, network: nn.Module) -> None:
    """Compare gradients with those of a loss; at least one is not zero."""
    parameters = list(network.parameters())
    expected = torch.autograd.grad(loss, parameters, materialize_grads=True, retain_graph=True)
    assert any(bool(each.any()) for each in expected)
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-3, atol=1e-6)

"""The state of a run: networks, averaged networks, optimisers and counts of any method."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torch.optim import Adam, Optimizer

from stylemapgan.augment import AdaptiveProbability
from stylemapgan.config import TrainConfig

AVERAGE = "_ema"
"""Ends the name of a network's average: `generator_ema` averages `generator`."""
OPTIMIZER = "_optimizer"
"""Ends the name of an optimiser: `generator_optimizer` trains `generator`."""


@dataclass(kw_only=True)
class AbstractTrainState(ABC):
    """What a method trains: the fields of its subclass.

    A field holds a network, the average of one (its name ends in `_ema`), an optimiser, or None
    where the configuration needs none.
    """

    ada: AdaptiveProbability
    """Adapts the augmentation of what a discriminator sees; off where a method has none."""
    images_seen: int = 0
    updates: int = 0

    @abstractmethod
    def set_schedule(self, config: TrainConfig) -> None:
        """Set the optimisers' learning rates, and what else follows from the images seen."""

    @property
    def networks(self) -> dict[str, nn.Module]:
        """The networks in training, without their averages."""
        found = self._fields(nn.Module)
        return {name: each for name, each in found.items() if not name.endswith(AVERAGE)}

    @property
    def averages(self) -> list[tuple[nn.Module, nn.Module]]:
        """Each average, with the network that it follows."""
        found = self._fields(nn.Module)
        return [(found[name + AVERAGE], found[name]) for name in found if name + AVERAGE in found]

    @property
    def optimizers(self) -> list[Optimizer]:
        """All optimisers."""
        return list(self._fields(Optimizer).values())

    @property
    def learning_rates(self) -> dict[str, float]:
        """Learning rate of each optimiser, by what it trains."""
        optimizers = self._fields(Optimizer).items()
        return {
            name.removesuffix(OPTIMIZER): optimizer.param_groups[0]["lr"]
            for name, optimizer in optimizers
        }

    def state_dict(self) -> dict[str, Any]:
        """Collect everything needed to resume with the same results."""
        parts = {name: part.state_dict() for name, part in self._parts().items()}
        counts = {"images_seen": self.images_seen, "updates": self.updates}
        return parts | counts | {"ada": self.ada.state_dict()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore a saved state.

        Raises:
            KeyError: A network or optimiser is missing.
            RuntimeError: A network has other shapes.
            ValueError: An optimiser has other shapes.
        """
        for name, part in self._parts().items():
            if name in state or not self.may_lack(name):
                part.load_state_dict(state[name])
        self.ada.load_state_dict(state["ada"])
        self.images_seen = state["images_seen"]
        self.updates = state["updates"]

    def may_lack(self, name: str) -> bool:
        """Whether a saved state may lack a part, which then stays fresh."""
        del name
        return False

    def _parts(self) -> dict[str, Any]:
        return self._fields(nn.Module, Optimizer)

    def _fields(self, *kinds: type) -> dict[str, Any]:
        return {name: part for name, part in vars(self).items() if isinstance(part, kinds)}


def broken_part(state: dict[str, Any]) -> str | None:
    """Find a part of a state dictionary whose numbers are broken.

    Returns:
        "the weights of encoder", for example, if some are not finite; "the averages of
        encoder_optimizer" if some are NaN. None if all numbers are good.
    """
    for name, part in state.items():
        if isinstance(part, dict) and "param_groups" in part:
            if any(bool(torch.isnan(tensor).any()) for tensor in _tensors(part["state"])):
                return f"the averages of {name}"
        elif not all(bool(torch.isfinite(tensor).all()) for tensor in _tensors(part)):
            return f"the weights of {name}"
    return None


def _tensors(value: Any) -> Iterator[torch.Tensor]:
    """List all tensors in nested dictionaries."""
    if isinstance(value, torch.Tensor):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from _tensors(each)


def lazy_factor(interval: int) -> float:
    """Correct learning rate and second moment for a penalty taken every `interval` updates.

    Source: Karras et al., CVPR 2020, appendix B, "lazy regularization".
    """
    return interval / (interval + 1)


def adam(
    networks: nn.Module | list[nn.Module], betas: tuple[float, float], config: TrainConfig
) -> Adam:
    """Make the optimiser of one or several networks; the schedule sets its learning rate."""
    listed = networks if isinstance(networks, list) else [networks]
    parameters = [each for network in listed for each in network.parameters()]
    fused = config.speed.fused_optimizer
    return Adam(parameters, betas=betas, fused=fused, foreach=not fused)


def set_rate(optimizer: Optimizer, rate: float) -> None:
    """Set the learning rate of all parameters of an optimiser."""
    for group in optimizer.param_groups:
        group["lr"] = rate

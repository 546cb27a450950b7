"""BasinCMA: evolution whose points descend for some steps before they are compared.

CMA-ES draws a population, each of its points descends by Adam, and CMA-ES learns from the losses
and from where the points have come to. At the end the best point descends once more.

Source: Huh, Zhang, Zhu, Paris and Hertzmann, ECCV 2020 (arXiv 2005.01703). CMA-ES: Hansen and
Ostermeier, Evolutionary Computation 2001, by its authors' package `cma`.
"""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from stylemapgan.errors import MissingExtraError
from stylemapgan.images.levels import to_numpy
from stylemapgan.methods.backbone.minimising import (
    LEAST_GAIN,
    AbstractOptimiserSettings,
    Minimum,
    Rows,
    minimise,
)
from stylemapgan.methods.backbone.optimiser import OnStep
from stylemapgan.methods.backbone.perceptual import PerPicture

Self = TypeVar("Self", bound="AbstractBasinCMASettings")
Points = Float[Tensor, "points numbers"]


@dataclass(frozen=True, kw_only=True)
class AbstractBasinCMASettings(AbstractOptimiserSettings):
    """How long the search is, with the figures of the paper as defaults."""

    rounds: int = 30
    """Rounds of CMA-ES for each photo, and for each edit."""
    population: int = 18
    """Points in each round; the authors use 18 to 22."""
    steps: int = 30
    """Steps of Adam for each point in each round."""
    learning_rate: float = 0.05
    """Learning rate of Adam."""
    final_steps: int = 300
    """Most steps of Adam from the best point."""
    seed: int = 0
    """What populations are drawn from, the same for each photo."""

    @property
    def all_steps(self) -> int:
        """Most steps for a photo, over all its points: each costs as much as one of a photo."""
        return self.rounds * self._steps_of_a_round + self.final_steps

    def with_at_most(self: Self, steps: int) -> Self:
        """Leave out the last rounds first; what is left over are final steps.

        Fewer steps than those of a round make one round in which each point takes fewer.
        """
        in_rounds = min(self.rounds, steps // self._steps_of_a_round)
        if in_rounds or not self.rounds:
            left = steps - in_rounds * self._steps_of_a_round
            return replace(self, rounds=in_rounds, final_steps=min(self.final_steps, left))
        of_each = steps // self.population
        left = steps - of_each * self.population
        rounds = min(of_each, 1)
        return replace(
            self,
            rounds=rounds,
            steps=of_each or self.steps,
            final_steps=min(self.final_steps, left),
        )

    @property
    def _steps_of_a_round(self) -> int:
        return self.population * self.steps


def basin_cma(
    start: Points,
    spread: float,
    objective: Callable[[Points, Rows], PerPicture],
    settings: AbstractBasinCMASettings,
    on_step: OnStep,
) -> Points:
    """Search for one photo's point of lowest loss.

    Args:
        start: Mean of the first population, a batch of one.
        spread: Its standard deviation.
        objective: Loss of points.
        settings: How long, and with how many points.
        on_step: Called with the number of steps done, over all points.

    Returns:
        The best of all points seen, the start among them; a batch of one.
    """
    descent = settings.descent(1)
    evolution = _evolution(to_numpy(start[0]), spread, settings)
    best = minimise(start, objective, replace(descent, steps=0))
    fell_at = 0
    for number in range(settings.rounds):
        waited = (number - fell_at) * settings.steps
        if time.monotonic() >= descent.deadline or waited >= (settings.patience or math.inf):
            break
        drawn = torch.from_numpy(np.stack(evolution.ask())).to(start)
        done = number * settings.population * settings.steps
        found = minimise(drawn, objective, descent, _after(done, settings.population, on_step))
        evolution.tell(list(to_numpy(found.values).astype(float)), found.losses.tolist())
        lowest = _lowest(found)
        if lowest.losses < best.losses * (1 - LEAST_GAIN):
            fell_at = number + 1
        best = min(best, lowest, key=lambda each: each.losses.item())
    last = replace(descent, steps=settings.final_steps)
    done = settings.all_steps - settings.final_steps
    return minimise(best.values, objective, last, _after(done, 1, on_step)).values


def _lowest(found: Minimum) -> Minimum:
    """Take the one point of lowest loss."""
    row = found.losses.argmin(keepdim=True)
    return Minimum(values=found.values[row], losses=found.losses[row])


def _after(done: int, points: int, on_step: OnStep) -> OnStep:
    """Report steps of some points as coming after others."""
    return lambda step: on_step(done + points * step)


def _evolution(mean: np.ndarray, spread: float, settings: AbstractBasinCMASettings) -> Any:
    """Start CMA-ES with random numbers of its own, without output or files."""
    random = np.random.default_rng(settings.seed)
    options = {
        "popsize": settings.population,
        "randn": lambda *shape: random.standard_normal(shape),
        "seed": np.nan,  # leaves NumPy's global random numbers alone
        "verbose": -9,
        "verb_log": 0,
    }
    return load_cma().CMAEvolutionStrategy(mean.astype(float), spread, options)


def load_cma() -> Any:
    """Import the package.

    Raises:
        MissingExtraError: It is not installed.
    """
    try:
        import cma
    except ModuleNotFoundError:
        raise MissingExtraError("cma", "evaluate") from None
    return cma

"""Gradient descent on the latents of many photos at once, each with a loss of its own.

Adam treats every number by itself, and the losses of the photos are summed, so the gradient of a
photo's latent is that of its own loss: photos do not influence each other. Each one keeps its best
latent, and stops by itself when its loss no longer falls.
"""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeVar

import torch
from jaxtyping import Float, Int64
from torch import Tensor

from stylemapgan.config.optimising import OptimisationConfig

Self = TypeVar("Self", bound="AbstractOptimiserSettings")
Values = Float[Tensor, "photos ..."]
Rows = Int64[Tensor, " rows"]
Objective = Callable[[Values, Rows], Float[Tensor, " rows"]]
"""From latents, and the numbers of the photos they belong to, to a loss for each."""
OnSteps = Callable[[int, int], None]
"""Called with the number of steps done, and of steps in all."""
LEAST_GAIN = 1e-3
"""Share of a loss by which it has to fall to count as falling."""


@dataclass(frozen=True, kw_only=True)
class Descent:
    """How to descend, and when to stop."""

    steps: int
    """Most steps of Adam."""
    learning_rate: float
    betas: tuple[float, float] = (0.9, 0.999)
    patience: int | None = None
    """A photo stops after that many steps in which its loss fell by less than 0.1 %."""
    deadline: float = math.inf
    """Time, by `time.monotonic`, after which no step begins."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Minimum:
    """The best latents that were found."""

    values: Values
    losses: Float[Tensor, " photos"]


def minimise(
    start: Values,
    objective: Objective,
    descent: Descent,
    on_step: Callable[[int], None] | None = None,
) -> Minimum:
    """Find latents of lower loss.

    Args:
        start: Where to begin, a row for each photo; it is among the latents that are compared.
        objective: Losses to lower.
        descent: How.
        on_step: Called with the number of steps done.
    """
    latents = [row.detach().clone().requires_grad_() for row in start.split(1)]
    adam = torch.optim.Adam(latents, lr=descent.learning_rate, betas=descent.betas)
    found = _Found(start)
    rows = torch.arange(len(start), device=start.device)
    for step in range(descent.steps + 1):
        is_last = step == descent.steps or (step > 0 and time.monotonic() >= descent.deadline)
        with torch.set_grad_enabled(not is_last):
            values = torch.cat([latents[row] for row in rows.tolist()])
            losses = objective(values, rows)
        found.note(rows, values.detach(), losses.detach())
        rows = rows[found.waited[rows] < (descent.patience or math.inf)]
        if is_last or len(rows) == 0:
            break
        adam.zero_grad(set_to_none=True)  # Adam leaves latents without gradient alone
        losses.sum().backward()
        adam.step()
        if on_step:
            on_step(step + 1)
    return Minimum(values=found.values, losses=found.losses)


class _Found:
    """The best latents so far, and for how many steps each photo's loss has not fallen."""

    def __init__(self, start: Values) -> None:
        self.values = start.detach().clone()
        self.losses = start.new_full((len(start),), math.inf)
        self.waited = torch.zeros(len(start), dtype=torch.int64, device=start.device)
        self._mark = self.losses.clone()

    def note(self, rows: Rows, values: Values, losses: Float[Tensor, " rows"]) -> None:
        is_better = losses < self.losses[rows]
        self.values[rows[is_better]] = values[is_better]
        self.losses[rows[is_better]] = losses[is_better].to(self.losses.dtype)
        mark = self._mark[rows]
        has_fallen = mark.isinf() | (losses < mark - LEAST_GAIN * mark.abs())
        self._mark[rows] = torch.where(has_fallen, losses.to(mark.dtype), mark)
        self.waited[rows] = torch.where(has_fallen, 0, self.waited[rows] + 1)


@dataclass(frozen=True, kw_only=True)
class AbstractOptimiserSettings:
    """What all optimisers have in common; each gives the figures of its paper as defaults."""

    steps: int
    """Most steps of Adam for each photo."""
    learning_rate: float
    """Learning rate of Adam."""
    seconds: float | None = None
    """Longest time for each photo, in seconds. Results then depend on the machine's speed."""
    patience: int | None = 200
    """A photo's optimisation stops after that many steps in which its loss fell by less than
    0.1 %; None goes on. The papers stop after a number of steps only."""

    @property
    def all_steps(self) -> int:
        """Most steps for each photo, for progress."""
        return self.steps

    def cut_short(self: Self, limits: OptimisationConfig) -> Self:
        """Give the same settings with fewer steps and less time."""
        seconds = limits.seconds or self.seconds
        return replace(self.with_at_most(limits.steps or self.all_steps), seconds=seconds)

    def with_at_most(self: Self, steps: int) -> Self:
        """Give the same settings with no more steps than these for each photo."""
        return replace(self, steps=min(self.steps, steps))

    def descent(self, photos: int) -> Descent:
        """Say how to descend for that many photos at once, from now on."""
        limit = math.inf if self.seconds is None else photos * self.seconds
        return Descent(
            steps=self.steps,
            learning_rate=self.learning_rate,
            patience=self.patience,
            deadline=time.monotonic() + limit,
        )

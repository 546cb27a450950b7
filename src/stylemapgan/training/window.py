"""Losses between two looks at them."""

import math
import time

import torch
from lightning_fabric import Fabric

from stylemapgan.errors import TrainingError
from stylemapgan.training.descent import Losses
from stylemapgan.training.processes import average


class LossWindow:
    """Losses of some updates, left on their device until someone looks."""

    def __init__(self, fabric: Fabric) -> None:
        self.started = time.perf_counter()
        self.updates: list[tuple[int, Losses]] = []
        self._fabric = fabric

    def add(self, update: int, losses: Losses) -> None:
        """Remember the losses of one update."""
        self.updates.append((update, losses))

    def means(self) -> dict[str, float]:
        """Average each term over the updates that have it, and over all processes.

        Raises:
            TrainingError: A loss is not finite; the message names update and term.
        """
        values: dict[str, list[float]] = {}
        for (update, losses), numbers in zip(self.updates, self._fetch(), strict=True):
            for name, value in zip(losses, numbers, strict=True):
                if not math.isfinite(value):
                    raise broken(update, f"the loss {name} became {value}")
                values.setdefault(name, []).append(value)
        return {name: math.fsum(each) / len(each) for name, each in values.items()}

    def rate(self, batch: int) -> float:
        """Images a second, up to now."""
        return len(self.updates) * batch / (time.perf_counter() - self.started)

    def _fetch(self) -> list[list[float]]:
        """Get all numbers in one go: waiting for the device takes time."""
        if not self.updates:
            return []
        rows = [torch.stack(list(losses.values())) for _, losses in self.updates]
        numbers = average(self._fabric, torch.cat(rows))
        return [row.tolist() for row in numbers.cpu().split([len(row) for row in rows])]


def broken(update: int, what: str) -> TrainingError:
    """Say that a run cannot go on from here, and what to do."""
    return TrainingError(
        f"Update {update}: {what}. Lower learning_rate or r1_gamma in the run's config.toml, or "
        "set precision to 32-true there, and go on with --resume."
    )

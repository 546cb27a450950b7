"""Networks that evaluation measures with, each with the names of its figures.

Figures of different networks are different figures, so their names say which network. Only features
of Inception with FID's own weights and the clean resize are called FID and KID.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, Float32, Float64
from torch import Tensor, nn

from stylemapgan.features.download import OnProgress
from stylemapgan.features.efficientnet import load_efficientnet_lite0
from stylemapgan.features.inception import load_inception
from stylemapgan.features.perceptual import (
    SMALLEST_SIDE,
    AbstractPerceptualDistance,
    EfficientNetDistance,
    load_lpips,
)
from stylemapgan.images.levels import from_bytes, to_bytes, to_numpy
from stylemapgan.metrics.clouds import FID_NAME, FRECHET_NAME, inception_features, pooled_features
from stylemapgan.types import Array, Images

KERNEL_NAME = "Kernel distance (EfficientNet-Lite0)"
KID_NAME = "KID (Inception v3 2015-12-05, clean resize)"
AT_ONCE = 32
"""Pictures a network sees at once: memory is bounded, whatever the batches given."""

Pictures = Float32[np.ndarray, "_ 3 _ _"]
Points = Float[np.ndarray, "_ features"]


@dataclass(frozen=True, eq=False)
class FeatureNetwork:
    """Computes features of pictures, for distances between sets of pictures."""

    name: str
    frechet_name: str
    """Name of the Fréchet distance between its features."""
    kernel_name: str
    """Name of the kernel distance between its features."""
    key: str
    """For caches: different for other weights, another resize or another kind of device."""
    measure: Callable[[Iterator[Pictures]], Points]
    """Computes features of batches that are already rounded and recut."""

    def features(self, batches: Iterable[Float[Array, "_ 3 _ _"]]) -> Points:
        """Compute one row of features for each picture.

        Pictures are rounded to the 256 levels of a file first, like photos. They are cut into new
        batches of a fixed size, so that the given batches do not change the result.

        Args:
            batches: RGB in [-1, 1], all of one size.
        """
        rounded = (from_bytes(to_bytes(images)) for images in batches)
        return self.measure(recut(rounded, AT_ONCE))


@dataclass(frozen=True, eq=False)
class PictureDistance:
    """How different two pictures look to a network; 0 for equal pictures."""

    name: str
    key: str
    """Like that of a `FeatureNetwork`."""
    network: AbstractPerceptualDistance
    device: str | torch.device = "cpu"

    def __call__(self, one: Images, other: Images) -> Float64[np.ndarray, " pictures"]:
        """Compute one distance for each pair of pictures, a bounded number at a time."""
        parts = [
            self._distances(one[start : start + AT_ONCE], other[start : start + AT_ONCE])
            for start in range(0, len(one), AT_ONCE)
        ]
        return np.concatenate([np.zeros(0), *parts])

    @torch.inference_mode()
    def _distances(self, one: Images, other: Images) -> Float64[np.ndarray, " pictures"]:
        a, b = (_tensor(to_numpy(images), self.device) for images in (one, other))
        return self.network(a, b).double().cpu().numpy()


def efficientnet_features(device: str | torch.device = "cpu") -> FeatureNetwork:
    """Make features of EfficientNet-Lite0, which need no download.

    Raises:
        MissingExtraError: The package with its weights is not installed.
    """
    network = load_efficientnet_lite0().to(device)
    network.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]

    def measure(batches: Iterator[Pictures]) -> Points:
        return pooled_features(network, (_tensor(images, device) for images in batches))

    resize = f"bilinear{SMALLEST_SIDE}"
    key = f"efficientnet-lite0-{resize}-{_fingerprint(network)}-{torch.device(device).type}"
    return FeatureNetwork("EfficientNet-Lite0", FRECHET_NAME, KERNEL_NAME, key, measure)


def inception_features_network(
    given: Sequence[Path] = (),
    device: str | torch.device = "cpu",
    on_progress: OnProgress | None = None,
) -> FeatureNetwork:
    """Make features of the Inception that defines FID, after the clean resize.

    Args:
        given: Files or folders to search for the weights before downloading them.
        device: Where to compute.
        on_progress: Called as weights are downloaded.

    Raises:
        DataError: The weights are missing and cannot be downloaded, or are another file.
    """
    network = load_inception(given, on_progress).to(device)

    def measure(batches: Iterator[Pictures]) -> Points:
        return inception_features(network, batches, device)

    key = f"inception-2015-12-05-clean-{_fingerprint(network)}-{torch.device(device).type}"
    return FeatureNetwork("Inception v3 (2015-12-05)", FID_NAME, KID_NAME, key, measure)


def efficientnet_distance(device: str | torch.device = "cpu") -> PictureDistance:
    """Compare pictures in features of EfficientNet-Lite0, which needs no download.

    Raises:
        MissingExtraError: The package with its weights is not installed.
    """
    network = EfficientNetDistance(load_efficientnet_lite0())
    key = f"efficientnet-lite0-distance-{_fingerprint(network)}-{torch.device(device).type}"
    network.to(device).to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
    return PictureDistance("Feature distance (EfficientNet-Lite0)", key, network, device)


def lpips_distance(
    given: Sequence[Path] = (),
    device: str | torch.device = "cpu",
    on_progress: OnProgress | None = None,
) -> PictureDistance:
    """Compare pictures with LPIPS, at their own size.

    Args:
        given: Files or folders to search for the weights before downloading them.
        device: Where to compute.
        on_progress: Called as weights are downloaded.

    Raises:
        DataError: The weights are missing and cannot be downloaded, or are other files.
    """
    network = load_lpips(given, on_progress)
    key = f"lpips-vgg16-v0.1-{_fingerprint(network)}-{torch.device(device).type}"
    return PictureDistance("LPIPS (VGG16, v0.1)", key, network.to(device), device)


def recut(batches: Iterable[Pictures], rows: int) -> Iterator[Pictures]:
    """Cut batches anew, each with a fixed number of rows but the last, in the same order."""
    waiting: list[Pictures] = []
    for batch in batches:
        waiting.append(batch)
        if sum(map(len, waiting)) >= rows:
            together = np.concatenate(waiting)
            whole = len(together) // rows * rows
            for start in range(0, whole, rows):
                yield together[start : start + rows]
            waiting = [together[whole:]]
    if sum(map(len, waiting)):
        yield np.concatenate(waiting)


def _tensor(images: Pictures, device: str | torch.device) -> Tensor:
    """Copy: tensors cannot share memory that is read-only or has negative strides."""
    return torch.from_numpy(images.copy()).to(device)


def _fingerprint(network: nn.Module) -> str:
    """Hash the weights to a few characters."""
    digest = hashlib.sha256()
    for name, value in network.state_dict().items():
        digest.update(name.encode() + value.cpu().numpy().tobytes())
    return digest.hexdigest()[:12]

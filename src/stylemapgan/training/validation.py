"""Validation of a run: reconstruction error, Fréchet distance and sample sheets."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from stylemapgan import images
from stylemapgan.config import RunConfig
from stylemapgan.data import AbstractPhotos, PhotoSet
from stylemapgan.data.label_maps import LabelMapSet
from stylemapgan.errors import ConfigError
from stylemapgan.features.efficientnet import EfficientNetLite0, load_efficientnet_lite0
from stylemapgan.features.perceptual import AbstractPerceptualDistance
from stylemapgan.images.levels import batch_for
from stylemapgan.machine.tf32 import full_float32
from stylemapgan.metrics.clouds import Cloud, frechet_distance, measure_cloud, pooled_features
from stylemapgan.training.recipe import Recipe
from stylemapgan.training.state import AbstractTrainState
from stylemapgan.types import Images

FLAT = 1e-9
"""Least gradient of photos, to avoid a division by zero."""
COLUMNS = 8
"""Photos on a sample sheet."""
BATCH = 32
"""Images of up to 128 pixels that go through the networks at once."""
PHOTOS_AN_IMAGE = 4
"""Training photos for each random image, at most. Computing their features takes long on a CPU,
once for each start of a run."""
LEAST_PHOTOS = 2
"""A covariance needs at least two."""


@dataclass
class Validator:
    """Measures a run repeatedly on the same photos and the same z.

    Raises:
        ConfigError: The Fréchet distance is configured, and there are too few training photos.
    """

    recipe: Recipe[Any]
    config: RunConfig
    photos: PhotoSet
    """Photos to reconstruct."""
    training_photos: AbstractPhotos
    """Photos that random images should resemble."""
    distance: AbstractPerceptualDistance | None
    label_maps: LabelMapSet | None = None
    """Maps of the parts of `photos`, for methods that need them."""

    def __post_init__(self) -> None:
        count = len(self.training_photos)
        if self._frechet_images and count < LEAST_PHOTOS:
            raise ConfigError(
                f"frechet_images needs at least {LEAST_PHOTOS} training photos to compare with, "
                f"got {count}: add photos, or set frechet_images to 0."
            )

    def reconstruction(self, state: AbstractTrainState) -> dict[str, float]:
        """Compute the figures of `validate` in full float32; none if nothing reconstructs."""
        if self.recipe.reconstruct is None:
            return {}
        reconstruct = partial(self.recipe.reconstruct, state)
        with full_float32():
            return validate(
                reconstruct, self.photos, self.distance, device_of(state), maps=self.label_maps
            )

    def frechet(self, state: AbstractTrainState) -> dict[str, float]:
        """Compute the Fréchet distance in full float32; empty if `frechet_images` is 0."""
        if not self._frechet_images or self.recipe.generate is None:
            return {}
        with full_float32():
            network = self._network.to(device_of(state))
            generated = measure_cloud(pooled_features(network, self._random_images(state)))
            return {"frechet": frechet_distance(self._photo_cloud, generated)}

    @torch.inference_mode()
    def sheet(self, state: AbstractTrainState) -> Images:
        """Lay out photos, and below them what the recipe draws for them.

        Photos and z are the same every time, so that the sheets of a run can be compared.
        """
        spread = np.linspace(0, len(self.photos) - 1, COLUMNS).round().astype(int)
        given = _take(self.photos, self.label_maps, spread, device_of(state))
        rows = {"photos": given[0], **self.recipe.rows(state, *given)}
        return images.contact_sheet(
            [list(pictures.float().cpu().split(1)) for pictures in rows.values()],
            row_titles=list(rows),
            caption=f"{state.images_seen:,} images seen",
        )

    @property
    def _frechet_images(self) -> int:
        return self.config.training.frechet_images

    @torch.inference_mode()
    def _random_images(self, state: AbstractTrainState) -> Iterator[Tensor]:
        """Generate images from a fixed list of z."""
        assert self.recipe.generate is not None
        randomness = torch.Generator().manual_seed(0)
        z = torch.randn(
            self._frechet_images, self.recipe.z_channels(self.config), generator=randomness
        )
        for part in z.split(batch_for(self.photos.size, BATCH)):
            pictures = self.recipe.generate(state, part.to(device_of(state)))
            yield pictures.float().clamp(-1, 1)

    @cached_property
    def _network(self) -> EfficientNetLite0:
        return load_efficientnet_lite0()

    @cached_property
    def _photo_cloud(self) -> Cloud:
        device = next(self._network.parameters()).device
        most = PHOTOS_AN_IMAGE * self._frechet_images
        rows = batch_for(self.training_photos.size, BATCH)
        batches = self.training_photos.spread(most, rows)
        features = pooled_features(
            self._network, (torch.from_numpy(batch).to(device) for batch in batches)
        )
        return measure_cloud(features)


@torch.inference_mode()
def validate(  # noqa: PLR0913 - two have defaults
    reconstruct: Callable[..., Tensor],
    photos: PhotoSet,
    distance: AbstractPerceptualDistance | None,
    device: torch.device,
    *,
    batch: int | None = None,
    maps: LabelMapSet | None = None,
) -> dict[str, float]:
    """Reconstruct every photo and average, each photo counting the same.

    Args:
        reconstruct: Encodes and decodes a batch (N, 3, S, S) on [-1, 1]; called with its maps of
            parts as well if there are any.
        photos: Photos to reconstruct.
        distance: A perceptual distance to measure as well.
        device: Where the photos go.
        batch: Photos computed at once; chosen by their size if not given.
        maps: Maps of the photos' parts.

    Returns:
        `mse` on [-1, 1]; `sharpness`: mean gradient magnitude of the reconstructions as a share
        of the photos'; `perceptual` if a distance is given.
    """
    batch = batch or batch_for(photos.size, BATCH)
    sums = torch.zeros(4, dtype=torch.float64)
    for start in range(0, len(photos), batch):
        indices = np.arange(start, min(start + batch, len(photos)))
        given = _take(photos, maps, indices, device)
        real, reconstructed = given[0], reconstruct(*given).float()
        squared = (reconstructed - real).square().mean(dim=(1, 2, 3))
        terms = [squared, gradient_magnitude(reconstructed), gradient_magnitude(real)]
        terms.append(distance(reconstructed, real) if distance else torch.zeros_like(squared))
        sums += torch.stack([term.double().sum() for term in terms]).cpu()
    squared, edges, photo_edges, perceptual = sums.tolist()
    measured = {"mse": squared / len(photos), "sharpness": edges / max(photo_edges, FLAT)}
    return measured | ({"perceptual": perceptual / len(photos)} if distance else {})


def gradient_magnitude(
    images: Float[Tensor, "batch 3 height width"],
) -> Float[Tensor, " batch"]:
    """Average the length of the brightness gradient: high for crisp images."""
    down = images[..., 1:, :-1] - images[..., :-1, :-1]
    right = images[..., :-1, 1:] - images[..., :-1, :-1]
    return (down.square() + right.square()).sqrt().mean(dim=(1, 2, 3))


def _take(
    photos: PhotoSet,
    maps: LabelMapSet | None,
    indices: Int[np.ndarray, " photos"],
    device: torch.device,
) -> list[Tensor]:
    """Copy photos out, and their maps of parts if there are any."""
    taken = [photos.take(indices), *([] if maps is None else [maps.take(indices)])]
    return [torch.from_numpy(each).to(device) for each in taken]


def device_of(state: AbstractTrainState) -> torch.device:
    """Find where a state's networks are."""
    return next(next(iter(state.networks.values())).parameters()).device

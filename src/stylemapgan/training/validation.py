"""Validation of a run: reconstruction error, Fréchet distance and sample sheets."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from stylemapgan import images
from stylemapgan.data import AbstractPhotos, PhotoSet
from stylemapgan.editing.operations import truncate
from stylemapgan.errors import ConfigError
from stylemapgan.features.efficientnet import EfficientNetLite0, load_efficientnet_lite0
from stylemapgan.features.perceptual import AbstractPerceptualDistance
from stylemapgan.images.levels import batch_for
from stylemapgan.machine.tf32 import full_float32
from stylemapgan.metrics.clouds import Cloud, frechet_distance, measure_cloud, pooled_features
from stylemapgan.models import Encoder, Generator
from stylemapgan.training.state import TrainState
from stylemapgan.types import Images

FLAT = 1e-9
"""Least gradient of photos, to avoid a division by zero."""
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

    photos: PhotoSet
    """Photos to reconstruct."""
    training_photos: AbstractPhotos
    """Photos that random images should resemble."""
    distance: AbstractPerceptualDistance | None
    frechet_images: int
    """Random images for the Fréchet distance; 0 leaves it out."""

    def __post_init__(self) -> None:
        count = len(self.training_photos)
        if self.frechet_images and count < LEAST_PHOTOS:
            raise ConfigError(
                f"frechet_images needs at least {LEAST_PHOTOS} training photos to compare with, "
                f"got {count}: add photos, or set frechet_images to 0."
            )

    def reconstruction(self, generator: Generator, encoder: Encoder) -> dict[str, float]:
        """Compute the figures of `validate` in full float32."""
        with full_float32():
            return validate(generator, encoder, self.photos, self.distance)

    def frechet(self, generator: Generator) -> dict[str, float]:
        """Compute the Fréchet distance in full float32; empty if `frechet_images` is 0."""
        with full_float32():
            return self._frechet(generator)

    def _frechet(self, generator: Generator) -> dict[str, float]:
        if not self.frechet_images:
            return {}
        network = self._network.to(next(generator.parameters()).device)
        generated = measure_cloud(pooled_features(network, self._random_images(generator)))
        return {"frechet": frechet_distance(self._photo_cloud, generated)}

    @torch.inference_mode()
    def _random_images(self, generator: Generator) -> Iterator[Tensor]:
        """Generate images from a fixed list of z, without truncation."""
        device = next(generator.parameters()).device
        randomness = torch.Generator().manual_seed(0)
        z = torch.randn(self.frechet_images, generator.config.style_channels, generator=randomness)
        for part in z.split(batch_for(generator.config.image_size, BATCH)):
            yield generator(part.to(device)).float().clamp(-1, 1)

    @cached_property
    def _network(self) -> EfficientNetLite0:
        return load_efficientnet_lite0()

    @cached_property
    def _photo_cloud(self) -> Cloud:
        device = next(self._network.parameters()).device
        most = PHOTOS_AN_IMAGE * self.frechet_images
        rows = batch_for(self.training_photos.size, BATCH)
        batches = self.training_photos.spread(most, rows)
        features = pooled_features(
            self._network, (torch.from_numpy(batch).to(device) for batch in batches)
        )
        return measure_cloud(features)


@torch.inference_mode()
def validate(
    generator: Generator,
    encoder: Encoder,
    photos: PhotoSet,
    distance: AbstractPerceptualDistance | None,
    batch: int | None = None,
) -> dict[str, float]:
    """Reconstruct every photo and average, each photo counting the same.

    Args:
        generator: Generator to measure.
        encoder: Encoder to measure.
        photos: Photos to reconstruct.
        distance: A perceptual distance to measure as well.
        batch: Photos computed at once; chosen by their size if not given.

    Returns:
        `mse` on [-1, 1]; `sharpness`: mean gradient magnitude of the reconstructions as a share
        of the photos'; `perceptual` if a distance is given.
    """
    device = next(encoder.parameters()).device
    batch = batch or batch_for(photos.size, BATCH)
    sums = torch.zeros(4, dtype=torch.float64)
    for start in range(0, len(photos), batch):
        indices = np.arange(start, min(start + batch, len(photos)))
        real = torch.from_numpy(photos.take(indices)).to(device)
        reconstructed = generator.synthesize(encoder(real)).float()
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


COLUMNS = 8
TRUNCATION = 0.7


@torch.inference_mode()
def sample_sheet(state: TrainState, photos: PhotoSet) -> Images:
    """Lay out photos, reconstructions, half-and-half edits and random generations.

    Photos and z are the same every time, so that the sheets of a run can be compared.
    """
    generator, encoder = state.generator_ema, state.encoder_ema
    device = next(encoder.parameters()).device
    spread = np.linspace(0, len(photos) - 1, COLUMNS).round().astype(int)
    real = torch.from_numpy(photos.take(spread)).to(device)
    stylemaps = encoder(real)
    columns = stylemaps.shape[-1]
    halves = stylemaps.clone()
    halves[..., columns // 2 :] = stylemaps.roll(-1, dims=0)[..., columns // 2 :]
    rows = {
        "photos": real,
        "reconstructions": generator.synthesize(stylemaps),
        "left half of one, right half of the next": generator.synthesize(halves),
        "random": generator.synthesize(_random_stylemaps(generator, COLUMNS)),
        "random, more": generator.synthesize(_random_stylemaps(generator, COLUMNS, seed=1)),
    }
    return images.contact_sheet(
        [list(pictures.float().cpu().split(1)) for pictures in rows.values()],
        row_titles=list(rows),
        caption=f"{state.images_seen:,} images seen",
    )


def _random_stylemaps(generator: Generator, count: int, seed: int = 0) -> torch.Tensor:
    randomness = torch.Generator().manual_seed(seed)
    device = next(generator.parameters()).device
    z = torch.randn(1_000 + count, generator.config.style_channels, generator=randomness)
    stylemaps = generator.mapping(z.to(device))
    mean = stylemaps[:1_000].mean(dim=0, keepdim=True)
    return truncate(stylemaps[1_000:], mean, TRUNCATION)

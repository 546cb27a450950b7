"""Give the mapping network a head start: stylemaps distributed like those of photos.

After a warm-up on reconstruction the generator can decode the stylemaps of photos, but the mapping
network is untrained: its first images are so poor that the discriminator separates them at once.
The stylemaps of photos lie close to a plane of few dimensions, so the last layer of the mapping
network is computed in closed form: its outputs get the mean and the principal components of the
photos' stylemaps. Adversarial training continues from there.
"""

import math
from typing import cast

import torch
from jaxtyping import Float, Float64
from torch import Tensor

from stylemapgan.data import AbstractPhotos
from stylemapgan.images.levels import batch_for
from stylemapgan.machine.tf32 import full_float32
from stylemapgan.methods.stylemapgan.state import StyleMapGANState
from stylemapgan.models.layers import SLOPE, EqualizedLinear
from stylemapgan.models.mapping import MappingNetwork


class Moments:
    """Mean and covariance of all points so far, in float64 on the CPU.

    Every batch is centred on its own mean and then merged with the earlier ones, which avoids
    subtracting large numbers from each other.

    Source: Chan, Golub and LeVeque, "Updating formulae and a pairwise algorithm for computing
    sample variances", 1979.

    Args:
        values: Numbers in a point. Takes 8 · values² bytes: 128 MiB for stylemaps of 64 channels
            and 8x8 cells.
    """

    def __init__(self, values: int) -> None:
        self.count = 0
        """Number of points so far."""
        self.mean: Float64[Tensor, " values"] = torch.zeros(values, dtype=torch.float64)
        self._scatter = torch.zeros(values, values, dtype=torch.float64)

    def add(self, points: Float[Tensor, "points values"]) -> None:
        """Add points."""
        points = points.detach().cpu().double()
        mean = points.mean(dim=0)
        points -= mean
        self._scatter.addmm_(points.T, points)
        step, both = mean - self.mean, self.count + len(points)
        self._scatter.addr_(step, step, alpha=self.count * len(points) / both)
        self.mean += step * (len(points) / both)
        self.count = both

    @property
    def covariance(self) -> Float64[Tensor, "values values"]:
        """The unbiased covariance; 0 for a single point."""
        return self._scatter / max(self.count - 1, 1)

    def principal_components(self, count: int) -> Float64[Tensor, "count values"]:
        """Find the directions of most variance, each as long as its standard deviation."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)  # the algorithm is randomised; its result barely depends on it
            _, variances, directions = torch.svd_lowrank(self.covariance, q=count, niter=4)
        return variances.clamp(min=0).sqrt()[:, None] * directions.T


MOST_PHOTOS = 4_096
"""Photos encoded at most, spread evenly over larger sets."""
ENCODE_BATCH = 64
"""Photos of up to 128 pixels that are encoded at once."""

SAMPLES = 10_000
"""Noise vectors that sample the distribution of the features before the last layer."""
SMALLEST_SPREAD = 1e-3
"""Feature directions with less spread than this, as a share of the widest, are not used."""


@torch.no_grad()
def give_head_start(
    state: StyleMapGANState,
    photos: AbstractPhotos,
    *,
    is_mirrored: bool,
    randomness: torch.Generator,
) -> None:
    """Fit the mapping network, and its average, to the averaged encoder's stylemaps of photos.

    Args:
        state: Networks; only the mapping networks change.
        photos: Photos that generated images should resemble.
        is_mirrored: Mirror every second photo, as training does at random.
        randomness: A generator on the CPU.
    """
    device = next(state.encoder_ema.parameters()).device
    moments = Moments(math.prod(state.generator.mapping.stylemap_shape))
    for batch in photos.spread(MOST_PHOTOS, batch_for(photos.size, ENCODE_BATCH)):
        real = torch.from_numpy(batch).to(device)
        if is_mirrored:
            first = 1 - moments.count % 2  # every second of all photos
            real[first::2] = real[first::2].flip(-1)
        moments.add(deactivate(state.encoder_ema(real).float().flatten(1)))
    with full_float32():
        fit_mapping(state.generator.mapping, moments, randomness)
    state.generator_ema.mapping.load_state_dict(state.generator.mapping.state_dict())


@torch.no_grad()
def fit_mapping(
    mapping: MappingNetwork,
    target: Moments,
    randomness: torch.Generator,
) -> None:
    """Give the mapping network's outputs a target mean and covariance.

    Only the last layer changes. It keeps as many principal components as z has dimensions.

    Args:
        mapping: F; changed in place.
        target: Moments of the photos' stylemaps, flattened and before the activation.
        randomness: A generator on the CPU.
    """
    count = min(mapping.stylemap_shape[0], len(target.mean), target.count)
    fit_last_layer(mapping, target.mean, target.principal_components(count), randomness)


@torch.no_grad()
def fit_last_layer(
    mapping: MappingNetwork,
    mean: Float64[Tensor, " values"],
    components: Float64[Tensor, "count values"],
    randomness: torch.Generator,
) -> None:
    """Give the mapping network's outputs a mean and principal components.

    Args:
        mapping: F; changed in place.
        mean: Of the stylemaps, flattened and before the activation.
        components: Directions of most variance, each as long as its standard deviation; at most
            as many as z has dimensions.
        randomness: A generator on the CPU.
    """
    features = Moments(mapping.stylemap_shape[0])
    features.add(_hidden_features(mapping, randomness))
    axes = features.principal_components(len(components))
    lengths = axes.norm(dim=1, keepdim=True)
    is_used = lengths > SMALLEST_SPREAD * lengths[0]
    whiten = torch.where(is_used, axes / lengths.square(), 0.0)  # (count, channels)
    weight = components.T @ whiten  # (values, channels)
    last = cast(EqualizedLinear, mapping.layers[-1])
    last.weight.copy_(weight / last.scale)
    last.bias.copy_((mean - weight @ features.mean) / last.bias_scale)


def deactivate(
    activated: Float[Tensor, "photos values"],
) -> Float[Tensor, "photos values"]:
    """Undo the leaky ReLU at the end of encoder and mapping network, but not its gain."""
    return torch.where(activated < 0, activated / SLOPE, activated)


def _hidden_features(
    mapping: MappingNetwork, randomness: torch.Generator
) -> Float[Tensor, "samples channels"]:
    """Compute the inputs of the last layer for random z."""
    z = torch.randn(SAMPLES, mapping.stylemap_shape[0], generator=randomness)
    return mapping.hidden(z.to(next(mapping.parameters()).device))

"""What lies between photos: random pairs, pictures between them, perceptual path lengths.

A latent space is good for editing where the points between two photos are photos too, and where a
small step changes the picture a little. FID_lerp measures the first, the perceptual path length
the second.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, Int64

from stylemapgan.errors import ConfigError
from stylemapgan.images.levels import to_numpy
from stylemapgan.types import Array, Images

STEP = 1e-4
"""Distance between the two points of a step, as a share of the path between the photos."""
BATCH = 16
"""Pictures decoded at once."""

Distance = Callable[[Images, Images], Array]
"""One number for each pair of pictures; should grow with the square of a small change."""


@dataclass(frozen=True, eq=False)
class PhotoPairs:
    """Pairs of photos, and one position between each two."""

    starts: Int64[np.ndarray, " pairs"]
    """Rows of the photos at position 0."""
    ends: Int64[np.ndarray, " pairs"]
    """Rows of the photos at position 1; never the same photo."""
    positions: Float64[np.ndarray, " pairs"]
    """How far from start to end, in [0, 1)."""

    def __len__(self) -> int:
        return len(self.starts)

    def __getitem__(self, rows: slice) -> "PhotoPairs":
        return PhotoPairs(self.starts[rows], self.ends[rows], self.positions[rows])


Between = Callable[[PhotoPairs], Images]
"""Gives the pictures at the positions of some pairs."""


def draw_pairs(photos: int, pairs: int, seed: int = 0) -> PhotoPairs:
    """Draw random pairs of different photos and one t ~ U(0, 1) for each.

    The first pairs are the same for every number of pairs.

    Args:
        photos: How many photos there are.
        pairs: How many pairs to draw; photos may appear in several.
        seed: Everything random follows from it.

    Raises:
        ConfigError: There are fewer than two photos, or no pairs are asked for.

    Source: Kim et al., CVPR 2021, section 4 (FID_lerp): random pairs of encoded test photos.
    """
    if photos < 2 or pairs < 1:
        raise ConfigError(
            f"Pairs need at least 2 photos and 1 pair, got {photos} photos and {pairs} pairs."
        )
    drawn = np.random.default_rng(seed).random((pairs, 3))
    starts = (drawn[:, 0] * photos).astype(np.int64)
    further = 1 + (drawn[:, 1] * (photos - 1)).astype(np.int64)  # 1 … photos - 1
    return PhotoPairs(starts, (starts + further) % photos, drawn[:, 2])


def pictures_between(between: Between, pairs: PhotoPairs, batch: int = BATCH) -> Iterator[Images]:
    """Give the picture of each pair; FID_lerp is their Fréchet distance to the training photos.

    Args:
        between: Makes pictures between photos.
        pairs: Which photos, and where between them.
        batch: How many pictures to make at once.

    Source: Kim et al., CVPR 2021, section 4.
    """
    for start in range(0, len(pairs), batch):
        yield between(pairs[start : start + batch])


def path_lengths(
    between: Between, pairs: PhotoPairs, distance: Distance, batch: int = BATCH
) -> Float64[np.ndarray, " pairs"]:
    """Perceptual path length at each pair's position: d(G(t), G(t + ε)) / ε² with ε = 1e-4.

    Karras et al. walk between two random points and print the mean over many; here paths lead
    straight from photo to photo, with nothing cropped and no value left out. The mean of the
    result is the figure. It depends on the distance, which must be named with it: one that grows
    with the square of a small change, such as LPIPS, feature distance or MSE.

    Args:
        between: Makes pictures between photos; full float32 precision, or rounding drowns ε.
        pairs: Which photos, and where between them.
        distance: How different two pictures look.
        batch: How many pictures to make at once, on either side of the step.

    Source: Karras et al., "A Style-Based Generator Architecture for GANs", CVPR 2019, section 4.1.
    """
    lengths = []
    starting = np.minimum(pairs.positions, 1 - STEP)  # so that the step stays on the path
    for start in range(0, len(pairs), batch):
        rows = slice(start, start + batch)
        ends = pairs.starts[rows], pairs.ends[rows]
        here = between(PhotoPairs(*ends, starting[rows]))
        there = between(PhotoPairs(*ends, starting[rows] + STEP))
        lengths.append(to_numpy(distance(here, there)).astype(np.float64) / STEP**2)
    return np.concatenate(lengths)

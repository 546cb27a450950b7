"""What lies between photos: pairs to walk between, pictures on the way, lengths of the ways.

A space of stylemaps is good for editing where the points between two photos are photos, too, and
where a small step changes the picture a little. FID_lerp measures the first, the perceptual path
length the second.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from array_api_compat import array_namespace, device
from jaxtyping import Float, Float64, Int64

from stylemapgan.errors import ConfigError
from stylemapgan.images.levels import to_numpy
from stylemapgan.types import Array, Images, Stylemap

STEP = 1e-4
"""How far apart the two points of a path's piece are, as a share of the way between the photos."""
BATCH = 16
"""Pictures decoded at once."""

Decode = Callable[[Stylemap], Images]
Distance = Callable[[Images, Images], Array]
"""One number for each pair of pictures; should grow with the square of a small change."""


@dataclass(frozen=True, eq=False)
class Ways:
    """Pairs of photos, and a place between each two."""

    starts: Int64[np.ndarray, " pairs"]
    """Rows of the photos at position 0."""
    ends: Int64[np.ndarray, " pairs"]
    """Rows of the photos at position 1; never the same photo."""
    positions: Float64[np.ndarray, " pairs"]
    """How far from start to end, from 0 up to but without 1."""

    def __len__(self) -> int:
        return len(self.starts)


def draw_ways(photos: int, pairs: int, seed: int = 0) -> Ways:
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
    return Ways(starts, (starts + further) % photos, drawn[:, 2])


def pictures_between(
    decode: Decode,
    stylemaps: Float[Array, "photos style rows columns"],
    ways: Ways,
    batch: int = BATCH,
) -> Iterator[Images]:
    """Decode the point of each way; FID_lerp is their Fréchet distance to the training photos.

    Args:
        decode: Turns stylemaps into pictures.
        stylemaps: Of the encoded photos, one a photo.
        ways: Which photos, and where between them.
        batch: How many to decode at once.

    Source: Kim et al., CVPR 2021, section 4.
    """
    for start in range(0, len(ways), batch):
        rows = slice(start, start + batch)
        yield decode(points_between(stylemaps, ways, ways.positions, rows))


def path_lengths(
    decode: Decode,
    stylemaps: Float[Array, "photos style rows columns"],
    ways: Ways,
    distance: Distance,
    batch: int = BATCH,
) -> Float64[np.ndarray, " pairs"]:
    """Perceptual path length at the point of each way: d(G(t), G(t + ε)) / ε² with ε = 1e-4.

    Karras et al. walk between two random points and print the mean over many; here the ways lead
    from photo to photo, straight, with nothing cropped and no value left out. The mean of what
    this gives is the figure. It depends on the distance, which must be named with it: one that
    grows with the square of a small change, such as LPIPS, feature distance or MSE.

    Args:
        decode: Turns stylemaps into pictures; full float32 precision, or rounding drowns ε.
        stylemaps: Of the encoded photos, one a photo.
        ways: Which photos, and where between them.
        distance: How different two pictures look.
        batch: How many pictures to decode at once, on either side of the step.

    Source: Karras et al., "A Style-Based Generator Architecture for GANs", CVPR 2019, section 4.1.
    """
    lengths = []
    starting = np.minimum(ways.positions, 1 - STEP)  # so that the step stays on the way
    for start in range(0, len(ways), batch):
        rows = slice(start, start + batch)
        here = decode(points_between(stylemaps, ways, starting, rows))
        there = decode(points_between(stylemaps, ways, starting + STEP, rows))
        lengths.append(to_numpy(distance(here, there)).astype(np.float64) / STEP**2)
    return np.concatenate(lengths)


def points_between(
    stylemaps: Float[Array, "photos style rows columns"],
    ways: Ways,
    positions: Float64[np.ndarray, " pairs"],
    rows: slice,
) -> Float[Array, "batch style rows columns"]:
    """Interpolate (1 - t) · start + t · end for some of the ways."""
    xp = array_namespace(stylemaps)
    place = device(stylemaps)
    starts, ends = (xp.asarray(each[rows], device=place) for each in (ways.starts, ways.ends))
    t = xp.asarray(positions[rows], dtype=stylemaps.dtype, device=place)[:, None, None, None]
    start, end = (xp.take(stylemaps, each, axis=0) for each in (starts, ends))
    return start + t * (end - start)

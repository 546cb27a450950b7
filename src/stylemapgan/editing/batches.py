"""Draw and decode many stylemaps, a batch at a time."""

from collections.abc import Callable

from array_api_compat import array_namespace

from stylemapgan.config.ranges import STEPS
from stylemapgan.errors import EditError
from stylemapgan.images.levels import batch_for
from stylemapgan.types import Images, Stylemap

MEAN_SAMPLES = 5_000
"""Stylemaps behind the mean that truncation pulls to."""
SAMPLE_BATCH = 500
"""Stylemaps drawn at once for that mean."""
DECODE_BATCH = 16
"""Images of up to 128 pixels decoded at once where an edit makes many."""


def mean_of_samples(sample: Callable[[int, int], Stylemap]) -> Stylemap:
    """Average many random stylemaps; a batch of one.

    Args:
        sample: Draws some number of stylemaps, given a seed.
    """
    batches = [sample(SAMPLE_BATCH, seed) for seed in range(MEAN_SAMPLES // SAMPLE_BATCH)]
    xp = array_namespace(*batches)
    means = xp.concat([xp.mean(batch, axis=0, keepdims=True) for batch in batches])
    return xp.mean(means, axis=0, keepdims=True)


def decode_in_batches(
    stylemaps: Stylemap, decode: Callable[[Stylemap], Images], image_size: int
) -> Images:
    """Decode any number of stylemaps with the memory that a few need.

    Args:
        stylemaps: At least one.
        decode: The editor's own.
        image_size: Height and width of its images, in pixels.
    """
    batch = batch_for(image_size, DECODE_BATCH)
    starts = range(0, len(stylemaps), batch)
    images = [decode(stylemaps[start : start + batch]) for start in starts]
    return array_namespace(*images).concat(images)


def evenly_spaced(steps: int, end: float) -> list[float]:
    """Give positions from 0 to an end, both among them.

    Raises:
        EditError: There are too few or too many steps.
    """
    STEPS.refuse(steps, EditError)
    return [end * step / (steps - 1) for step in range(steps)]

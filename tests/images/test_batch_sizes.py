"""Large pictures are worked on a few at a time."""

import pytest

from stylemapgan.images.levels import batch_for


@pytest.mark.parametrize(
    ("size", "count"), [(32, 16), (128, 16), (129, 15), (256, 4), (512, 1), (1024, 1)]
)
def test_no_batch_has_more_pixels_than_the_most_small_pictures(size, count):
    assert batch_for(size, most=16) == count

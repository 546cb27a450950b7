"""A batch follows from the seed and the images seen, with changed photos as well."""

import dataclasses

import numpy as np
import pytest
import torch

from stylemapgan.config import PhotoAugmentationConfig, TrainConfig
from stylemapgan.data import PhotoSet
from stylemapgan.training.microbatches import PhotoFeed
from stylemapgan.types import WHOLE, Share

CPU = torch.device("cpu")
PLAIN = TrainConfig(batch=8, horizontal_flips=False)
CHANGED = dataclasses.replace(
    PLAIN, photo_augmentation=PhotoAugmentationConfig(rotation=20.0, elastic=0.02, colour=0.1)
)


@pytest.fixture
def photos() -> PhotoSet:
    pixels = np.random.default_rng(0).integers(0, 256, (20, 16, 16, 3), dtype=np.uint8)
    return PhotoSet(pixels=pixels, names=tuple(map(str, range(20))), skipped=())


def batch(photos: PhotoSet, config: TrainConfig, images_seen: int, share: Share = WHOLE):
    with PhotoFeed(photos, config, share, CPU) as feed:
        return feed.take(images_seen)


def test_the_same_position_gives_the_same_changed_photos(photos):
    assert torch.equal(batch(photos, CHANGED, 40), batch(photos, CHANGED, 40))
    assert not torch.equal(batch(photos, CHANGED, 40), batch(photos, PLAIN, 40))


def test_a_photo_changes_differently_each_time_it_is_seen(photos):
    one = dataclasses.replace(photos, pixels=photos.pixels[:1], names=("0",))
    seen = batch(one, CHANGED, 0)
    assert len({tuple(row.ravel().tolist()) for row in seen}) == len(seen)


def test_processes_together_see_the_photos_that_one_would(photos):
    whole = batch(photos, CHANGED, 40)
    for share in WHOLE.split(2):
        torch.testing.assert_close(batch(photos, CHANGED, 40, share), whole[share.rows])

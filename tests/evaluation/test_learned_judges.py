"""Small networks learn what pictures show, if there is anything to learn."""

import numpy as np
import pytest
import torch

from stylemapgan.data import PhotoSet
from stylemapgan.errors import ConfigError
from stylemapgan.evaluation.judges.attribute_classifier import (
    UNKNOWN,
    new_classifier,
    to_values,
    train_classifier,
    vocabulary_of,
)
from stylemapgan.evaluation.judges.part_segmenter import (
    new_segmenter,
    resized_maps,
    train_segmenter,
)
from stylemapgan.evaluation.judges.small_networks import TrainingProtocol, pack, silent, unpack
from stylemapgan.images import from_bytes

SETTINGS = TrainingProtocol(pictures_seen=960, side=32)
LEARNED = 80


def squares(count: int, seed: int) -> tuple[PhotoSet, np.ndarray, np.ndarray]:
    """Noise with a bright square on the left or on the right; its side, and its map."""
    random = np.random.default_rng(seed)
    pixels = random.integers(0, 120, (count, 32, 32, 3)).astype(np.uint8)
    is_right = random.random(count) < 0.5
    maps = np.zeros((count, 32, 32), np.uint8)
    for row, right in enumerate(is_right):
        top, left = random.integers(2, 20), random.integers(2, 6) + 14 * right
        maps[row, top : top + 10, left : left + 10] = 1
    pixels[maps == 1] += 120
    return PhotoSet(pixels, tuple(f"{i}.png" for i in range(count)), ()), is_right, maps


def words(is_right: np.ndarray) -> dict[str, tuple[str, ...]]:
    return {"side": tuple("right" if right else "left" for right in is_right)}


def accuracy(known: dict[str, tuple[str, ...]], photos: PhotoSet) -> float:
    """Learn the given labels; then find the right ones of new pictures."""
    classifier = new_classifier(vocabulary_of(known), SETTINGS)
    train_classifier(classifier, photos, known, SETTINGS)
    unseen, is_right, _ = squares(100, seed=9)
    truth = to_values(classifier.vocabulary, words(is_right), 100)
    return float((classifier.judge(from_bytes(unseen.pixels)) == truth).mean())


def test_a_classifier_learns_what_pictures_show():
    photos, is_right, _ = squares(LEARNED, seed=0)
    assert accuracy(words(is_right), photos) > 0.95


def test_a_classifier_learns_nothing_from_labels_that_mean_nothing():
    photos, is_right, _ = squares(LEARNED, seed=0)
    shuffled = np.random.default_rng(1).permutation(is_right)
    assert 0.25 < accuracy(words(shuffled), photos) < 0.75


def test_a_segmenter_learns_where_parts_are():
    photos, _, maps = squares(LEARNED, seed=0)
    segmenter = new_segmenter(2, SETTINGS)
    train_segmenter(segmenter, photos, maps, SETTINGS)
    unseen, _, truth = squares(50, seed=9)
    found = segmenter.segment(from_bytes(unseen.pixels))
    overlap = (found & truth).sum() / (found | truth).sum()
    assert overlap > 0.7  # naming everything a square gives 0.1


def test_the_same_seed_learns_the_same_and_another_seed_does_not():
    photos, is_right, _ = squares(20, seed=0)
    known = words(is_right)
    few = TrainingProtocol(pictures_seen=64, side=32)
    learned = []
    for settings in (few, few, TrainingProtocol(pictures_seen=64, side=32, seed=1)):
        classifier = new_classifier({"side": ("left", "right")}, settings)
        train_classifier(classifier, photos, known, settings, silent)
        learned.append(pack(classifier.network))
    np.testing.assert_array_equal(learned[0], learned[1])
    assert not np.array_equal(learned[0], learned[2])


def test_what_was_learned_can_be_put_into_a_new_network():
    photos, is_right, _ = squares(40, seed=0)
    few = TrainingProtocol(pictures_seen=64, side=32)
    old, new = (new_classifier({"side": ("left", "right")}, few) for _ in range(2))
    train_classifier(old, photos, words(is_right), few)
    unpack(new.network, pack(old.network))
    images = torch.rand(3, 3, 32, 32) * 2 - 1
    for ours, theirs in zip(old.network(images), new.network(images), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=0, atol=0)


def test_judgements_do_not_depend_on_the_batch_or_on_the_size():
    photos, is_right, _ = squares(40, seed=0)
    classifier = new_classifier({"side": ("left", "right")}, SETTINGS)
    train_classifier(classifier, photos, words(is_right), SETTINGS)
    images = from_bytes(photos.pixels)
    one_by_one = np.concatenate([classifier.judge(image[None]) for image in images])
    np.testing.assert_array_equal(classifier.judge(images), one_by_one)
    doubled = images.repeat(2, axis=2).repeat(2, axis=3)
    np.testing.assert_array_equal(classifier.judge(doubled), one_by_one)


def test_rare_and_unknown_values_and_names_are_not_learned():
    table = {
        "digit": ("1",) * 12 + ("2",) * 10 + ("3",) * 9 + ("",) * 20,
        "always": ("yes",) * 51,
        "name": tuple(f"{number}" for number in range(51)),
    }
    vocabulary = vocabulary_of(table)
    assert vocabulary == {"digit": ("1", "2")}
    numbers = to_values(vocabulary, table, 51)[:, 0]
    assert numbers.tolist() == [0] * 12 + [1] * 10 + [UNKNOWN] * 29
    assert (to_values(vocabulary, {}, 4) == UNKNOWN).all()


def test_maps_keep_their_parts_when_brought_to_another_size():
    maps = np.random.default_rng(0).integers(0, 10, (3, 8, 8)).astype(np.uint8)
    doubled = resized_maps(maps, 16)
    np.testing.assert_array_equal(doubled, maps.repeat(2, axis=1).repeat(2, axis=2))
    np.testing.assert_array_equal(resized_maps(doubled, 8), maps)


def test_a_network_that_sees_nothing_is_refused():
    with pytest.raises(ConfigError, match="got 32 pictures a step and 8 in all"):
        TrainingProtocol(pictures_seen=8)

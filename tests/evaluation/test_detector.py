"""The detector finds what is there, nothing where nothing is, and never knows a photo already."""

import numpy as np
import pytest
import torch

from stylemapgan.errors import ConfigError, DataError
from stylemapgan.evaluation.judges.detector import (
    Detection,
    DetectorConfig,
    detect,
    folds_of,
    identities,
    ranks,
    score_once,
)

QUICK = DetectorConfig(pictures_seen=1_600, folds=3, widths=(16, 32, 32))
SIDE = 24


def smooth_pictures(count: int, seed: int) -> np.ndarray:
    """Blobs of colour with values of whole bytes, as photos have them."""
    randomness = np.random.default_rng(seed)
    coarse = torch.from_numpy(randomness.uniform(-1, 1, (count, 3, 5, 5)).astype(np.float32))
    fine = torch.nn.functional.interpolate(coarse, size=SIDE, mode="bilinear").numpy()
    return (np.rint((fine + 1) * 127.5) / 127.5 - 1).astype(np.float32)


def average_precision(scores: np.ndarray, labels: np.ndarray) -> float:
    return Detection(scores, labels, np.arange(len(scores))).average_precision


def naive_average_precision(scores: list[float], labels: list[bool]) -> float:
    """Lower the threshold through the scores, one distinct value at a time."""
    total, recall_before = 0.0, 0.0
    for threshold in sorted(set(scores), reverse=True):
        called = [label for score, label in zip(scores, labels, strict=True) if score >= threshold]
        precision, recall = sum(called) / len(called), sum(called) / sum(labels)
        total += (recall - recall_before) * precision
        recall_before = recall
    return total


@pytest.mark.parametrize("levels", [3, 1000])
def test_average_precision_is_that_of_a_naive_loop(levels):
    randomness = np.random.default_rng(levels)
    for _ in range(20):
        scores = randomness.integers(0, levels, 30) / levels  # few levels: many equal scores
        labels = randomness.random(30) < 0.4
        found = average_precision(scores, labels)
        expected = naive_average_precision(scores.tolist(), labels.tolist())
        assert found == pytest.approx(expected, rel=1e-12)


def test_equal_scores_give_the_share_of_positives_and_no_positives_no_number():
    labels = np.array([True, False, False, False])
    assert average_precision(np.zeros(4), labels) == 0.25
    assert np.isnan(average_precision(np.zeros(4), np.zeros(4, dtype=bool)))


def test_equal_pictures_are_scored_once_and_others_for_themselves():
    levels = np.array([5, 3, 5, 4, 3, 5], np.uint8)[:, None, None, None] * np.ones((1, 2, 2, 3))
    same = identities(levels.astype(np.uint8))
    assert same.tolist() == [0, 1, 0, 2, 1, 0]
    asked: list[list[int]] = []

    def by_place(rows: np.ndarray) -> np.ndarray:
        asked.append(rows.tolist())
        return np.arange(len(rows)) * 0.5

    assert score_once(same, by_place).tolist() == [0, 0.5, 0, 1, 0.5, 0]
    assert asked == [[0, 1, 3]]


def test_ranks_go_from_0_to_1_and_equal_values_share_one():
    np.testing.assert_allclose(ranks(np.array([5.0, 1.0, 5.0, 9.0])), [0.5, 0.125, 0.5, 0.875])


def test_a_photo_and_its_edits_are_judged_in_one_fold():
    folds = folds_of(23, QUICK)
    assert sorted(np.bincount(folds)) == [7, 8, 8]
    np.testing.assert_array_equal(folds, folds_of(23, QUICK))
    assert (folds != folds_of(23, DetectorConfig(folds=3, seed=1))).any()
    real = smooth_pictures(9, 0)
    detection = detect(real, real[[4, 4, 7]], [4, 4, 7], QUICK)
    assert detection.photos.tolist() == [*range(9), 4, 4, 7]
    assert detection.is_edited.tolist() == [False] * 9 + [True] * 3
    for edit, photo in ((9, 4), (10, 4), (11, 7)):  # the same picture, so the same score
        assert detection.scores[edit] == detection.scores[photo]


def test_pictures_easily_told_apart_are_told_apart():
    real = smooth_pictures(90, 0)
    chequered = np.indices((SIDE, SIDE)).sum(axis=0) % 2 * 2 - 1
    edited = np.clip(real + np.float32(0.2) * chequered, -1, 1).astype(np.float32)
    detection = detect(real, edited, np.arange(90), QUICK)
    assert detection.average_precision > 0.98
    assert detection.chance == 0.5
    estimate = detection.estimate()
    assert estimate.value == detection.average_precision
    assert estimate.count == 90
    assert 0.9 < estimate.low <= estimate.value <= estimate.high <= 1


def test_pictures_of_one_kind_leave_the_detector_guessing():
    found = []
    for seed in range(8):
        real, edited = smooth_pictures(60, 2 * seed), smooth_pictures(60, 2 * seed + 1)
        settings = DetectorConfig(pictures_seen=640, folds=3, widths=(8, 16), seed=seed)
        found.append(detect(real, edited, np.arange(60), settings).average_precision)
    assert np.mean(found) == pytest.approx(0.5, abs=0.06)


def test_guesses_about_few_pictures_score_what_the_documentation_says():
    randomness = np.random.default_rng(0)
    labels = np.arange(120) >= 60
    found = [average_precision(randomness.random(120), labels) for _ in range(3000)]
    harmonic = sum(1 / k for k in range(1, 121)) / 120  # a positive stands at rank k: 1/k of P@k
    assert np.mean(found) == pytest.approx(harmonic + 59 / 119 * (1 - harmonic), abs=0.003)
    assert np.mean(found) == pytest.approx(0.52, abs=0.005)


def test_values_between_the_levels_of_a_byte_give_nothing_away():
    real = smooth_pictures(30, 0)
    between = real + np.random.default_rng(2).uniform(-0.49, 0.49, real.shape) / 127.5
    detection = detect(real, between.astype(np.float32), np.arange(30), QUICK)
    np.testing.assert_array_equal(detection.scores[:30], detection.scores[30:])
    assert detection.average_precision == pytest.approx(0.5)


def test_equal_seeds_give_equal_scores_for_arrays_and_tensors():
    real, edited = smooth_pictures(12, 0), smooth_pictures(12, 1)
    once = detect(real, edited, np.arange(12), QUICK)
    again = detect(torch.from_numpy(real), torch.from_numpy(edited), list(range(12)), QUICK)
    np.testing.assert_array_equal(once.scores, again.scores)


def test_what_cannot_be_cross_validated_is_refused():
    real = smooth_pictures(4, 0)
    with pytest.raises(DataError, match="5 folds need at least as many photos, got 4"):
        detect(real, real, np.arange(4))
    with pytest.raises(DataError, match=r"the row of its photo, 0 to 3, got 2 rows"):
        detect(real, real, [0, 1], QUICK)
    with pytest.raises(DataError, match="0 to 3"):
        detect(real, real, [0, 1, 2, 4], QUICK)
    with pytest.raises(ConfigError, match="folds must be at least 2, got 1"):
        DetectorConfig(folds=1)

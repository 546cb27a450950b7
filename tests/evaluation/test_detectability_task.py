"""Detectors find what a model gives away, nothing where nothing is, and never know a photo."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from pixel_editor import PixelEditor
from sklearn.metrics import average_precision_score

from stylemapgan.evaluation.judges.detector import Detection, DetectorConfig, folds_of
from stylemapgan.evaluation.tasks.detectability.measure import (
    FOLDS,
    Detectability,
    choose_photos,
    draw_edits,
    make_pictures,
)
from stylemapgan.evaluation.tasks.detectability.sheets import precision_at_recall
from stylemapgan.features.resnet import CNNDetection
from stylemapgan.images.levels import from_bytes, to_bytes
from stylemapgan.methods.registry import open_methods

SETTINGS = DetectorConfig(folds=FOLDS)
KINDS = {
    "halves, w",
    "halves, w-plus",
    "halves, w-plus pasted",
    "halves, w-plus + detail",
    "halves, copy pixels",
    "halves, poisson",
    "reconstructions",
}


@pytest.fixture
def context(context):
    return replace(context, config=replace(context.config, detector_pictures=192, edits=50))


def test_a_model_that_knows_nothing_is_found_out_and_the_same_seed_says_so_again(context):
    findings = Detectability().measure(context)
    figures = {figure.variant: figure for figure in findings.figures}
    assert set(figures) == KINDS
    for kind in ("halves, w", "halves, w-plus", "reconstructions"):
        assert figures[kind].estimate.value > 0.95
        assert figures[kind].estimate.low <= figures[kind].estimate.value
    assert [kind for kind in figures if figures[kind].is_main] == ["halves, w-plus"]
    assert {series.label.split(":")[0] for series in findings.charts[0].series} - {
        "guessing"
    } == KINDS
    assert [sheet.name for sheet in findings.sheets] == ["verdicts-w", "verdicts-w-plus"]

    again = Detectability().measure(context)
    assert [each.estimate for each in again.figures] == [each.estimate for each in findings.figures]


def test_reconstructions_without_loss_are_at_chance(context):
    findings = Detectability().measure(replace(context, methods=open_methods(PixelEditor())))
    values = {figure.variant: figure.estimate.value for figure in findings.figures}
    assert values["reconstructions"] == pytest.approx(0.5)  # each photo ties with its copy
    assert values["halves, w"] == values["halves, w-plus"] == values["halves, copy pixels"]


def test_references_are_other_photos_of_the_same_fold_each_once(context):
    photos = choose_photos(context)
    edits = draw_edits(context, photos, SETTINGS)
    folds = dict(zip(photos.tolist(), folds_of(len(photos), SETTINGS), strict=True))
    assert sorted(edits.references) == sorted(edits.sources) == photos.tolist()
    for own, other in zip(edits.sources, edits.references, strict=True):
        assert own != other
        assert folds[own] == folds[other]


def test_batches_do_not_change_what_is_judged(context, rebatched):
    photos = choose_photos(context)
    edits = draw_edits(context, photos, SETTINGS)
    few, many = (make_pictures(rebatched(batch), edits, photos) for batch in (3, 10))
    assert set(few) == set(many) == KINDS
    for kind in KINDS:
        level = 1.01 / 127.5 if "w-plus " in kind else 1e-5  # pasted edits are rounded
        np.testing.assert_allclose(few[kind].images, many[kind].images, atol=level)
        np.testing.assert_array_equal(few[kind].sources, np.arange(10))


def test_photos_are_spread_evenly_where_there_are_more_than_edits(context):
    config = replace(context.config, edits=7)
    chosen = choose_photos(replace(context, config=config))
    np.testing.assert_array_equal(chosen, [0, 2, 3, 4, 6, 8, 9])
    pictures = make_pictures(context, draw_edits(context, chosen, SETTINGS), chosen)
    assert sorted(pictures["halves, w"].sources) == list(range(7))  # rows among the chosen


def test_cnn_detection_judges_what_a_file_would_hold(context, tiny_editor):
    config = replace(context.config, detector_pictures=64)  # the other detectors are not looked at
    context = replace(context, config=config, methods=open_methods(tiny_editor, ["w"]))
    torch.manual_seed(3)
    network = CNNDetection()
    findings = Detectability().measure(replace(context, cnn_detection=network))
    found = {each.variant: each for each in findings.figures if each.name == "cnn-detection"}
    assert set(found) == {"halves, w", "reconstructions"}
    photos = choose_photos(context)
    pictures = make_pictures(context, draw_edits(context, photos, SETTINGS), photos)["halves, w"]
    logits = [
        network(torch.from_numpy(from_bytes(to_bytes(picture[None])))).item()
        for picture in (*context.data.images(photos), *pictures.images)
    ]
    expected = average_precision_score([False] * 10 + [True] * 10, logits)
    assert found["halves, w"].estimate.value == pytest.approx(expected)


def test_the_curve_is_that_of_a_loop_over_thresholds():
    randomness = np.random.default_rng(0)
    for edits in (3, 40, 250):
        is_edited = np.arange(60 + edits) >= 60
        scores = randomness.integers(0, 30, 60 + edits) / 30 + is_edited / 10
        detection = Detection(scores, is_edited, np.arange(60 + edits))
        for percent, precision in enumerate(precision_at_recall(detection), start=1):
            for threshold in sorted(set(scores), reverse=True):
                called = scores >= threshold
                if 100 * (called & is_edited).sum() >= percent * edits:
                    assert precision == pytest.approx((called & is_edited).sum() / called.sum())
                    break


def test_too_few_photos_are_an_obstacle(context):
    few = replace(context.data, rows=context.data.rows[:5])
    assert "at least 6" in str(Detectability().obstacle(replace(context, data=few)))
    assert Detectability().obstacle(context) is None

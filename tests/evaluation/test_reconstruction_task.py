"""Reconstructions are compared photo by photo, and a perfect editor has no error."""

import math
from dataclasses import replace
from typing import final

import numpy as np
import pytest

from stylemapgan.config import preset
from stylemapgan.editing import AbstractEditor
from stylemapgan.evaluation.data import open_test_data
from stylemapgan.evaluation.tasks.reconstruction.measure import Reconstruction
from stylemapgan.images.levels import to_numpy
from stylemapgan.methods.registry import open_methods


@final
class PerfectEditor(AbstractEditor):
    """Its stylemaps are the pictures themselves."""

    @property
    def config(self):
        return preset("tiny-32").model

    def as_array(self, values):
        return to_numpy(values)

    def encode(self, images):
        return self.as_images(images)

    def resize(self, stylemaps):
        return [stylemaps]

    def synthesize(self, w_plus):
        return w_plus[0]

    def features(self, w_plus):
        return w_plus[0]

    def sample(self, count, seed=0):
        return np.random.default_rng(seed).uniform(-1, 1, (count, 3, 32, 32)).astype(np.float32)


def figures_of(context):
    return {figure.name: figure for figure in Reconstruction().measure(context).figures}


def errors(figure):
    """One for each photo."""
    assert figure.shares is not None
    return figure.shares.numerators


def test_figures_are_means_over_photos_of_the_naive_measures(context, tiny_editor):
    photos = context.data.images(slice(None))
    made = tiny_editor.reconstruct(tiny_editor.as_array(photos)).numpy().clip(-1, 1)
    squared = [
        float(np.mean((photo.astype(float) - other.astype(float)) ** 2))
        for photo, other in zip(photos, made, strict=True)
    ]
    decibels = [10 * math.log10(4 / each) for each in squared]
    cells = [each.reshape(10, 3, 4, 8, 4, 8).mean(axis=(3, 5)) for each in (photos, made)]
    figures = figures_of(context)
    assert figures["mse"].rows == context.data.names
    np.testing.assert_allclose(errors(figures["mse"]), squared, rtol=1e-5)
    assert figures["mse"].estimate.value == pytest.approx(np.mean(squared), rel=1e-5)
    assert figures["psnr"].estimate.value == pytest.approx(np.mean(decibels), rel=1e-5)
    by_cells = np.square(cells[0] - cells[1]).mean()
    assert figures["grid-distance"].estimate.value == pytest.approx(by_cells, rel=1e-4)
    assert all(each.estimate.low < each.estimate.value for each in figures.values())


def test_batches_do_not_change_figures(context, rebatched):
    at_once = figures_of(context)
    for batch in (1, 3):
        for name, figure in figures_of(rebatched(batch)).items():
            expected = errors(at_once[name])
            np.testing.assert_allclose(errors(figure), expected, rtol=1e-4, atol=1e-6)


def test_a_perfect_editor_makes_no_error(context):
    figures = figures_of(replace(context, methods=open_methods(PerfectEditor())))
    assert figures["mse"].estimate.value == 0
    assert figures["psnr"].estimate.value == math.inf
    assert figures["ssim"].estimate.value == pytest.approx(1)
    assert figures["ms-ssim"].estimate.value == pytest.approx(1)
    assert figures["grid-distance"].estimate.value == 0


def test_the_chart_rises_from_the_best_photo_to_the_worst(context):
    findings = Reconstruction().measure(context)
    curve = findings.charts[0].series[0]
    mse = errors(findings.figures[0])
    assert (curve.y[0], curve.y[-1]) == (mse.min(), mse.max())
    assert list(curve.y) == sorted(curve.y)


def test_one_photo_is_too_few(context, data_folder):
    one = replace(context, data=open_test_data(data_folder, 32, most=1))
    assert "at least 2 test photos" in (Reconstruction().obstacle(one) or "")
    assert Reconstruction().obstacle(context) is None

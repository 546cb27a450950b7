"""Pictures between photos are compared with training photos, and pairs are measured."""

from dataclasses import replace

import numpy as np
import pytest

from stylemapgan.editing import Editor
from stylemapgan.evaluation.data import open_test_data
from stylemapgan.evaluation.tasks.interpolation.measure import (
    FEW,
    Interpolation,
    length_figure,
    lerp_figures,
)
from stylemapgan.evaluation.tasks.interpolation.sheets import changes_along, frames_of
from stylemapgan.images.levels import from_bytes, to_bytes
from stylemapgan.methods.abstract import Latent
from stylemapgan.methods.registry import open_methods
from stylemapgan.metrics.clouds import frechet_distance, measure_cloud
from stylemapgan.metrics.path import draw_pairs


def figures_of(context):
    pairs = draw_pairs(10, context.config.steps, context.config.seed)
    return {
        figure.key: figure
        for figure in (
            *lerp_figures(context, context.main, 14),
            length_figure(context, context.main.in_float32(), pairs),
        )
    }


def colours(pictures):
    rounded = from_bytes(to_bytes(pictures))
    return rounded.reshape(len(rounded), 3, 2, 16, 2, 16).mean(axis=(3, 5)).reshape(-1, 12)


def between(context, pairs, positions):
    w, method = context.latents(context.main).arrays["stylemap"], context.main
    return np.concatenate(
        [
            context.decode(
                method,
                Latent({"stylemap": ((1 - t) * w[start] + t * w[end])[None].astype(np.float32)}),
            )
            for start, end, t in zip(pairs.starts, pairs.ends, positions, strict=True)
        ]
    )


def test_fid_lerp_compares_one_picture_of_each_way_with_training_photos(context):
    figures = figures_of(context)
    pairs = draw_pairs(10, 14, context.config.seed)
    features = colours(between(context, pairs, pairs.positions))
    training = measure_cloud(colours(context.data.training.take(np.arange(14))))
    for variant, count in {"between photos": 14, FEW: 10}.items():
        expected = frechet_distance(measure_cloud(features[:count]), training)
        estimate = figures[f"frechet ({variant})"].estimate
        assert estimate.value == pytest.approx(expected, rel=1e-3)
        assert estimate.count == count
    assert figures["frechet (between photos)"].title == "Fréchet (colours) between photos"


def test_path_lengths_are_distances_over_small_steps(context):
    figure = figures_of(context)["path-length"]
    pairs = draw_pairs(10, context.config.steps, context.config.seed)
    reach = 5e-3  # wide enough for rounding not to matter; symmetric, so that curves do not either
    here, there = (between(context, pairs, pairs.positions + shift) for shift in (-reach, reach))
    expected = context.distances[0](here, there) / (2 * reach) ** 2
    assert figure.shares is not None
    np.testing.assert_allclose(figure.shares.numerators, expected, rtol=0.1)
    first, last = (context.data.names[ends[0]] for ends in (pairs.starts, pairs.ends))
    assert figure.rows[0] == f"{first} to {last}"


def test_figures_hardly_depend_on_the_precision_of_the_model(context, tiny_editor):
    """Rounding to bfloat16 would make a step of a ten-thousandth thousands of times as long."""
    exact = figures_of(context)
    editor = Editor(tiny_editor.networks, precision="bf16-mixed")
    mixed = replace(context, methods=open_methods(editor))
    length = figures_of(mixed)["path-length"]
    assert length.estimate.value == pytest.approx(exact["path-length"].estimate.value, rel=1e-2)
    pairs = draw_pairs(10, context.config.steps, context.config.seed)
    steps, expected = (
        changes_along(each, each.main.in_float32(), pairs, 6, 8) for each in (mixed, context)
    )
    np.testing.assert_allclose(steps, expected, rtol=1e-2)
    assert context.main.in_float32() is context.main


def test_batches_do_not_change_figures(context, rebatched):
    at_once = figures_of(context)
    for key, figure in figures_of(rebatched(4)).items():
        expected = at_once[key].estimate.value
        assert figure.estimate.value == pytest.approx(expected, rel=1e-2, abs=1e-5), key


def test_everything_follows_from_the_seed(context):
    one, again = figures_of(context), figures_of(context)
    assert [each.estimate for each in one.values()] == [each.estimate for each in again.values()]
    other = figures_of(replace(context, config=replace(context.config, seed=1)))
    assert all(other[key].estimate.value != one[key].estimate.value for key in one)


def test_a_way_leads_from_one_reconstruction_to_the_other(context):
    pairs = draw_pairs(10, 3)
    frames = frames_of(context, context.main, pairs, 1, 5)
    ends = context.decode(
        context.main, context.latents(context.main)[np.array([pairs.starts[1], pairs.ends[1]])]
    )
    np.testing.assert_allclose(frames[[0, -1]], ends, atol=1e-4)
    changes = changes_along(context, context.main, pairs, 2, 4)
    assert changes.shape == (2, 4)
    np.testing.assert_allclose(changes[1], context.distances[0](frames[:-1], frames[1:]), rtol=1e-5)


def test_findings_hold_figures_strips_and_the_change_along_the_way(context):
    findings = Interpolation().measure(context)
    assert [each.key for each in findings.figures if each.is_main] == [
        "frechet (between photos)",
        "path-length",
    ]
    assert [each.name for each in findings.sheets] == ["strips", "longest-paths"]
    (line,) = findings.charts[0].series
    assert all(
        low <= mid <= high for low, mid, high in zip(line.low, line.y, line.high, strict=True)
    )


def test_one_photo_leads_nowhere(context, data_folder):
    one = replace(context, data=open_test_data(data_folder, 32, most=1))
    assert "at least 2" in (Interpolation().obstacle(one) or "")
    assert Interpolation().obstacle(context) is None

"""Random pictures are compared with training photos, the same ones whatever the batch."""

from dataclasses import replace

import numpy as np
import pytest

from stylemapgan.evaluation.data import open_test_data
from stylemapgan.evaluation.tasks.generation.measure import BLOCK, FEW, Generation, RandomLatents
from stylemapgan.evaluation.tasks.generation.sheets import nearest
from stylemapgan.images.levels import from_bytes, to_bytes
from stylemapgan.metrics.clouds import (
    frechet_distance,
    kernel_distance,
    measure_cloud,
    precision_recall,
)


def figures_of(context):
    return {figure.key: figure.estimate for figure in Generation().measure(context).figures}


def colours(pictures):
    """What the context's network sees, of pictures as files would hold them."""
    rounded = from_bytes(to_bytes(pictures))
    return rounded.reshape(len(rounded), 3, 2, 16, 2, 16).mean(axis=(3, 5)).reshape(-1, 12)


def frechet(one, other):
    return frechet_distance(measure_cloud(one), measure_cloud(other))


def test_figures_are_those_of_the_features(context):
    figures = figures_of(context)
    method = context.main
    random = RandomLatents(method, context.config.seed).take(np.arange(14))
    generated = colours(context.decode(method, random))
    training = colours(context.data.training.take(np.arange(14)))
    tested = context.data.images(slice(None))
    made = colours(context.decode(method, context.latents(method)))
    found = precision_recall(training, generated)
    expected = {
        "frechet (random)": frechet(training, generated),
        "kernel (random)": kernel_distance(training, generated),
        "precision (random)": found.precision,
        "recall (random)": found.recall,
        f"frechet ({FEW})": frechet(training, generated[:10]),
        "frechet (real test photos)": frechet(training, colours(tested)),
        "frechet (reconstructions)": frechet(training, made),
    }
    for key, value in expected.items():
        assert figures[key].value == pytest.approx(value, rel=1e-3, abs=1e-6), key
    assert figures["frechet (random)"].count == 14
    assert figures["frechet (reconstructions)"].count == 10


def test_batches_do_not_change_figures(context, rebatched):
    at_once = figures_of(context)
    for key, estimate in figures_of(rebatched(4)).items():
        assert estimate.value == pytest.approx(at_once[key].value, rel=1e-3, abs=1e-5), key


def test_everything_follows_from_the_seed(context):
    one, again = figures_of(context), figures_of(context)
    assert one == again
    other = figures_of(replace(context, config=replace(context.config, seed=1)))
    assert other["frechet (random)"].value != one["frechet (random)"].value
    assert other["frechet (real test photos)"].value == one["frechet (real test photos)"].value


def test_test_photos_are_as_near_as_themselves_where_they_were_trained_on(context, data_folder):
    same = open_test_data(data_folder / "train", 32)
    both = replace(same, training=same.photos)
    figures = figures_of(replace(context, data=both))
    assert figures["frechet (real test photos)"].value == pytest.approx(0, abs=1e-6)
    assert figures["precision (real test photos)"].value == 1


def test_without_training_photos_there_is_nothing_to_judge_by(context, data_folder):
    alone = replace(context, data=open_test_data(data_folder / "val", 32))
    findings = Generation().measure(alone)
    assert {figure.variant for figure in findings.figures} == {"random"}
    assert "test photos themselves" in findings.notes[0]


def test_few_photos_are_an_obstacle(context):
    few = replace(context, config=replace(context.config, generated=5))
    assert Generation().obstacle(few) is not None
    assert Generation().obstacle(context) is None


def test_a_random_latent_is_the_same_whichever_others_are_taken(context):
    def take(numbers):
        return RandomLatents(context.main, 0).take(np.array(numbers)).arrays["stylemap"]

    numbers = [0, 3, BLOCK - 1, BLOCK, BLOCK + 3]
    together = take(numbers)
    for number, expected in zip(numbers[::-1], together[::-1], strict=True):
        np.testing.assert_array_equal(take([number])[0], expected)
    assert np.abs(together[1] - together[4]).max() > 1e-3  # blocks differ


def test_the_nearest_photo_is_found():
    random = np.random.default_rng(0)
    photos, pictures = random.normal(size=(700, 6)), random.normal(size=(1_100, 6))
    indices, distances = nearest(pictures, photos)
    for row in (0, 499, 500, 1_099):
        apart = [float(np.sum((pictures[row] - photo) ** 2)) for photo in photos]
        assert indices[row] == int(np.argmin(apart))
        assert distances[row] == pytest.approx(min(apart))
    assert nearest(photos[100:], photos)[1].tolist() == [0.0] * 600  # copies are at no distance

"""Validation measures every photo alike, and sheets show what it measures."""

import dataclasses
import shutil
from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor

from stylemapgan.checkpoints.networks import Networks
from stylemapgan.config import RunConfig, preset
from stylemapgan.data import PhotoSet
from stylemapgan.errors import ConfigError
from stylemapgan.features.efficientnet import load_efficientnet_lite0
from stylemapgan.features.perceptual import AbstractPerceptualDistance
from stylemapgan.methods.runs import start
from stylemapgan.methods.stylemapgan.recipe import STYLEMAPGAN
from stylemapgan.metrics.clouds import frechet_distance, measure_cloud, pooled_features
from stylemapgan.models import Encoder, Generator
from stylemapgan.training.recipe import new_state
from stylemapgan.training.validation import Validator, gradient_magnitude, validate

CPU = torch.device("cpu")


class BrightnessDistance(AbstractPerceptualDistance):
    def forward(self, one: Tensor, other: Tensor) -> Tensor:
        return (one - other).mean(dim=(1, 2, 3)).abs()


@pytest.fixture
def generator() -> Generator:
    return Generator(preset("tiny-32").model).eval()


@pytest.fixture
def encoder() -> Encoder:
    return Encoder(preset("tiny-32").model).eval()


@pytest.fixture
def reconstruct(generator, encoder) -> Callable[[Tensor], Tensor]:
    return Networks(generator=generator, encoder=encoder).reconstruct


def test_validation_agrees_with_a_naive_loop(reconstruct, photo_set):
    squared, perceptual, edges, photo_edges = [], [], [], []
    for index in range(len(photo_set)):
        photo = photo_set.pixels[index].astype(np.float64).transpose(2, 0, 1) / 127.5 - 1
        with torch.no_grad():
            images = torch.from_numpy(photo).float()[None]
            result = reconstruct(images)[0].double().numpy()
        squared.append(((result - photo) ** 2).mean())
        perceptual.append(abs((result - photo).mean()))
        edges.append(naive_gradient_magnitude(result))
        photo_edges.append(naive_gradient_magnitude(photo))
    expected = {
        "mse": np.mean(squared),
        "sharpness": np.mean(edges) / np.mean(photo_edges),
        "perceptual": np.mean(perceptual),
    }
    measured = validate(reconstruct, photo_set, BrightnessDistance(), CPU)
    assert measured == pytest.approx(expected, rel=1e-4)


def watching(config: RunConfig, photos: PhotoSet) -> Validator:
    return Validator(STYLEMAPGAN, config, photos, photos, distance=None)


def naive_gradient_magnitude(image: np.ndarray) -> float:
    lengths = [
        np.hypot(channel[y + 1, x] - channel[y, x], channel[y, x + 1] - channel[y, x])
        for channel in image
        for y in range(31)
        for x in range(31)
    ]
    return float(np.mean(lengths))


@pytest.mark.parametrize("batch", [1, 5, 12])
def test_the_size_of_batches_does_not_matter(reconstruct, photo_set, batch):
    expected = validate(reconstruct, photo_set, BrightnessDistance(), CPU)
    found = validate(reconstruct, photo_set, BrightnessDistance(), CPU, batch=batch)
    assert found == pytest.approx(expected, rel=1e-5)


def test_without_a_distance_there_is_no_perceptual_figure(reconstruct, photo_set):
    assert set(validate(reconstruct, photo_set, None, CPU)) == {"mse", "sharpness"}


def test_photos_of_one_flat_colour_do_not_stop_a_run(reconstruct):
    flat = PhotoSet(pixels=np.full((3, 32, 32, 3), 90, np.uint8), names=("a",) * 3, skipped=())
    assert validate(reconstruct, flat, None, CPU)["sharpness"] > 1


def test_a_ramp_has_the_gradient_of_its_slope():
    y, x = torch.meshgrid(torch.arange(16.0), torch.arange(16.0), indexing="ij")
    ramp = (0.03 * y + 0.04 * x).expand(2, 3, 16, 16)
    torch.testing.assert_close(gradient_magnitude(ramp), torch.full((2,), 0.05))


def test_sheets_show_the_same_photos_and_noise_every_time(settings, photo_set):
    state, validator = new_state(STYLEMAPGAN, settings(), CPU), watching(settings(), photo_set)
    first, second = validator.sheet(state), validator.sheet(state)
    assert np.array_equal(np.asarray(first), np.asarray(second))
    assert first.shape[:2] == (1, 3)
    assert first.shape[2] > 5 * 32
    assert first.shape[3] > 8 * 32


def test_a_sheet_needs_no_more_than_one_photo(settings, photo_set):
    one = PhotoSet(pixels=photo_set.pixels[:1], names=photo_set.names[:1], skipped=())
    state = new_state(STYLEMAPGAN, settings(), CPU)
    sheets = [watching(settings(), each).sheet(state) for each in (one, photo_set)]
    assert sheets[0].shape == sheets[1].shape


def test_random_images_are_compared_with_photos_by_their_features(settings, photo_set):
    config = settings(frechet_images=8)
    state, validator = new_state(STYLEMAPGAN, config, CPU), watching(config, photo_set)
    measured = validator.frechet(state)
    assert measured == validator.frechet(state)  # the same noise every time
    generator = state.generator_ema

    network = load_efficientnet_lite0()
    z = torch.randn(8, generator.config.style_channels, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        generated = generator(z).clamp(-1, 1)
    photos = torch.from_numpy(photo_set.take(np.arange(len(photo_set))))
    clouds = [measure_cloud(pooled_features(network, [each])) for each in (photos, generated)]
    assert measured["frechet"] == pytest.approx(frechet_distance(*clouds), rel=1e-3)


def test_the_frechet_distance_is_left_out_unless_asked_for(settings, photo_set):
    state = new_state(STYLEMAPGAN, settings(), CPU)
    assert watching(settings(), photo_set).frechet(state) == {}


def test_one_training_photo_has_no_frechet_distance_and_the_run_says_so_at_once(
    settings, photos, tmp_path
):
    (tmp_path / "one").mkdir()
    shutil.copy(photos / "disc-00.png", tmp_path / "one")
    config = settings(frechet_images=8)
    data = dataclasses.replace(config.data, photos=str(tmp_path / "one"))
    config = dataclasses.replace(config, data=data)
    with pytest.raises(
        ConfigError, match=r"at least 2 training photos .* got 1: add photos, .* to 0\.$"
    ):
        start(config, tmp_path / "run")
    assert not (tmp_path / "run").exists()

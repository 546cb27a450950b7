"""Structured Noise finds all codes of a photo, and edits the local ones under a mask."""

import dataclasses

import numpy as np
import pytest
import torch

from stylemapgan.checkpoints.method_file import MethodCheckpoint
from stylemapgan.config import preset
from stylemapgan.editing.edit import Edit, Part
from stylemapgan.errors import CheckpointError, EditError
from stylemapgan.methods.abstract import Latent
from stylemapgan.methods.backbone.mapping import mean_w_plus
from stylemapgan.methods.backbone.result_cache import ResultCache
from stylemapgan.methods.recipes import RECIPES
from stylemapgan.methods.registry import methods_of
from stylemapgan.methods.structured_noise.method import StructuredNoise, StructuredNoiseSettings
from stylemapgan.methods.structured_noise.networks import join
from stylemapgan.training.recipe import new_state

NOTHING_KEPT = ResultCache("", None)
WHOLE = ("style", "everywhere", "shared")
"""Codes that stand for more than a cell."""


@pytest.fixture(scope="module")
def method(structured) -> StructuredNoise:
    return StructuredNoise(structured, StructuredNoiseSettings(steps=12), NOTHING_KEPT)


def pasted(method: StructuredNoise, source: Latent, reference: Latent, mask, **placed) -> Latent:
    return method.edit(source, Edit(parts=(Part(reference=reference, mask=mask, **placed),)))


def losses(method: StructuredNoise, latent: Latent, photos: np.ndarray) -> torch.Tensor:
    photo = torch.from_numpy(photos).double()
    with torch.no_grad():
        return method.loss(join(method.codes(latent)), photo, method._features(photo))


def test_a_cell_takes_as_much_of_the_references_code_as_the_mask_covers_of_it(method):
    source, reference = method.sample(2, 0), method.sample(2, 1)
    mask = np.random.default_rng(0).integers(0, 2, (2, 1, 32, 32)).astype(np.float32)
    edited = pasted(method, source, reference, mask, strength=0.5)
    for photo, code, row, column in np.ndindex(2, 16, 8, 8):
        pixels = mask[photo, 0, 4 * row : 4 * row + 4, 4 * column : 4 * column + 4]
        share = 0.5 * pixels.mean()
        place = photo, code, row, column
        ours, theirs = source.arrays["local"][place], reference.arrays["local"][place]
        expected = (1 - share) * ours + share * theirs
        assert edited.arrays["local"][place] == pytest.approx(expected, abs=1e-6)


def test_codes_outside_the_mask_stay_to_the_bit_and_inside_they_are_the_references(method, mask):
    source, reference = method.sample(1, 0), method.sample(1, 1)
    edited = pasted(method, source, reference, mask)
    inside = np.zeros((8, 8), bool)
    inside[2:4, 2:4] = True
    ours, theirs, found = (each.arrays["local"] for each in (source, reference, edited))
    assert np.array_equal(found[..., ~inside], ours[..., ~inside])
    assert np.array_equal(found[..., inside], theirs[..., inside])
    assert not np.any(found[..., inside] == ours[..., inside])
    for name in WHOLE:
        assert np.array_equal(edited.arrays[name], source.arrays[name])


def test_parts_follow_one_another(method, mask):
    source, first, second = (method.sample(1, seed) for seed in range(3))
    both = Edit(
        parts=(Part(reference=first, mask=mask), Part(reference=second, mask=mask, strength=0.5))
    )
    expected = pasted(method, pasted(method, source, first, mask), second, mask, strength=0.5)
    assert np.array_equal(method.edit(source, both).arrays["local"], expected.arrays["local"])


def test_resampling_draws_codes_under_the_mask_anew(method, mask):
    source = method.sample(2, 0)
    one, same, other = (method.resample(source, mask, seed) for seed in (1, 1, 2))
    assert np.array_equal(one.arrays["local"], same.arrays["local"])
    changed = (one.arrays["local"] != source.arrays["local"]).all(axis=1)
    assert changed[:, 2:4, 2:4].all()
    assert changed.sum() == 2 * 4
    assert not np.any(one.arrays["local"][..., 2:4, 2:4] == other.arrays["local"][..., 2:4, 2:4])
    drawn = np.concatenate(
        [method.resample(source, mask, seed).arrays["local"][..., 2:4, 2:4] for seed in range(20)]
    )
    assert abs(drawn.mean()) < 0.1
    assert drawn.std() == pytest.approx(1, abs=0.1)


def test_a_part_that_moves_is_refused(method, mask):
    with pytest.raises(EditError, match=r"structured-noise cannot move parts, got .*\(4, 0\)"):
        pasted(method, method.sample(1, 0), method.sample(1, 1), mask, shift=(4, 0))


def test_half_way_is_the_mean_of_all_codes(method):
    start, end = method.sample(1, 0), method.sample(1, 1)
    between = method.interpolate(start, end, np.array([0.5], np.float32))
    for name, array in between.arrays.items():
        np.testing.assert_allclose(array, (start.arrays[name] + end.arrays[name]) / 2, atol=1e-6)


def test_truncation_pulls_all_codes_to_their_means(method, structured):
    latent = method.sample(2, 0)
    mean = mean_w_plus(structured.generator.mapping)[:, 0].numpy()
    half, none = (method.truncate(latent, psi).arrays for psi in (0.5, 0.0))
    np.testing.assert_allclose(half["style"], (latent.arrays["style"] + mean) / 2, rtol=1e-6)
    np.testing.assert_allclose(none["style"], mean.repeat(2, axis=0), rtol=1e-6)
    for name in ("everywhere", "shared", "local"):
        np.testing.assert_allclose(half[name], latent.arrays[name] / 2)
        assert not none[name].any()


def test_the_loss_compares_pixels_and_features(method, photos):
    latent, features = method.sample(2, 0), method._features
    expected = []
    for row in range(2):
        picture = torch.from_numpy(method.decode(latent)[row : row + 1]).double()
        photo = torch.from_numpy(photos[row : row + 1]).double()
        total = float(((picture - photo) ** 2).sum()) / photo.numel()
        for ours, theirs in zip(features(picture), features(photo), strict=True):
            total += float(((ours - theirs) ** 2).sum()) / ours.numel()
        expected.append(total)
    np.testing.assert_allclose(losses(method, latent, photos[:2]), expected, rtol=1e-4)


def test_a_picture_that_the_generator_made_is_found_closer_and_closer(structured):
    few, more = (
        StructuredNoise(
            structured, StructuredNoiseSettings(steps=steps, learning_rate=0.05), NOTHING_KEPT
        )
        for steps in (6, 18)
    )
    made = few.decode(few.sample(1, 5)).astype(np.float32)
    mean = few.truncate(few.sample(1, 0), 0.0)
    errors = [losses(few, latent, made) for latent in (mean, few.encode(made), more.encode(made))]
    assert (errors[1] < 0.8 * errors[0]).all()
    assert (errors[2] < errors[1]).all()


def test_every_code_is_searched_for(method, photos):
    found, mean = method.encode(photos[:1]).arrays, method.truncate(method.sample(1, 0), 0.0)
    for name, start in mean.arrays.items():
        assert not np.any(found[name] == start), name


def test_a_model_file_opens_and_others_are_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    config = dataclasses.replace(preset("tiny-32"), method="structured-noise")
    recipe = RECIPES[config.method]
    state = new_state(recipe, config, torch.device("cpu"))
    checkpoint = recipe.pack(config, state)
    assert isinstance(checkpoint, MethodCheckpoint)
    assert recipe.generate is not None
    (kind,) = methods_of(checkpoint)
    method = kind.open(checkpoint)
    assert isinstance(method, StructuredNoise)
    assert method.image_size == 32
    with torch.no_grad():
        z = method.z(2, 3)
        expected = recipe.generate(state, z).numpy()
    np.testing.assert_allclose(method.decode(method.sample(2, 3)), expected, atol=1e-5)
    other = dataclasses.replace(checkpoint, method="alae")
    with pytest.raises(CheckpointError, match="a model of 'alae', expected 'structured-noise'"):
        StructuredNoise.open(other)

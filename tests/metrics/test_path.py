"""Pairs of photos are drawn fairly, and what lies between them is measured as defined."""

import numpy as np
import pytest
import scipy.stats
import torch

from stylemapgan.config import PRESETS
from stylemapgan.errors import ConfigError
from stylemapgan.metrics.path import STEP, PhotoPairs, draw_pairs, path_lengths, pictures_between
from stylemapgan.metrics.pictures import mse
from stylemapgan.models import Generator


def straight(decode, latents):
    """Walk straight between latents, and decode."""

    def between(pairs: PhotoPairs):
        t = pairs.positions[:, None, None, None]
        if isinstance(latents, torch.Tensor):
            t = torch.from_numpy(t).to(latents.dtype)
        else:
            t = t.astype(latents.dtype)
        start, end = latents[pairs.starts], latents[pairs.ends]
        return decode(start + t * (end - start))

    return between


def stylemaps(photos: int = 5) -> np.ndarray:
    return np.random.default_rng(0).normal(size=(photos, 2, 4, 4)).astype(np.float32)


def test_ways_join_two_different_photos_at_a_random_place():
    pairs = draw_pairs(6, 20_000)
    assert (pairs.starts != pairs.ends).all()
    counts = np.bincount(pairs.starts * 6 + pairs.ends, minlength=36).reshape(6, 6)
    off_diagonal = counts[~np.eye(6, dtype=bool)]
    assert scipy.stats.chisquare(off_diagonal).pvalue > 0.001
    assert scipy.stats.kstest(pairs.positions, "uniform").pvalue > 0.001


def test_equal_seeds_draw_equal_ways_and_the_first_ones_stay():
    many, few, others = draw_pairs(9, 50, seed=3), draw_pairs(9, 20, seed=3), draw_pairs(9, 50)
    assert len(few) == 20
    np.testing.assert_array_equal(many.starts[:20], few.starts)
    np.testing.assert_array_equal(many.ends[:20], few.ends)
    np.testing.assert_array_equal(many.positions[:20], few.positions)
    assert (many.positions != others.positions).all()


@pytest.mark.parametrize("convert", [np.asarray, torch.from_numpy])
def test_pictures_lie_on_the_straight_way_whatever_the_batch(convert):
    w, pairs = stylemaps(), draw_pairs(5, 11)
    expected = [
        (1 - t) * w[start].astype(float) + t * w[end].astype(float)
        for start, end, t in zip(pairs.starts, pairs.ends, pairs.positions, strict=True)
    ]
    for batch in (1, 4, 64):
        decoded = list(pictures_between(straight(lambda maps: maps, convert(w)), pairs, batch))
        assert [len(each) for each in decoded[:-1]] == [batch] * (len(decoded) - 1)
        found = np.concatenate([np.asarray(each) for each in decoded])
        np.testing.assert_allclose(found, np.array(expected), rtol=1e-5, atol=1e-6)


def test_the_length_of_a_linear_picture_is_its_slope_squared():
    w = stylemaps()
    mixing = np.random.default_rng(1).normal(size=(2, 3)).astype(np.float32)

    def decode(maps: np.ndarray) -> np.ndarray:
        return np.einsum("bsyx,sc->bcyx", maps, mixing)

    pairs = draw_pairs(5, 12)
    slopes = decode(w[pairs.ends]).astype(float) - decode(w[pairs.starts]).astype(float)
    expected = np.square(slopes).mean(axis=(1, 2, 3))
    found = path_lengths(straight(decode, w), pairs, mse, batch=5)
    assert found.dtype == np.float64
    np.testing.assert_allclose(found, expected, rtol=5e-3)


def test_a_step_at_the_very_end_stays_on_the_way():
    pairs = PhotoPairs(np.array([0]), np.array([1]), np.array([np.nextafter(1.0, 0.0)]))
    seen = []

    def decode(maps: np.ndarray) -> np.ndarray:
        seen.append(float(maps[0, 0, 0, 0]))
        return maps.repeat(3, axis=1)

    ends = np.stack([np.zeros((1, 2, 2)), np.ones((1, 2, 2))])
    found = path_lengths(
        straight(decode, ends), pairs, lambda a, b: np.square(a - b).mean(axis=(1, 2, 3))
    )
    assert seen == [pytest.approx(1 - STEP), pytest.approx(1.0)]
    assert max(seen) <= 1
    assert found[0] == pytest.approx(1.0, rel=1e-3)


def test_lengths_through_a_real_generator_near_the_exact_derivative():
    config = PRESETS["tiny-32"].model
    generator = Generator(config).eval().double()
    channels, cells = config.style_channels, config.stylemap_size
    w = torch.randn(3, channels, cells, cells, dtype=torch.float64)
    pairs = draw_pairs(3, 3)
    with torch.no_grad():
        found = path_lengths(
            straight(generator.synthesize, w),
            pairs,
            lambda a, b: (a - b).square().mean(dim=(1, 2, 3)),
        )
    for index in range(3):
        start, end = w[int(pairs.starts[index])], w[int(pairs.ends[index])]
        point = (start + float(pairs.positions[index]) * (end - start))[None]
        _, slope = torch.autograd.functional.jvp(generator.synthesize, point, (end - start)[None])
        expected = float(torch.as_tensor(slope).square().mean())
        assert found[index] == pytest.approx(expected, rel=0.02)


def test_pairs_of_one_photo_are_refused():
    with pytest.raises(ConfigError, match="at least 2 photos and 1 pair, got 1 photos"):
        draw_pairs(1, 5)

"""Enlarging and shrinking lose nothing."""

import numpy as np
import pytest
import torch

from stylemapgan.augment.resampling import CENTRE, SYM2, SYM6, enlarge, mirror, shrink


@pytest.mark.parametrize(("taps", "moments"), [(SYM2, 2), (SYM6, 6)])
def test_wavelets_are_orthogonal_to_their_even_shifts_and_ignore_polynomials(taps, moments):
    taps = np.array(taps)
    assert taps.sum() == pytest.approx(2**0.5)
    for shift in range(0, len(taps), 2):
        product = taps[shift:] @ taps[: len(taps) - shift]
        assert product == pytest.approx(float(shift == 0), abs=1e-10)
    places = np.arange(len(taps)) / len(taps)
    for power in range(moments):
        assert ((-1.0) ** np.arange(len(taps)) * places**power) @ taps == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("size", [8, 15, 32])
def test_shrinking_undoes_enlarging(size):
    images = torch.randn(2, 3, size, size, dtype=torch.float64)
    torch.testing.assert_close(shrink(enlarge(images)), images, atol=1e-10, rtol=0)


def test_enlarging_is_filtering_of_the_mirrored_image_with_zeros_between_pixels():
    image = torch.randn(9, 9, dtype=torch.float64).numpy()
    padded = np.pad(image, 8, mode="reflect")
    sparse = np.zeros((2 * len(padded), 2 * len(padded)))
    sparse[::2, ::2] = 2 * padded
    rows = np.stack([np.convolve(row, SYM6) for row in sparse])
    filtered = np.stack([np.convolve(column, SYM6) for column in rows.T], axis=1)
    enlarged = enlarge(torch.from_numpy(image).expand(1, 3, 9, 9)).numpy()
    first = 2 * 8
    expected = filtered[first : first + 28, first : first + 28]
    np.testing.assert_allclose(enlarged[0, 1], expected, atol=1e-12)


def test_pixels_lie_where_the_enlarged_image_is_said_to_have_them():
    slope = torch.arange(32, dtype=torch.float64).expand(1, 3, 32, 32)
    enlarged = enlarge(slope)[0, 0, 40]
    samples = torch.arange(74, dtype=torch.float64)
    inner = slice(16, 58)  # farther in than the filter is long
    torch.testing.assert_close(enlarged[inner], (samples[inner] - CENTRE) / 2)


def test_positions_are_mirrored_as_padding_mirrors():
    padded = np.pad(np.arange(5), 23, mode="reflect")
    assert mirror(torch.arange(-23, 28), 5).tolist() == padded.tolist()
    assert mirror(torch.tensor([-0.25, 4.25, 8.5]), 5).tolist() == [0.25, 3.75, 0.5]

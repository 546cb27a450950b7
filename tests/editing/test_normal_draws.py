"""Random numbers are those that PyTorch draws."""

import numpy as np
import pytest
import torch

from stylemapgan.editing.normal_draws import standard_normal


@pytest.mark.parametrize("seed", [0, 1, 12345, 2**31, 2**32 + 5])
def test_rows_are_those_of_pytorch(seed):
    for length in (1, 2, 3, 8, 15, 16, 17, 31, 64, 72, 512):
        random = torch.Generator().manual_seed(seed)
        expected = torch.stack([torch.randn(length, generator=random) for _ in range(5)])
        np.testing.assert_allclose(standard_normal(5, length, seed), expected.numpy(), atol=1e-5)


def test_more_rows_begin_with_the_same_ones():
    np.testing.assert_array_equal(standard_normal(9, 64, 3)[:2], standard_normal(2, 64, 3))

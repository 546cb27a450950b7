"""Shares of the suppliers are numbers that sum to 1, however far pictures are apart."""

import numpy as np

from stylemapgan.editing.photo.layer import Ground
from stylemapgan.editing.photo.references import Offer
from stylemapgan.editing.photo.shares import shares_of
from stylemapgan.editing.photo.structure import Drawn

SIZE = 64


def test_the_source_supplies_where_nobody_agrees():
    black, plane = np.zeros((3, SIZE, SIZE), np.float32), np.ones((1, SIZE, SIZE), np.float32)
    white = np.full_like(black, 255)
    mask = plane.copy()
    mask[..., SIZE // 2 :] = 0
    drawn = Drawn.of(black, SIZE)
    ground = Ground(photo=black, reconstruction=drawn, border=plane, drawing=plane, size=SIZE)
    border, uneven = np.zeros_like(mask), np.float32(0)
    offer = Offer(photo=black, reconstruction=drawn, cover=mask, border=border, evenness=uneven)
    shares = shares_of(ground, white, offer, mask, faded=mask)
    total = shares.source + shares.reference + shares.model
    np.testing.assert_allclose(total, 1, atol=1e-6)
    np.testing.assert_array_equal(shares.source[..., SIZE // 2 + 8 :], 1)

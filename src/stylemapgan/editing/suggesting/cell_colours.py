"""The colour that each cell of a stylemap gives its place in the picture.

Colours are linear in the numbers of a cell, to a good approximation: in the bundled face model that
explains 98 % of how the colours of a place vary from portrait to portrait. A search can thus
compare colours without decoding anything.
"""

import numpy as np
from jaxtyping import Float, Float32

from stylemapgan.editing.abstract import AbstractEditor
from stylemapgan.images.levels import to_numpy
from stylemapgan.types import Images

ColourMap = Float32[np.ndarray, "channels_and_1 3"]
"""What to multiply a cell with, and in the last row what to add, to get RGB in [-1, 1]."""
RIDGE = 1e-3
"""Keeps the solution small where channels repeat each other, as a share of their mean square."""


def learn_colours(
    editor: AbstractEditor, stylemaps: Float[np.ndarray, "photos channels rows columns"]
) -> ColourMap:
    """Decode some stylemaps, and fit the mean colours of their cells.

    Args:
        editor: Decodes them.
        stylemaps: Those of some dozen photos.
    """
    cells, colours = [], []
    for stylemap in stylemaps.astype(np.float32):
        picture = to_numpy(editor.decode(editor.as_array(stylemap[None])))
        cells.append(stylemap.reshape(len(stylemap), -1).T)
        colours.append(mean_colours(picture, stylemap.shape[-1]))
    inputs = np.concatenate(cells).astype(np.float64)
    inputs = np.concatenate([inputs, np.ones((len(inputs), 1))], axis=1)
    square = inputs.T @ inputs
    ridge = RIDGE * np.trace(square) / len(square) * np.eye(len(square))
    return np.linalg.solve(square + ridge, inputs.T @ np.concatenate(colours)).astype(np.float32)


def mean_colours(picture: Images, side: int) -> Float[np.ndarray, "cells 3"]:
    """Average the colours of the pixels under each cell.

    Args:
        picture: A batch of one.
        side: Height and width of the stylemap, in cells.
    """
    size = picture.shape[-1]
    pixels = picture[0].reshape(3, side, size // side, side, size // side)
    return pixels.mean(axis=(2, 4)).reshape(3, -1).T


def colours_of(
    cells: Float[np.ndarray, "*cells channels"], colours: ColourMap
) -> Float[np.ndarray, "*cells 3"]:
    """Tell the colours that cells stand for."""
    return cells @ colours[:-1] + colours[-1]

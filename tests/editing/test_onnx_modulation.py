"""What is remembered from picture to picture changes how long one takes, and nothing else."""

import numpy as np
import pytest

from stylemapgan.editing import OnnxEditor
from stylemapgan.editing.onnx_editor import MOST_BOXES, RememberedModulation, frame, modulate
from stylemapgan.editing.onnx_sessions import OnnxNetworks

FINEST = 32
"""Cells of the finest stylemaps along a side."""


@pytest.fixture
def w_plus(exported) -> list[np.ndarray]:
    editor = OnnxEditor.load(exported)
    return editor.resize(editor.sample(1, seed=0))


def painted(w_plus: list[np.ndarray], places: list[tuple[int, int, int, int]]) -> list[np.ndarray]:
    """Change rectangles (top, left, bottom, right, in cells of the finest) of all stylemaps."""
    changed = [part.copy() for part in w_plus]
    for part in changed:
        cell = FINEST // part.shape[-1]
        for top, left, bottom, right in places:
            rows = slice(top // cell, -(-bottom // cell))
            part[..., rows, left // cell : -(-right // cell)] += 1
    return changed


STROKES = {
    "nothing": [],
    "one cell in the middle": [(16, 16, 17, 17)],
    "corners": [(0, 0, 1, 1), (31, 31, 32, 32)],
    "edges": [(0, 12, 3, 15), (13, 29, 16, 32)],
    "two that touch": [(4, 4, 8, 8), (8, 8, 12, 12)],
    "several far apart": [(0, 0, 2, 2), (14, 14, 17, 17), (30, 2, 31, 4)],
    "a grid of many": [(y, x, y + 1, x + 1) for y in range(0, 32, 6) for x in range(0, 32, 6)],
    "everything": [(0, 0, 32, 32)],
}


@pytest.mark.parametrize("places", STROKES.values(), ids=STROKES)
def test_a_painter_paints_what_the_synthesis_does(exported, w_plus, places):
    editor = OnnxEditor.load(exported)
    paint = editor.painter()
    first = paint(w_plus)
    changed = painted(w_plus, places)
    np.testing.assert_allclose(paint(changed), editor.synthesize(changed), atol=1e-5)
    np.testing.assert_allclose(paint(w_plus), first, atol=1e-5)  # undone


def test_stroke_after_stroke_nothing_adds_up(exported, w_plus):
    networks = OnnxNetworks(exported)
    remembered = RememberedModulation(networks)
    chance = np.random.default_rng(0)
    for _ in range(20):
        top, left = chance.integers(0, 28, 2)
        w_plus = painted(w_plus, [(top, left, top + 4, left + 4)])
        expected = modulate(networks, w_plus)
        for name, maps in remembered.of(w_plus).items():
            np.testing.assert_allclose(maps, expected[name], atol=1e-5)


def test_only_the_surroundings_of_a_change_are_computed_again(exported, w_plus):
    remembered = RememberedModulation(OnnxNetworks(exported))
    finest = list(remembered.of(w_plus))[-1]
    remembered.of(w_plus)[finest][...] = 1000  # so that what is computed shows
    computed = remembered.of(painted(w_plus, [(8, 8, 10, 12), (20, 24, 21, 25)]))[finest] != 1000
    expected = np.zeros((FINEST, FINEST), bool)
    expected[7:11, 7:13] = expected[19:22, 23:26] = True
    np.testing.assert_array_equal(computed[:, :, 4:, 4:].all(axis=(0, 1)), expected[4:, 4:])
    assert computed[:, :, 4:, 4:].any(axis=(0, 1)).sum() == expected.sum()


def test_arrays_the_caller_changes_later_are_seen_to_differ(exported, w_plus):
    editor = OnnxEditor.load(exported)
    paint = editor.painter()
    paint(w_plus)
    for part in w_plus:
        part[..., :2, :2] -= 1
    np.testing.assert_allclose(paint(w_plus), editor.synthesize(w_plus), atol=1e-5)


def test_a_painter_goes_on_with_another_number_of_pictures(exported, w_plus):
    editor = OnnxEditor.load(exported)
    paint = editor.painter()
    for count in (1, 3, 1):
        several = [np.repeat(part, count, axis=0) for part in w_plus]
        np.testing.assert_allclose(paint(several), editor.synthesize(several), atol=1e-5)


@pytest.mark.parametrize("density", [0.0, 0.001, 0.01, 0.1, 1.0])
def test_boxes_hold_every_change_and_do_not_overlap(density):
    changed = np.random.default_rng(1).random((48, 64)) < density
    covered = np.zeros_like(changed, int)
    found = frame(changed)
    for box in found:
        covered[box] += 1
        assert changed[box].any()
    assert covered.max() <= 1
    assert not (changed & (covered == 0)).any()
    assert len(found) <= MOST_BOXES

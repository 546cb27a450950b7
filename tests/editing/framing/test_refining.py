"""Squares are refined by what the model sees in them."""

import math
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from stylemapgan.editing import Editor, OnnxEditor
from stylemapgan.editing.framing import Framing, find_square, refine_square
from stylemapgan.editing.framing.learning import learn_framing
from stylemapgan.editing.framing.refining import moved, offset_between
from stylemapgan.editing.photo import FullPhoto, Square, foreground_square, middle_square
from stylemapgan.errors import EditError

SIZE = 64


def figure(number: int, size: int = SIZE) -> Image.Image:
    """Draw a head with two eyes and a mouth, in colours of its own; it fills the picture."""
    random = np.random.default_rng(number)
    skin, dark, wall = (tuple(map(int, random.integers(*range_, 3))) for range_ in RANGES)
    picture = Image.new("RGB", (4 * size, 4 * size), wall)
    draw = ImageDraw.Draw(picture)
    for box, colour in (
        ((0.2, 0.1, 0.8, 0.95), skin),
        ((0.32, 0.38, 0.44, 0.46), dark),
        ((0.56, 0.38, 0.68, 0.46), dark),
        ((0.4, 0.7, 0.6, 0.76), dark),
    ):
        draw.ellipse([4 * size * at for at in box], fill=colour)
    return picture.resize((size, size), Image.Resampling.LANCZOS)


RANGES = ((150, 240), (10, 70), (80, 140))
"""Of levels: skin, eyes and mouth, wall."""


@pytest.fixture(scope="module")
def figures(tmp_path_factory) -> list[Path]:
    folder = tmp_path_factory.mktemp("figures")
    paths = [folder / f"{number:02}.png" for number in range(50)]
    for number, path in enumerate(paths):
        figure(number).save(path)
    return paths


@pytest.fixture(scope="module")
def learned(networks, figures) -> Framing:
    return learn_framing(Editor(networks), figures, "face", squares=8)


@pytest.fixture(scope="module", params=["torch", "onnx"])
def editor(request, networks, exported):
    return Editor(networks) if request.param == "torch" else OnnxEditor.load(exported)


def on_a_wall(number: int) -> tuple[FullPhoto, Square]:
    canvas = Image.new("RGB", (240, 200), (110, 110, 110))
    canvas.paste(figure(number, 100), (70, 60))
    return FullPhoto(pixels=canvas), Square(x=120.0, y=110.0, side=100.0)


def test_offsets_are_undone_by_moving():
    one = Square(x=10.0, y=20.0, side=40.0, rotation=170.0)
    offset = (0.1, -0.2, 0.3, 25.0)
    other = moved(one, np.array(offset))
    assert other.side == pytest.approx(40 * math.exp(0.3))
    assert offset_between(one, other) == pytest.approx(offset)
    lying = Square(x=0.0, y=0.0, side=10.0, rotation=90.0)  # its right is the photo's down
    down = moved(lying, np.array((1.0, 0.0, 0.0, 0.0)))
    assert (down.x, down.y) == pytest.approx((0, 10))


def test_misplaced_squares_come_closer_to_the_framing_that_was_learned(editor, learned):
    random = np.random.default_rng(0)
    before, after = [], []
    for number in range(100, 112):  # figures that it has not seen
        photo, right = on_a_wall(number)
        found = moved(right, random.uniform(-1, 1, 4) * (0.06, 0.06, 0.15, 8.0))
        refined = refine_square(editor, learned, photo, found)
        before.append(np.abs(offset_between(found, right)))
        after.append(np.abs(offset_between(refined, right)))
    assert (np.mean(after, axis=0) < 0.75 * np.mean(before, axis=0)).all()


def constant(offset: tuple[float, ...], editor) -> Framing:
    """Estimate the same offset whatever is seen."""
    numbers = editor.config.style_channels * editor.stylemap_size**2
    weights = np.zeros((numbers, 4), "f4")
    return Framing(find="foreground", weights=weights, bias=np.array(offset, "f4"))


def test_the_found_square_stays_where_the_estimate_is_out_of_reach(editor):
    photo, right = on_a_wall(0)
    for offset in ((0.5, 0.0, 0.0, 0.0), (0.0, 0.0, 1.0, 0.0), (0.0, 0.0, 0.0, 45.0)):
        assert refine_square(editor, constant(offset, editor), photo, right) is right


def test_the_found_square_stays_where_estimates_differ_more_than_they_change(editor):
    photo, right = on_a_wall(0)
    random = np.random.default_rng(0)
    unsure = constant((0.0, 0.0, 0.0, 0.0), editor)
    assert refine_square(editor, unsure, photo, right) is right
    shape = unsure.weights.shape
    noisy = Framing(find="face", weights=random.normal(size=shape).astype("f4"), bias=unsure.bias)
    assert refine_square(editor, noisy, photo, right) is right


def test_a_square_is_refined_after_the_finder_that_was_learned_for(networks):
    framing = constant((0.1, 0.0, 0.0, 0.0), Editor(networks))
    editor = Editor(networks, framing=framing)
    photo = FullPhoto(pixels=Image.new("RGB", (90, 60), "grey"))
    found = foreground_square(photo)
    moved_on = find_square(editor, photo, "foreground")
    assert moved_on.x == pytest.approx(found.x + 0.1 * found.side, abs=0.02 * found.side)
    assert find_square(editor, photo, "foreground", refine=False) == found
    assert find_square(editor, photo, "middle") == middle_square(photo)
    assert find_square(editor, photo, None, otherwise="foreground") == found  # no model of faces
    assert find_square(Editor(networks), photo, "foreground") == found


def test_too_few_photos_teach_no_framing(networks, figures):
    with pytest.raises(EditError, match="at least 50 photos and 1 square of each, got 3"):
        learn_framing(Editor(networks), figures[:3], "face")

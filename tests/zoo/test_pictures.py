"""Pictures of a folder are listed, and their squares looked up."""

from pathlib import Path

import pytest
from PIL import Image

from stylemapgan import images
from stylemapgan.editing.photo import CroppedPhoto, Square, middle_square
from stylemapgan.errors import ConfigError
from stylemapgan.zoo import BUNDLED, KnownSquare, pictures_in, sample_pictures, square_of

FACES = "faces-128"


@pytest.fixture
def picture(tmp_path) -> Path:
    path = tmp_path / "one.png"
    Image.effect_noise((60, 40), 50).convert("RGB").save(path)
    return path


def test_a_square_is_looked_up_beside_its_picture(picture):
    assert square_of(picture) is None
    (picture.parent / "samples.toml").write_text('["one.png"]\nx = 20\ny = 15.5\nside = 10\n')
    assert square_of(picture) == KnownSquare(x=20.0, y=15.5, side=10.0)
    assert square_of(picture.with_name("two.png")) is None
    assert pictures_in(picture.parent) == [picture]


def test_a_picture_is_seen_in_its_known_square_else_in_the_middle(picture):
    seen = CroppedPhoto.of_sample(picture)
    assert seen.square == middle_square(seen.photo) == Square(x=30.0, y=20.0, side=40.0)
    (picture.parent / "samples.toml").write_text('["one.png"]\nx = 20\ny = 15\nside = 10\n')
    assert CroppedPhoto.of_sample(picture).square == Square(x=20.0, y=15.0, side=10.0)


@pytest.mark.parametrize("text", ["no toml", '["one.png"]\nx = 1\n', '["one.png"]\nwidth = 1\n'])
def test_squares_that_make_no_sense_take_one_line(picture, text):
    (picture.parent / "samples.toml").write_text(text)
    with pytest.raises(ConfigError, match=r"samples\.toml") as caught:
        square_of(picture)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", BUNDLED)
def test_samples_are_large_enough_in_their_squares(name):
    pictures = sample_pictures(name)
    assert len(pictures) >= 6
    for path in pictures:
        seen = CroppedPhoto.of_sample(path)
        assert seen.square.side >= (500 if name == FACES else 64)
        assert seen.square.reach <= min(seen.square.x, seen.square.y)
        assert images.read(path, 64).shape == (1, 3, 64, 64)


def test_sample_photographs_of_people_name_their_source():
    folder = sample_pictures(FACES)[0].parent
    credit = (folder / "ATTRIBUTION.txt").read_text("utf-8")
    for words in ("Face Research Lab London Set", "L. DeBruine and B. Jones", "CC BY 4.0"):
        assert words in credit
    people = {path.name.split("_")[0] for path in sample_pictures(FACES)}
    assert len(people) == len(sample_pictures(FACES)) == 6

"""Drawn faces, their maps of parts and their swaps are what the library itself draws."""

import io
import json
import re
import sys
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest
import python_avatars as library
import resvg_py
from PIL import Image

from stylemapgan.data.avatars import (
    CHOICES,
    PARTS,
    Face,
    draw_face,
    draw_triple,
    label_map,
    make_triple,
    render,
    swap,
)
from stylemapgan.data.avatars.labelling import most_frequent
from stylemapgan.data.avatars.rendering import to_svg
from stylemapgan.errors import DataError, MissingExtraError

SIZE = 64
SVG = "{http://www.w3.org/2000/svg}"
PLAIN = Face(
    hair="short_flat",
    hair_colour="red",
    skin_colour="pale",
    eyes="surprised",
    brows="flat_natural",
    nose="wide",
    mouth="smile",
    facial_hair="none",
    facial_hair_colour="none",
    glasses="none",
    clothing="hoodie",
    clothing_colour="blue_dark",
    background_colour="mint",
)
SWAPPED_FIELDS = {
    "hair": {"hair", "hair_colour"},
    "face": {"skin_colour"},
    "eyes": {"eyes"},
    "brows": {"brows"},
    "nose": {"nose"},
    "mouth": {"mouth"},
    "facial_hair": {"facial_hair", "facial_hair_colour"},
    "glasses": {"glasses"},
    "clothing": {"clothing", "clothing_colour"},
    "background": {"background_colour"},
}
WITHOUT = {
    "hair": {"top": library.HairType.NONE},
    "face": {"skin_color": "#00FF00"},
    "eyes": {"eyes": None},
    "brows": {"eyebrows": None},
    "nose": {"nose": None},
    "mouth": {"mouth": None},
    "facial_hair": {"facial_hair": None},
    "glasses": {"accessory": None},
    "clothing": {"clothing": None},
    "background": {},
}
"""Part → what makes the library leave it out; skin and background cannot, and turn green."""
HALF = 127.5
"""What is less than half opaque changes a level by less than half of the range."""
DARKEST_SHADOW = 0.2 * 255
"""What glasses take from the light below them."""
MOST_AT_AN_EDGE = 0.8 * 255
"""An edge adds what it mixes in, half at most, to what is seen through the rest."""
BACKGROUNDS = {"mint": "#9FDCC0", "plum": "#7A4E7E", "white": "#FFFFFF"}


def drawn_by_the_library(face: Face, without: str = "") -> np.ndarray:
    """Draw a face straight with the two libraries, perhaps without one part."""
    hair_colours = {"none": "none", **{c.name.lower(): c.value for c in library.HairColor}}
    clothing_colours = {
        **{c.name.lower(): c.value for c in library.ClothingColor},
        **{"blue": "#5199E4", "blue_light": "#65C9FF", "blue_dark": "#25557C"},
        **{"gray": "#929598", "gray_light": "#E6E6E6"},
    }
    choices = {
        "top": library.HairType[face.hair.upper()],
        "hair_color": hair_colours[face.hair_colour],
        "skin_color": library.SkinColor[face.skin_colour.upper()],
        "eyes": library.EyeType[face.eyes.upper()],
        "eyebrows": library.EyebrowType[face.brows.upper()],
        "nose": library.NoseType[face.nose.upper()],
        "mouth": library.MouthType[face.mouth.upper()],
        "facial_hair": library.FacialHairType[face.facial_hair.upper()],
        "facial_hair_color": hair_colours[face.facial_hair_colour],
        "accessory": library.AccessoryType[face.glasses.upper()],
        "clothing": library.ClothingType[face.clothing.upper()],
        "clothing_color": clothing_colours[face.clothing_colour],
    }
    svg = library.Avatar(**(choices | WITHOUT.get(without, {}))).render()
    svg = _with_slots_in_place(svg)
    svg, count = re.subn(
        'width="264px" height="280px" viewBox="[^"]*"', 'viewBox="22 6 220 220"', svg, count=1
    )
    assert count == 1
    background = "#00FF00" if without == "background" else BACKGROUNDS[face.background_colour]
    png = resvg_py.svg_to_bytes(svg_string=svg, width=SIZE, height=SIZE, background=background)
    with Image.open(io.BytesIO(png)) as picture:
        assert picture.getchannel("A").getextrema() == (255, 255)
        return np.array(picture.convert("RGB"))


def _with_slots_in_place(svg: str) -> str:
    """In hair that is drawn shifted, take glasses and beard and undo their shift."""
    root = ElementTree.fromstring(svg)
    (top,) = (group for group in root.iter() if group.get("id") == "transparent_Top")
    for group in top:
        if "translate(-1" not in group.get("transform", ""):
            continue
        for position, slot in enumerate(list(group)):
            if slot.get("id", "").endswith(("_Facial-Hair", "_Accessory")):
                back = ElementTree.Element(f"{SVG}g", {"transform": "translate(1 0)"})
                back.append(slot)
                group[position] = back
    return ElementTree.tostring(root, encoding="unicode")


def faces(count: int) -> list[Face]:
    """Faces of every hair, beard and glasses in turn, and of colours that differ everywhere."""
    return [
        replace(
            draw_face(5, index),
            hair=(hair := _in_turn("hair", index)),
            hair_colour="none" if hair == "none" else "red",
            facial_hair=(beard := _in_turn("facial_hair", index)),
            facial_hair_colour="none" if beard == "none" else "black",
            glasses=_in_turn("glasses", index),
            skin_colour="pale",
            clothing_colour="blue_dark",
            background_colour="plum",
        )
        for index in range(count)
    ]


def _in_turn(field: str, index: int) -> str:
    return CHOICES[field][index % len(CHOICES[field])]


def is_interior(labels: np.ndarray) -> np.ndarray:
    """Find the pixels that have the label of all eight neighbours."""
    padded = np.pad(labels, 1, mode="edge")
    around = [padded[y : y + SIZE, x : x + SIZE] for y in range(3) for x in range(3)]
    return np.all([neighbour == labels for neighbour in around], axis=0)


def is_shade(labels: np.ndarray, part: str) -> np.ndarray:
    """Find the nose where the skin is looked for: it is a shadow, most of what shows is skin."""
    return (labels == list(PARTS).index("nose")) & (part == "face")


def test_a_seed_and_a_number_give_the_same_face_for_ever():
    assert draw_face(0, 7) == draw_face(0, 7)
    assert draw_face(0, 7) != draw_face(1, 7)
    assert draw_face(0, 0).attributes() == {
        "hair": "long_not_too_long",
        "hair_colour": "blonde",
        "skin_colour": "brown",
        "eyes": "wink",
        "brows": "up_down_natural",
        "nose": "wide",
        "mouth": "disbelief",
        "facial_hair": "moustache_magnum",
        "facial_hair_colour": "brown_dark",
        "glasses": "none",
        "clothing": "blazer_shirt",
        "clothing_colour": "red",
        "background_colour": "moss",
    }


def test_every_choice_is_drawn_sooner_or_later():
    drawn = [draw_face(0, index).attributes() for index in range(2000)]
    for field, choices in CHOICES.items():
        assert set(choices) <= {face[field] for face in drawn}


def test_a_face_survives_json():
    for index in range(20):
        face = draw_face(2, index)
        assert Face(**json.loads(json.dumps(face.attributes()))) == face


def test_a_face_is_drawn_as_the_library_draws_it():
    for face in [PLAIN, *faces(6)]:
        np.testing.assert_array_equal(render(face, SIZE), drawn_by_the_library(face))


@pytest.mark.parametrize("size", [16, 64, 100])
def test_pictures_and_label_maps_have_the_size_asked_for(size):
    picture, labels = render(PLAIN, size), label_map(PLAIN, size)
    assert (picture.shape, picture.dtype) == ((size, size, 3), np.uint8)
    assert (labels.shape, labels.dtype) == ((size, size), np.uint8)


@pytest.mark.parametrize("part", PARTS)
def test_labels_are_the_pixels_that_a_part_covers(part):
    seen = 0
    for face in faces(len(CHOICES["hair"]) if part == "hair" else 12):
        labels = label_map(face, SIZE)
        labelled = labels == list(PARTS).index(part)
        whole = drawn_by_the_library(face).astype(int)
        change = np.abs(whole - drawn_by_the_library(face, without=part)).max(axis=-1)
        elsewhere = ~labelled & ~is_shade(labels, part)
        assert (change[labelled] > 0).all()
        assert (change[elsewhere & is_interior(labels)] < HALF).all()
        assert (change[elsewhere] < MOST_AT_AN_EDGE).all()
        seen += labelled.sum()
    assert seen > 20


def test_hair_moves_neither_glasses_nor_beard():
    for hair in CHOICES["hair"]:
        face = replace(
            PLAIN,
            hair=hair,
            hair_colour="none" if hair == "none" else "red",
            glasses="round",
            facial_hair="beard_medium",
            facial_hair_colour="black",
        )
        places = dict(_slots(ElementTree.fromstring(to_svg(face)), 0.0, 0.0))
        assert places == {"Accessory": (62, 85), "Facial-Hair": (49, 72)}, hair


def _slots(element, x: float, y: float):
    """Find where glasses and beard are, all shifts around them added up."""
    for child in element:
        numbers = re.fullmatch(r"translate\((\S+?),? (\S+)\)", child.get("transform", ""))
        shift = (float(numbers[1]), float(numbers[2])) if numbers else (0.0, 0.0)
        there = (x + shift[0], y + shift[1])
        name = child.get("id", "").rpartition("_")[2]
        if name in ("Accessory", "Facial-Hair") and len(child):
            yield name, there
        yield from _slots(child, *there)


def test_the_most_frequent_value_wins_and_the_highest_of_equals():
    random = np.random.default_rng(0)
    fine = random.integers(0, 4, (12, 18)).astype(np.uint8)
    coarse = most_frequent(fine, 3)
    assert coarse.shape == (4, 6)
    for row in range(4):
        for column in range(6):
            square = fine[3 * row : 3 * row + 3, 3 * column : 3 * column + 3].ravel().tolist()
            assert coarse[row, column] == max(range(4), key=lambda v: (square.count(v), v))


def test_spectacles_show_the_eyes_behind_them_and_sunglasses_do_not():
    eyes = list(PARTS).index("eyes")
    for glasses, is_seen in [("round", True), ("prescription_2", True), ("sunglasses", False)]:
        labels = label_map(replace(PLAIN, glasses=glasses), SIZE)
        assert (labels == eyes).any() == is_seen


@pytest.mark.parametrize("glasses", CHOICES["glasses"][1:])
def test_the_shadow_below_glasses_is_still_skin(glasses):
    change = np.zeros((SIZE, SIZE), int)
    for skin in ("pale", "black"):  # one of them is far from the colour of any frame
        bare = replace(PLAIN, skin_colour=skin)
        worn = render(replace(bare, glasses=glasses), SIZE).astype(int)
        change = np.maximum(change, np.abs(worn - render(bare, SIZE)).max(axis=-1))
    on_skin = label_map(PLAIN, SIZE) == list(PARTS).index("face")
    is_glasses = label_map(replace(PLAIN, glasses=glasses), SIZE) == list(PARTS).index("glasses")
    assert (change[on_skin & is_glasses] > DARKEST_SHADOW).all()


@pytest.mark.parametrize("index", range(10))
def test_a_triple_holds_the_true_result(index):
    triple = draw_triple(3, index, SIZE)
    expected = {
        field: value
        if field not in SWAPPED_FIELDS[triple.part]
        else triple.reference.attributes()[field]
        for field, value in triple.source.attributes().items()
    }
    assert triple.truth.attributes() == expected
    for pixels, face in [
        (triple.source_pixels, triple.source),
        (triple.reference_pixels, triple.reference),
        (triple.truth_pixels, Face(**expected)),
    ]:
        np.testing.assert_array_equal(pixels, render(face, SIZE))
    for row in range(SIZE):
        for column in range(SIZE):
            before, after = triple.source_pixels[row, column], triple.truth_pixels[row, column]
            assert triple.mask[row, column] == (before.tolist() != after.tolist())
    assert triple.mask.any()


def test_the_true_result_is_what_the_library_draws():
    reference = replace(faces(4)[3], background_colour="white")
    for part, fields in SWAPPED_FIELDS.items():
        triple = make_triple(PLAIN, reference, part, SIZE)
        truth = replace(PLAIN, **{field: getattr(reference, field) for field in fields})
        np.testing.assert_array_equal(triple.truth_pixels, drawn_by_the_library(truth))


def test_triples_take_the_parts_in_turns_and_repeat_themselves():
    parts = [draw_triple(0, index, 16).part for index in range(20)]
    assert parts == [*PARTS, *PARTS]
    once, again = draw_triple(0, 4, 32), draw_triple(0, 4, 32)
    assert once.source == again.source
    np.testing.assert_array_equal(once.mask, again.mask)


def test_swapping_hair_onto_a_bald_head_brings_its_colour():
    bald = replace(PLAIN, hair="none", hair_colour="none")
    assert swap(bald, PLAIN, "hair") == PLAIN
    assert swap(PLAIN, bald, "hair") == bald


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"eyes": "third"}, "cannot have eyes 'third'; choose from closed, default"),
        ({"hair": "none"}, "cannot have hair_colour 'red'; choose from none"),
        ({"facial_hair_colour": "red"}, "cannot have facial_hair_colour 'red'"),
    ],
)
def test_impossible_faces_are_refused(changes, message):
    with pytest.raises(DataError, match=message):
        replace(PLAIN, **changes)


def test_unknown_parts_are_refused():
    with pytest.raises(DataError, match="no part 'ears'; choose from background, face, hair"):
        swap(PLAIN, PLAIN, "ears")


@pytest.mark.parametrize("package", ["python_avatars", "resvg_py"])
def test_missing_packages_are_named_with_their_extra(package, monkeypatch):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingExtraError, match=r"pip install 'stylemapgan\[avatars\]'"):
        render(replace(PLAIN, background_colour="rose"), SIZE)

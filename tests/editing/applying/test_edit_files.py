"""Edits are read from JSON and from the Studio's projects, or refused in one line."""

import base64
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from stylemapgan.editing import BoxMask, Edit, Part, PartMask, PngMask, Push
from stylemapgan.editing.applying import read_edit
from stylemapgan.editing.photo import Square
from stylemapgan.errors import EditError

SQUARE = {"x": 30.5, "y": 20, "side": 16, "rotation": -3}


def png(level: int, side: int = 16) -> bytes:
    packed = io.BytesIO()
    Image.fromarray(np.full((side, side), level, np.uint8)).save(packed, "PNG")
    return packed.getvalue()


def url(content: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(content).decode()}"


def spelled(content: bytes) -> dict[str, str]:
    return {"png": base64.b64encode(content).decode()}


@pytest.fixture
def write(tmp_path):
    """Write a document as a file beside two photos and a mask."""
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos/one.png").write_bytes(png(10))
    (tmp_path / "mask.png").write_bytes(png(200))

    def write(document: Any) -> Path:
        path = tmp_path / "edit.json"
        path.write_text(document if isinstance(document, str) else json.dumps(document))
        return path

    return write


def test_json_names_photos_and_masks_by_their_paths(write, tmp_path):
    box, shift = {"box": [1, 2, 3, 4]}, [5, -6]
    saved = read_edit(
        write(
            {
                "model": "hands-64",
                "parts": [
                    {"reference": "photos/one.png", "mask": {"file": "mask.png"}},
                    {"reference": url(png(20)), "mask": box, "shift": shift, "strength": 1},
                ],
                "pushes": [{"direction": "smile", "amount": 2, "mask": {"part": "mouth"}}],
                "squares": {"photos/one.png": SQUARE},
                "directions": "mine.safetensors",
            }
        )
    )
    first = Part(reference="photos/one.png", mask=PngMask(content=png(200)))
    mask = BoxMask(x=1, y=2, width=3, height=4)
    second = Part(reference=url(png(20)), mask=mask, shift=(-6, 5))
    push = Push(direction="smile", amount=2.0, mask=PartMask(name="mouth"))
    assert saved.edit == Edit(parts=(first, second), pushes=(push,))
    assert saved.model == "hands-64"
    assert saved.directions == tmp_path / "mine.safetensors"
    pictures = saved.pictures
    assert pictures["photos/one.png"].content == png(10)
    assert pictures["photos/one.png"].square == Square(x=30.5, y=20.0, side=16.0, rotation=-3.0)
    assert pictures[url(png(20))].content == png(20)
    assert pictures[url(png(20))].square is None


def test_what_python_writes_is_read(write):
    edit = Edit(parts=(Part(reference="photos/one.png", mask=PngMask(content=png(200))),))
    assert read_edit(write(edit.to_json())).edit == edit


def test_the_known_square_of_a_sample_is_taken(write, tmp_path):
    numbers = "\n".join(f"{name} = {value}" for name, value in SQUARE.items())
    (tmp_path / "photos/samples.toml").write_text(f'["one.png"]\n{numbers}\n')
    document = {"parts": [{"reference": "photos/one.png", "mask": {"box": [0, 0, 8, 8]}}]}
    (picture,) = read_edit(write(document)).pictures.values()
    assert picture.square == Square(x=30.5, y=20.0, side=16.0, rotation=-3.0)


def piece(key: str, reference: str, level: int, **placement: Any) -> dict[str, Any]:
    return {"key": key, "reference": reference, "mask": spelled(png(level)), **placement}


def project(**changes: Any) -> dict[str, Any]:
    """A project as the Studio saves it, with all that it may hold."""
    photo, random, unused = "1" * 32, "2" * 32, "3" * 32
    nothing = {"seed": None, "sample": None, "photo": None, "square": None}
    return {
        "format": "stylemapgan-studio",
        "version": 2,
        "model": "hands-64",
        "pictures": [
            {**nothing, "id": photo, "name": "a", "photo": url(png(10)), "square": SQUARE},
            {**nothing, "id": random, "name": "b", "seed": 5},
            {**nothing, "id": unused, "name": "c", "photo": url(png(30)), "square": SQUARE},
        ],
        "source": unused,
        "references": [photo, random],
        "edit": {
            "parts": [
                piece("p1", photo, 255, shift=[2, 1], strength=0.8, space="w", scale=1),
                piece("p2", random, 200),
                piece("p3", photo, 255),
                piece("p4", photo, 0),
            ],
            "pushes": [
                {"key": "smile", "direction": "smile", "amount": 2, "mask": None},
                {"key": "long", "direction": "long", "amount": 0, "mask": None},
                {"key": "wide", "direction": "wide", "amount": 1, "mask": spelled(png(0))},
            ],
        },
        "hidden": ["p3"],
        "morph": 0.5,
        **changes,
    }


def test_a_project_is_read_as_the_studio_shows_it(write):
    saved = read_edit(write(project()))
    first = Part(
        reference="1" * 32,
        mask=PngMask(content=png(255)),
        shift=(1, 2),
        strength=0.4,
        space="w",
    )
    second = Part(reference="2" * 32, mask=PngMask(content=png(200)), strength=0.5)
    push = Push(direction="smile", amount=1.0)
    assert saved.edit == Edit(parts=(first, second), pushes=(push,))
    assert saved.model == "hands-64"
    assert saved.pictures.keys() == {"1" * 32, "2" * 32}
    assert saved.pictures["1" * 32].content == png(10)
    assert saved.pictures["1" * 32].square == Square(x=30.5, y=20.0, side=16.0, rotation=-3.0)
    assert (saved.pictures["2" * 32].content, saved.pictures["2" * 32].seed) == (b"", 5)


def part(**changes: Any) -> dict[str, Any]:
    return {"parts": [{"reference": "photos/one.png", "mask": {"box": [0, 0, 8, 8]}, **changes}]}


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ("{", "is not JSON"),
        ([], "Expected a JSON object"),
        ({}, "nothing to do"),
        ({"parts": [], "pushes": []}, "nothing to do"),
        ({"source": "a", **part()}, "Unknown field 'source'"),
        (part(reference="photos/two.png"), "two.png does not exist"),
        (part(reference="data:image/png;base64,?"), "not base64"),
        (part(mask={"file": "other.png"}), "other.png does not exist"),
        (part(mask={"circle": 3}), "A mask is"),
        (part(strength=2), "The strength must be from 0 to 1"),
        ({**part(), "squares": {"two.png": SQUARE}}, "'two.png', which is no part's reference"),
        ({**part(), "squares": {"photos/one.png": {"x": 1}}}, "y"),
        (project(version=1), "version 1, expected 2"),
        (project(pictures=[]), "lacks the picture"),
        (project(morph=None), "the project is damaged"),
        (project(hidden=["p1", "p2", "p3", "p4"], morph=0, pictures=[{}]), "damaged"),
        (project(edit={"parts": [], "pushes": []}), "nothing to do"),
    ],
)
def test_mistakes_are_explained_in_one_line(write, document, message):
    path = write(document)
    with pytest.raises(EditError, match=message) as caught:
        read_edit(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(EditError, match=r"no\.json cannot be read: No such file"):
        read_edit(tmp_path / "no.json")


def test_the_digest_follows_the_edit_and_not_its_spelling(write, tmp_path):
    document = part()
    first = read_edit(write(document)).digest()
    assert read_edit(write(json.dumps(document, indent=3))).digest() == first
    changed = [
        part(strength=0.5),
        {**document, "squares": {"photos/one.png": SQUARE}},
        {**document, "pushes": [{"direction": "smile", "amount": 1}]},
    ]
    others = {read_edit(write(each)).digest() for each in changed}
    (tmp_path / "photos/one.png").write_bytes(png(11))
    others.add(read_edit(write(document)).digest())
    assert len(others | {first}) == 5

"""Stylemaps are encoded, invented, taken in, given out, and looked at."""

import io

import numpy as np
import pytest
from PIL import Image
from running_site import picture, png
from safetensors.numpy import load, save

from stylemapgan import images
from stylemapgan.editing import open_editor, operations
from stylemapgan.editing.framing import Framing, write_framing
from stylemapgan.editing.photo import FullPhoto, Square
from stylemapgan.images.levels import to_bytes, to_numpy

NPY = {"Content-Type": "application/x-npy"}
SAFETENSORS = {"Content-Type": "application/x-safetensors"}


def stored(site, stylemap: str) -> np.ndarray:
    """Fetch a stylemap's numbers."""
    answer = site.http.get(f"/api/v1/stylemaps/{stylemap}", headers={"Accept": "application/x-npy"})
    return np.load(io.BytesIO(answer.content))


def as_array(content: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(content)).convert("RGB"))


def npy(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def test_a_square_photo_is_encoded_whole(site):
    stylemap = site.encoded(png(32, 32))

    assert stylemap["square"] == {"x": 16, "y": 16, "side": 32, "rotation": 0}
    expected = site.editor.encode(images.from_bytes(np.asarray(picture(32, 32))[None]))
    np.testing.assert_allclose(stored(site, stylemap["id"]), to_numpy(expected), atol=1e-5)
    assert set(stylemap["fit"]) == {"error", "verdict", "message"}


def test_a_square_given_by_hand_is_what_the_model_sees(site):
    square = {"x": 30.0, "y": 21.0, "side": 25.0, "rotation": 30.0}
    stylemap = site.encoded(png(64, 48), square=square)

    crop = FullPhoto.read(png(64, 48)).crop(Square(**square), 32)
    expected = to_numpy(site.editor.encode(crop))
    np.testing.assert_allclose(stored(site, stylemap["id"]), expected, atol=1e-5)
    shown = site.http.get(f"/api/v1/stylemaps/{stylemap['id']}/photo", params={"size": 32})
    np.testing.assert_array_equal(as_array(shown.content), to_bytes(crop)[0])


def test_the_middle_is_found_where_asked_for(site):
    stylemap = site.encoded(png(64, 48), find="middle")
    assert stylemap["square"] == {"x": 32, "y": 24, "side": 48, "rotation": 0}


def test_found_squares_are_refined_unless_told_otherwise(start, tiny_model, tmp_path):
    ours = tmp_path / "mine.safetensors"
    ours.write_bytes(tiny_model.read_bytes())
    numbers = open_editor(ours).config
    weights = np.zeros((numbers.style_channels * numbers.stylemap_size**2, 4), "f4")
    to_the_right = Framing(find="middle", weights=weights, bias=np.array([0.1, 0, 0, 0], "f4"))
    write_framing(tmp_path / "mine.framing.safetensors", to_the_right)
    with start(model=str(ours)) as site:
        found = site.encoded(png(64, 48), find="middle")["square"]
        assert found["x"] == pytest.approx(32 + 0.1 * 48, abs=1)
        plain = site.encoded(png(64, 48), find="middle", refine_square=False)["square"]
        assert plain == {"x": 32, "y": 24, "side": 48, "rotation": 0}


def test_the_same_photo_and_square_give_the_same_stylemap(site):
    assert site.encoded(png())["id"] == site.encoded(png())["id"]
    assert site.encoded(png())["id"] != site.encoded(png(seed=1))["id"]


@pytest.mark.parametrize("side", [0.5, 1e9, float("nan"), 5000])
def test_squares_that_make_no_sense_are_refused(site, side):
    photo = site.upload(png()).json()["id"]
    body = f'{{"model":"{site.model}","photo":"{photo}","square":{{"x":1,"y":1,"side":{side}}}}}'
    answer = site.http.post(
        "/api/v1/stylemaps", content=body, headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == 422
    assert any(word in answer.text for word in ("side", "too large", "JSON"))


def test_random_stylemaps_follow_from_their_seed(site):
    first, again, other = site.random(1), site.random(1), site.random(2)
    assert first["id"] == again["id"] != other["id"]
    assert first["photo"] is None
    editor = site.editor
    expected = operations.truncate(editor.sample(1, 1), editor.mean_stylemap, 0.7)
    np.testing.assert_allclose(stored(site, first["id"]), to_numpy(expected), atol=1e-6)


def test_the_image_is_what_the_model_makes_of_it(site):
    stylemap = site.random(3)["id"]
    shown = site.http.get(f"/api/v1/stylemaps/{stylemap}/image", params={"size": 32})
    expected = site.editor.decode(site.editor.as_array(stored(site, stylemap)))
    np.testing.assert_array_equal(as_array(shown.content), to_bytes(expected)[0])


@pytest.mark.parametrize("kind", ["application/x-npy", "application/x-safetensors"])
def test_a_stylemap_comes_back_as_it_was_put(site, kind):
    content = site.http.get(
        f"/api/v1/stylemaps/{site.random(5)['id']}", headers={"Accept": kind}
    ).content
    put = site.http.put(
        "/api/v1/stylemaps",
        params={"model": site.model},
        content=content,
        headers={"Content-Type": kind},
    )
    assert put.status_code == 201
    again = site.http.get(f"/api/v1/stylemaps/{put.json()['id']}", headers={"Accept": kind})
    assert again.content == content


def test_a_stylemap_says_what_it_is(site):
    stylemap = site.random(1)
    answer = site.http.get(
        f"/api/v1/stylemaps/{stylemap['id']}", headers={"Accept": "application/json"}
    )
    assert answer.json() == stylemap
    file = site.http.get(
        f"/api/v1/stylemaps/{stylemap['id']}", headers={"Accept": "application/x-safetensors"}
    )
    assert list(load(file.content)) == ["stylemap"]


SHAPE = (1, 64, 4, 4)


@pytest.mark.parametrize(
    ("content", "headers", "status"),
    [
        (b"", NPY, 422),
        (b"nonsense", NPY, 422),
        (npy(np.zeros((1, 3, 4, 4), np.float32)), NPY, 422),
        (npy(np.full(SHAPE, np.nan, np.float32)), NPY, 422),
        (npy(np.full(SHAPE, 1e30, np.float32)), NPY, 422),
        (npy(np.array([{"a": 1}], dtype=object)), NPY, 422),
        (npy(np.zeros(SHAPE, np.float32))[:-4], NPY, 422),
        (npy(np.zeros((1, 1), np.float32)).replace(b"(1, 1)", b"(9**9,)"), NPY, 422),
        (b"nonsense", SAFETENSORS, 422),
        (b"\xff" * 8 + b"{}", SAFETENSORS, 422),
        (save({}), SAFETENSORS, 422),
        (b"<html>", {"Content-Type": "text/html"}, 415),
    ],
    ids=[
        *("empty", "nonsense", "shape", "nan", "huge", "pickle", "cut", "header"),
        *("no-safetensors", "header-length", "no-tensor", "kind"),
    ],
)
def test_what_is_no_fit_stylemap_is_refused(site, content, headers, status):
    answer = site.http.put(
        "/api/v1/stylemaps", params={"model": site.model}, content=content, headers=headers
    )
    assert answer.status_code == status
    assert "\n" not in answer.json()["error"]["message"]


def test_a_model_without_parts_has_none(site):
    answer = site.http.get(f"/api/v1/stylemaps/{site.random(1)['id']}/parts")
    assert answer.json() == {"parts": []}


def test_models_say_what_they_are(site, start):
    (model,) = site.http.get("/api/v1/models").json()["models"]
    assert model["is_default"]
    assert (model["image_size"], model["stylemap_size"], model["samples"]) == (32, 4, [])
    with start(models=("hands-64",)) as both:
        answer = both.http.get("/api/v1/models").json()["models"]
    assert [(each["name"], each["is_default"]) for each in answer] == [
        ("tiny", True),
        ("hands-64", False),
    ]
    assert "027_5.png" in answer[1]["samples"]
    assert answer[1]["licence"] == "Apache-2.0"


def test_unknown_models_and_photos_are_not_found(site):
    body = {"model": "nobody", "photo": "0" * 32}
    assert site.http.post("/api/v1/stylemaps", json=body).status_code == 404
    body = {"model": site.model, "photo": "0" * 32}
    answer = site.http.post("/api/v1/stylemaps", json=body)
    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "unknown_photo"


def test_only_what_expires_is_said_to_expire(site):
    for body, expires in (
        ({"model": "another", "photo": "0" * 32}, False),
        ({"model": site.model, "photo": "0" * 32}, True),
    ):
        answer = site.http.post("/api/v1/stylemaps", json=body)
        assert answer.status_code == 404
        message = answer.json()["error"]["message"]
        assert message.startswith("This server has no ")
        assert ("expire after 60 minutes without use" in message) == expires


def test_a_damaged_model_does_not_take_the_others_along(start, tmp_path):
    damaged = tmp_path / "damaged.safetensors"
    damaged.write_bytes(b"<html>")
    with start(models=(str(damaged),)) as site:
        models = site.http.get("/api/v1/models").json()["models"]
        assert [model["name"] for model in models] == ["tiny"]
        answer = site.http.post("/api/v1/stylemaps/random", json={"model": "damaged"})
        assert answer.status_code == 422
        assert "web page" in answer.json()["error"]["message"]

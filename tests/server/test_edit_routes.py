"""Edits through HTTP are those of the editor; pictures come as clients ask for them."""

import base64
import io
from typing import Any

import numpy as np
import pytest
from PIL import Image
from running_site import Site, png

from stylemapgan import images
from stylemapgan.editing import operations
from stylemapgan.editing.edit import Edit, Part
from stylemapgan.images.levels import to_bytes
from stylemapgan.types import Stylemap

BOX = [4, 8, 16, 12]
"""Left edge, top edge, width and height."""


def as_array(content: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(content)).convert("RGB"))


def stylemap(site: Site, name: str) -> Stylemap:
    return site.editor.as_array(site.workspace.service.stylemaps.get(name).array)


def expected(site: Site, source: str, *parts: Part) -> np.ndarray:
    return to_bytes(site.editor.edit(stylemap(site, source), Edit(parts=parts)))[0]


def mask(site: Site) -> Stylemap:
    x, y, width, height = BOX
    return site.editor.as_mask(images.box_mask((x, y, width, height), 32))


@pytest.fixture(scope="module")
def source(site) -> str:
    return site.encoded(png(64, 64, seed=1))["id"]


@pytest.fixture(scope="module")
def reference(site) -> str:
    return site.encoded(png(64, 64, seed=4))["id"]


def post(site: Site, route: str, body: dict, accept: str = "image/png") -> np.ndarray:
    answer = site.http.post(f"/api/v1/{route}", json=body, headers={"Accept": accept})
    assert answer.status_code == 200, answer.text
    return as_array(answer.content)


def test_an_edit_over_http_is_that_of_the_editor(site, source, reference):
    part = {"reference": reference, "mask": {"box": BOX}, "shift": [8, 3], "strength": 0.5}
    edited = post(site, "edit", {"source": source, "parts": [part], "size": 32})

    ours = Part(reference=stylemap(site, reference), mask=mask(site), shift=(3, 8), strength=0.5)
    np.testing.assert_array_equal(edited, expected(site, source, ours))


def test_shortcuts_are_edits(site, source, reference):
    box = {"box": BOX}
    ours = Part(reference=stylemap(site, reference), mask=mask(site))
    in_w = Part(reference=stylemap(site, reference), mask=mask(site), space="w")
    pair = {"source": source, "reference": reference, "mask": box, "size": 32}

    np.testing.assert_array_equal(post(site, "blend", pair), expected(site, source, ours))
    np.testing.assert_array_equal(
        post(site, "blend", {**pair, "space": "w"}), expected(site, source, in_w)
    )
    np.testing.assert_array_equal(
        post(site, "reconstruct", {"stylemap": source, "size": 32}), expected(site, source)
    )
    parts = [{"reference": reference, "mask": box}]
    np.testing.assert_array_equal(
        post(site, "transplant", {"source": source, "parts": parts, "size": 32}),
        expected(site, source, ours),
    )


def test_mixing_takes_pose_from_one_and_detail_from_the_other(site, source, reference):
    editor = site.editor
    w_plus = [editor.resize(stylemap(site, name)) for name in (source, reference)]
    image = editor.synthesize(operations.mix(*w_plus))
    mixed = post(site, "mix", {"coarse": source, "fine": reference, "size": 32})
    np.testing.assert_array_equal(mixed, to_bytes(image)[0])


def test_a_painted_mask_of_another_size_is_a_box_too(site, source, reference):
    x, y, width, height = BOX
    painted = np.zeros((64, 64), np.uint8)
    painted[2 * y : 2 * (y + height), 2 * x : 2 * (x + width)] = 255
    file = io.BytesIO()
    Image.fromarray(painted).save(file, "PNG")
    drawn = {"png": base64.b64encode(file.getvalue()).decode()}
    pair = {"source": source, "reference": reference, "size": 32}

    by_png = post(site, "blend", {**pair, "mask": drawn})

    np.testing.assert_array_equal(by_png, post(site, "blend", {**pair, "mask": {"box": BOX}}))


def as_png(values: np.ndarray, **options: Any) -> dict[str, str]:
    file = io.BytesIO()
    Image.fromarray(values).save(file, "PNG", **options)
    return {"png": base64.b64encode(file.getvalue()).decode()}


def test_painted_masks_are_read_as_mask_files_are(site, source, reference):
    levels = np.zeros((32, 32), np.uint8)
    levels[4:20, 8:16] = np.linspace(20, 255, 16)[:, None]
    turned = Image.Exif()
    turned[0x0112] = 6  # a quarter turn clockwise
    for painted in (
        as_png(levels.astype(np.uint16) * 257),
        as_png(np.full((32, 32), 262, np.uint16)),  # grey of 0.4 %
        as_png(levels, exif=turned),
    ):
        read = site.editor.as_mask(images.read_mask(base64.b64decode(painted["png"]), 32))
        ours = Part(reference=stylemap(site, reference), mask=read)
        body = {"source": source, "reference": reference, "mask": painted, "size": 32}
        np.testing.assert_array_equal(post(site, "blend", body), expected(site, source, ours))


def test_pasted_pictures_keep_the_photo_away_from_the_mask(site, source, reference):
    part = {"reference": reference, "mask": {"box": [0, 0, 8, 8]}}
    body = {"source": source, "parts": [part], "view": "pasted", "size": 64}
    photo = as_array(site.http.get(f"/api/v1/stylemaps/{source}/photo?size=64").content)

    pasted = post(site, "edit", body)

    np.testing.assert_array_equal(pasted[40:], photo[40:])
    assert (pasted[:12, :12] != photo[:12, :12]).any()
    nothing = post(site, "edit", {**body, "parts": []})
    np.testing.assert_array_equal(nothing, photo)


def test_an_export_is_the_whole_photo(site):
    content = png(200, 160, seed=2)
    source = site.encoded(content, square={"x": 60, "y": 60, "side": 80})["id"]
    part = {"reference": site.random(2)["id"], "mask": {"box": [8, 8, 16, 16]}}
    body = {"source": source, "parts": [part], "format": "png"}

    answer = site.http.post("/api/v1/export", json=body)

    assert answer.headers["content-disposition"].startswith(
        'attachment; filename="photo-edited.png"'
    )
    before, after = as_array(content), as_array(answer.content)
    assert after.shape == (160, 200, 3)
    np.testing.assert_array_equal(after[120:], before[120:])
    assert (after[40:80, 40:80] != before[40:80, 40:80]).any()
    text = Image.open(io.BytesIO(answer.content)).text  # type: ignore[attr-defined]
    assert text["stylemapgan:model"] == site.model
    plain = site.http.post("/api/v1/export", json={**body, "tag": False})
    assert b"stylemapgan" not in plain.content


@pytest.mark.parametrize("kind", ["png", "jpeg", "webp"])
def test_the_models_own_picture_can_be_exported(site, source, kind):
    body = {"source": source, "content": "square", "format": kind}
    answer = site.http.post("/api/v1/export", json=body)
    assert answer.headers["content-type"] == f"image/{kind}"
    assert as_array(answer.content).shape == (32, 32, 3)
    assert b"trainedAlgorithmicMedia" in answer.content or b"TrainedAlgorithmic" in answer.content


def test_a_turned_reference_is_a_turned_picture(site, reference):
    source = site.random(7)["id"]
    everything = {"reference": reference, "mask": {"box": [0, 0, 32, 32]}, "rotation": 90}
    edited = post(site, "edit", {"source": source, "parts": [everything], "size": 32})

    distances = []
    for turns in (-1, 1):  # clockwise, and the other way
        file = io.BytesIO()
        Image.fromarray(np.rot90(as_array(png(64, 64, seed=4)), turns)).save(file, "PNG")
        turned = site.encoded(file.getvalue())["id"]
        expected = post(site, "reconstruct", {"stylemap": turned, "size": 32})
        distances.append(np.abs(edited.astype(int) - expected).mean())
    assert distances[0] < 1  # of 255; the two are resampled in different ways
    assert distances[1] > 5 * distances[0]


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("image/png", "image/png"),
        ("image/webp", "image/webp"),
        ("image/jpeg", "image/jpeg"),
        ("image/*;q=0.5, image/webp;q=0.9", "image/webp"),
        ("*/*", "image/png"),
        ("text/html, */*;q=0.1", "image/png"),
        ("application/json", "application/json"),
    ],
)
def test_pictures_come_as_asked_for(site, source, accept, kind):
    answer = site.http.post(
        "/api/v1/edit", json={"source": source, "size": 48}, headers={"Accept": accept}
    )
    assert answer.headers["content-type"] == kind
    content = answer.content
    if kind == "application/json":
        content = base64.b64decode(answer.json()["image"].partition(",")[2])
    assert Image.open(io.BytesIO(content)).size == (48, 48)


def test_a_format_nobody_has_is_refused(site, source):
    answer = site.http.post(
        "/api/v1/edit", json={"source": source}, headers={"Accept": "video/mp4"}
    )
    assert answer.status_code == 406


def test_walks_are_sheets_animations_or_lists(site, source, reference):
    body = {"start": source, "end": reference, "steps": 5, "size": 32}
    listed = site.http.post(
        "/api/v1/interpolate", json=body, headers={"Accept": "application/json"}
    ).json()["images"]
    first, *_, last = [base64.b64decode(each["image"].partition(",")[2]) for each in listed]
    np.testing.assert_array_equal(as_array(first), expected(site, source))
    np.testing.assert_array_equal(as_array(last), expected(site, reference))
    for kind in ("image/webp", "image/gif"):
        moving = site.http.post("/api/v1/interpolate", json=body, headers={"Accept": kind})
        assert getattr(Image.open(io.BytesIO(moving.content)), "n_frames", 1) == 8
    assert post(site, "interpolate", body).shape[1] > 5 * 32


def test_invented_pictures_follow_from_their_seed(site):
    body = {"model": site.model, "seed": 3, "count": 2, "size": 32}
    first, second = (
        site.http.post("/api/v1/generate", json=body, headers={"Accept": "application/json"})
        for _ in range(2)
    )
    assert first.json() == second.json()
    assert len(first.json()["images"]) == 2
    shown = base64.b64decode(first.json()["images"][0]["image"].partition(",")[2])
    one = site.random(3)["id"]
    np.testing.assert_array_equal(as_array(shown), expected(site, one))


@pytest.mark.parametrize(
    ("change", "status", "words"),
    [
        ({"source": "0" * 32}, 404, "no stylemap"),
        ({"parts": [{"reference": "0" * 32, "mask": {"box": BOX}}]}, 404, "no stylemap"),
        ({"pushes": [{"direction": "nowhere", "amount": 1}]}, 404, "no direction"),
        ({"size": 100_000}, 422, "size"),
        ({"size": "64"}, 422, "size"),
        ({"size": True}, 422, "size"),
        ({"view": "sideways"}, 422, "view"),
        ({"unknown": 1}, 422, "unknown"),
        ({"parts": [{}]}, 422, "parts.0.reference"),
    ],
)
def test_edits_that_make_no_sense_are_refused(site, source, change, status, words):
    answer = site.http.post("/api/v1/edit", json={"source": source, **change})
    assert answer.status_code == status
    assert words in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"box": [0, 0, 0, 0]},
        {"box": [30, 30, 8, 8]},
        {"box": [1, 2, 3]},
        {"png": "no base64!"},
        {"png": base64.b64encode(b"no picture").decode()},
        {"png": base64.b64encode(png(32, 16)).decode()},
        {"png": base64.b64encode(png(3000, 3000)).decode()},
        as_png(np.zeros((8, 8), np.uint8)),
        as_png(np.eye(8, dtype=np.uint8)),
        {"part": "palm"},
        {"part": "../palm"},
        {},
    ],
    ids=[
        *("empty-box", "outside", "short", "base64", "no-picture", "no-square", "large"),
        *("black", "ones"),
        *("no-part", "path", "nothing"),
    ],
)
def test_masks_that_make_no_sense_are_refused(site, source, reference, wrong):
    body = {"source": source, "reference": reference, "mask": wrong}
    answer = site.http.post("/api/v1/blend", json=body)
    assert answer.status_code == 422
    assert "\n" not in answer.json()["error"]["message"]


def test_stylemaps_of_two_models_do_not_mix(start):
    with start(models=("hands-64",)) as site:
        hands = site.http.post("/api/v1/stylemaps/random", json={"model": "hands-64"}).json()["id"]
        ours = site.random(1)["id"]
        for route, body in (
            ("mix", {"coarse": ours, "fine": hands}),
            ("interpolate", {"start": hands, "end": ours}),
            ("blend", {"source": ours, "reference": hands, "mask": {"box": BOX}}),
        ):
            answer = site.http.post(f"/api/v1/{route}", json=body)
            assert answer.status_code == 422
            assert answer.json()["error"]["code"] == "other_model"

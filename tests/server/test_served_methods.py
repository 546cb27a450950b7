"""Models of other methods are served where the method edits by mask in one pass."""

import base64
import io
import json
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from running_site import Site, png, run_site

from stylemapgan import images
from stylemapgan.checkpoints.method_file import MethodCheckpoint, write_method
from stylemapgan.cli.main import main
from stylemapgan.editing.edit import Edit, Part
from stylemapgan.images.levels import to_bytes
from stylemapgan.methods.editing_in_style import EditingInStyle
from stylemapgan.methods.registry import TRAINED_METHODS, open_file
from stylemapgan.server.server_config import ServerConfig

BOX = [4, 8, 16, 12]


@pytest.fixture(scope="module")
def styled(tiny_model, backbone_model) -> Iterator[Site]:
    """A backbone's model first, then a StyleMapGAN."""
    config = ServerConfig(port=0, model=str(backbone_model), models=(str(tiny_model),))
    with run_site(config) as running:
        yield running


@pytest.fixture(scope="module")
def method(backbone_model) -> EditingInStyle:
    *_, last = open_file(backbone_model)
    assert isinstance(last, EditingInStyle)
    return last


@pytest.fixture(scope="module")
def pair(styled) -> tuple[str, str]:
    return styled.encoded(png(32, 32, seed=1))["id"], styled.encoded(png(32, 32, seed=4))["id"]


def photo(seed: int) -> np.ndarray:
    return images.from_bytes(np.asarray(Image.open(io.BytesIO(png(32, 32, seed=seed))))[None])


def by_hand(method: EditingInStyle, strength: float = 1.0) -> np.ndarray:
    """The edit of `pair`, without a server."""
    x, y, width, height = BOX
    mask = images.box_mask((x, y, width, height), 32)
    part = Part(reference=method.encode(photo(4)), mask=mask, strength=strength)
    edited = method.edit(method.encode(photo(1)), Edit(parts=(part,)))
    return to_bytes(method.decode(edited))[0]


def post(site: Site, route: str, body: dict[str, Any]) -> np.ndarray:
    answer = site.http.post(f"/api/v1/{route}", json=body)
    assert answer.status_code == 200, answer.text
    return np.asarray(Image.open(io.BytesIO(answer.content)))


def part(pair: tuple[str, str], **more: Any) -> dict[str, Any]:
    return {"reference": pair[1], "mask": {"box": BOX}, **more}


def test_an_edit_over_http_is_that_of_the_method(styled, method, pair):
    body = {"source": pair[0], "parts": [part(pair, strength=0.5)], "size": 32}
    edited = post(styled, "edit", body)
    np.testing.assert_array_equal(edited, by_hand(method, strength=0.5))
    plain = post(styled, "reconstruct", {"stylemap": pair[0], "size": 32})
    np.testing.assert_array_equal(plain, to_bytes(method.decode(method.encode(photo(1))))[0])
    assert (edited != plain).any()


def test_painting_shows_what_the_method_makes_of_a_mask(styled, pair):
    x, y, width, height = BOX
    edited = post(styled, "edit", {"source": pair[0], "parts": [part(pair)], "size": 32})
    file = io.BytesIO()
    Image.fromarray(edited).save(file, "JPEG", quality=85, subsampling=0)
    with styled.live() as socket:
        socket.recv()
        layer = {"key": "p", "reference": pair[1], "mask": None}
        state = {"type": "state", "sequence": 1, "source": pair[0], "parts": [layer], "size": 32}
        socket.send(json.dumps(state))
        header = struct.pack("<6I", 2, 0, x, y, width, height)
        socket.send(header + bytes([255]) * width * height)
        sequence, frame = 0, b""
        while sequence < 2:
            frame = socket.recv()
            assert isinstance(frame, bytes), frame
            sequence, _ = struct.unpack_from("<If", frame)
    np.testing.assert_array_equal(
        np.asarray(Image.open(io.BytesIO(frame[8:]))), np.asarray(Image.open(file))
    )


def test_parts_are_those_of_the_method_and_can_be_pasted_by_number(styled, method, pair):
    source, reference = pair
    found = styled.http.get(f"/api/v1/stylemaps/{reference}/parts").json()["parts"]
    numbers = method.segment(photo(4))[0]
    assert {each["name"] for each in found} == {str(number + 1) for number in np.unique(numbers)}
    for each in found:
        shown = np.asarray(Image.open(io.BytesIO(base64.b64decode(each["mask"].split(",")[1]))))
        np.testing.assert_array_equal(shown == 255, numbers == int(each["name"]) - 1)
        assert each["label"] == f"Part {each['name']}"

    chosen = found[0]["name"]
    mask = (numbers == int(chosen) - 1)[None, None].astype(np.float32)
    edit = Edit(parts=(Part(reference=method.encode(photo(4)), mask=mask),))
    expected = to_bytes(method.decode(method.edit(method.encode(photo(1)), edit)))[0]
    pasted = {"reference": reference, "mask": {"part": chosen}}
    edited = post(styled, "edit", {"source": source, "parts": [pasted], "size": 32})
    np.testing.assert_array_equal(edited, expected)


def test_an_edit_is_pasted_into_the_photo_under_the_mask_only(styled):
    source = styled.encoded(png(96, 64, seed=1))
    reference = styled.encoded(png(32, 32, seed=4))["id"]
    assert source["square"] == {"x": 48, "y": 32, "side": 64, "rotation": 0}
    assert source["fit"]["verdict"] == "unknown"
    parts = [{"reference": reference, "mask": {"box": [8, 8, 8, 8]}}]
    body = {"source": source["id"], "parts": parts, "format": "png"}
    with_detail = post(styled, "export", {**body, "detail": True})
    before = np.asarray(Image.open(io.BytesIO(png(96, 64, seed=1))))
    changed = (with_detail != before).any(axis=2)
    assert changed[16:32, 32:48].any()
    assert not changed[:, :16].any()
    assert not changed[48:].any()
    np.testing.assert_array_equal(with_detail, post(styled, "export", {**body, "detail": False}))


def test_random_pictures_and_walks_are_the_methods(styled, method, pair):
    body = {"model": styled.model, "seed": 3, "psi": 0.5, "size": 32}
    expected = to_bytes(method.decode(method.truncate(method.sample(1, 3), 0.5)))[0]
    np.testing.assert_array_equal(post(styled, "generate", body), expected)
    drawn = styled.random(3, 0.5)["id"]
    again = post(styled, "reconstruct", {"stylemap": drawn, "size": 32})
    np.testing.assert_array_equal(again, expected)

    ends = {"start": pair[0], "end": pair[1], "steps": 2, "size": 32}
    asked = {"Accept": "application/json"}
    walk = styled.http.post("/api/v1/interpolate", json=ends, headers=asked).json()["images"]
    last = base64.b64decode(walk[-1]["image"].partition("base64,")[2])
    expected = to_bytes(method.decode(method.encode(photo(4))))[0]
    np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(last))), expected)


def test_latents_can_be_downloaded_and_uploaded_again(styled, pair):
    url, kind = f"/api/v1/stylemaps/{pair[0]}", "application/x-npy"
    content = styled.http.get(url, headers={"Accept": kind}).content
    sent = styled.http.put(
        "/api/v1/stylemaps",
        params={"model": styled.model},
        content=content,
        headers={"Content-Type": kind},
    )
    assert sent.status_code == 201, sent.text
    before, after = (
        post(styled, "reconstruct", {"stylemap": each, "size": 32})
        for each in (pair[0], sent.json()["id"])
    )
    np.testing.assert_array_equal(after, before)


def test_models_say_what_they_can_do(styled):
    ours, other = styled.http.get("/api/v1/models").json()["models"]
    assert (ours["name"], ours["title"]) == ("backbone", "Backbone (editing-in-style)")
    assert (ours["method"], ours["can"]) == ("editing-in-style", ["generate", "interpolate"])
    assert (ours["image_size"], ours["stylemap_size"], ours["directions"]) == (32, 1, [])
    assert ours["about"].startswith("Editing in Style")
    assert len(ours["parts"]) == 12
    assert ours["parts"][0] == {"name": "1", "label": "Part 1"}
    assert other["method"] == "stylemapgan"
    assert other["can"] == ["generate", "interpolate", "mix", "move", "shift", "space", "detail"]


@pytest.mark.parametrize(
    ("field", "why"),
    [
        ({"shift": [1, 0]}, "does not shift, rotate or scale parts"),
        ({"rotation": 10.0}, "does not shift, rotate or scale parts"),
        ({"scale": 1.5}, "does not shift, rotate or scale parts"),
        ({"space": "w"}, "has no choice of space"),
    ],
)
def test_what_the_method_cannot_do_with_a_part_is_one_line(styled, pair, field, why):
    body = {"source": pair[0], "parts": [part(pair, **field)]}
    answer = styled.http.post("/api/v1/edit", json=body)
    expected = {
        "code": "unfit_edit",
        "message": f"backbone edits by editing-in-style, which {why}.",
    }
    assert (answer.status_code, answer.json()["error"]) == (422, expected)


@pytest.mark.parametrize(
    ("route", "body", "why"),
    [
        ("mix", {"coarse": 0, "fine": 1}, "does not mix styles"),
        ("move", {"source": 0, "direction": "smile", "amount": 1}, "has no directions"),
    ],
)
def test_requests_that_the_method_has_no_answer_to_say_so(styled, pair, route, body, why):
    named = {key: pair[value] if key in ("coarse", "fine", "source") else value
             for key, value in body.items()}  # fmt: skip
    answer = styled.http.post(f"/api/v1/{route}", json=named)
    assert answer.status_code == 422
    assert answer.json()["error"]["message"] == f"backbone edits by editing-in-style, which {why}."


def test_pictures_of_two_methods_do_not_mix(styled, pair):
    other = styled.encoded(png(32, 32, seed=1), model="tiny")["id"]
    body = {"source": other, "parts": [part(pair)]}
    answer = styled.http.post("/api/v1/edit", json=body)
    assert answer.json()["error"]["code"] == "other_model"


def refusal(path: Path, capsys: pytest.CaptureFixture[str]) -> str:
    assert main(["serve", "--port=0", "--empty-models", f"--model={path}"]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    return said.err


OFFERS = "the server offers methods that edit by mask in one pass, without maps of parts"


def test_a_method_that_edits_no_masks_is_refused_with_commands_that_work(colour_model, capsys):
    assert refusal(colour_model, capsys) == (
        f"error: {colour_model}: {OFFERS}; this model opens mean-colour. "
        "It works with reconstruct, generate, interpolate, evaluate and compare.\n"
    )


@pytest.mark.parametrize(
    ("name", "commands"),
    [
        ("structured-noise", "reconstruct, generate, interpolate, blend, evaluate and compare"),
        ("alae", "reconstruct, generate, interpolate, evaluate and compare"),
        ("sean", "evaluate"),
    ],
)
def test_optimisers_and_methods_that_need_maps_are_refused(tmp_path, capsys, name, commands):
    path = tmp_path / "model.safetensors"
    write_method(path, MethodCheckpoint(method=name, config={}, tensors={}))
    assert refusal(path, capsys) == (
        f"error: {path}: {OFFERS}; this model opens {name}. It works with {commands}.\n"
    )


def test_a_file_of_an_unknown_method_is_refused(colour_model, capsys, monkeypatch):
    monkeypatch.delitem(TRAINED_METHODS, "mean-colour")
    assert "'mean-colour', which this version does not know" in refusal(colour_model, capsys)


def test_a_damaged_model_of_a_method_is_refused(tmp_path, capsys):
    path = tmp_path / "broken.safetensors"
    write_method(path, MethodCheckpoint(method="backbone", config={}, tensors={}))
    said = refusal(path, capsys)
    assert said.startswith(f"error: {path}: ")
    assert said.count("\n") == 1

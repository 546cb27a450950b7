"""References' photos supply detail over HTTP and while painting, as they do in Python."""

import io
import json
import struct
from typing import Any

import numpy as np
import pytest
from PIL import Image
from running_site import Site, png

from stylemapgan.editing import BoxMask, CroppedPhoto, Edit, Part
from stylemapgan.editing.photo import FullPhoto, Square, paste_back
from stylemapgan.images.levels import to_numpy
from stylemapgan.server.picture_encoding import JPEG, LIVE_OPTIONS, encode_picture

BOX = [4, 4, 24, 24]
PHOTOS = png(64, 64, seed=1), png(96, 96, seed=4)


@pytest.fixture(scope="module")
def pair(site) -> tuple[str, str]:
    source, reference = (site.encoded(photo)["id"] for photo in PHOTOS)
    return source, reference


def asked(site: Site, route: str, body: dict) -> np.ndarray:
    answer = site.http.post(f"/api/v1/{route}", json=body, headers={"Accept": "image/png"})
    assert answer.status_code == 200, answer.text
    return np.asarray(Image.open(io.BytesIO(answer.content)).convert("RGB"))


def cropped(content: bytes) -> CroppedPhoto:
    photo = FullPhoto.read(content)
    middle = photo.width / 2
    return CroppedPhoto(photo=photo, square=Square(x=middle, y=middle, side=2 * middle))


@pytest.mark.parametrize(
    "how", [{}, {"shift": [3, -2]}, {"rotation": 30, "scale": 1.3, "shift": [2, 1]}], ids=str
)
def test_an_export_has_the_detail_that_python_gives(site, pair, how):
    part = {"reference": pair[1], "mask": {"box": BOX}, **how}
    body = {"source": pair[0], "parts": [part], "format": "png"}
    with_detail, without = (
        asked(site, "export", {**body, "detail": detail}) for detail in (True, False)
    )
    np.testing.assert_array_equal(asked(site, "export", body), with_detail)
    assert (with_detail != without).any()

    right, down = how.get("shift", [0, 0])
    turned: dict[str, Any] = {
        name: float(how[name]) for name in ("rotation", "scale") if name in how
    }
    source, reference = map(cropped, PHOTOS)
    mask = BoxMask(x=BOX[0], y=BOX[1], width=BOX[2], height=BOX[3])
    edit = Edit(parts=(Part(reference=reference, mask=mask, shift=(down, right), **turned),))
    before, after = site.editor.reconstruct(source.image(32)), site.editor.edit(source, edit)
    expected = paste_back(
        source.photo,
        source.square,
        to_numpy(before),
        to_numpy(after),
        edit.touched(32),
        references=site.editor.placed_references(edit),
    ).upright_srgb()
    assert abs(with_detail.astype(int) - expected).max() <= 1


def test_only_the_pasted_view_takes_detail(site, pair):
    part = {"reference": pair[1], "mask": {"box": BOX}}
    body = {"source": pair[0], "parts": [part], "size": 64}
    for view, differs in (("raw", False), ("pasted", True)):
        shown = [
            asked(site, "edit", {**body, "view": view, "detail": detail})
            for detail in (True, False)
        ]
        assert (shown[0] != shown[1]).any() == differs


def test_invented_pictures_have_no_detail(site, pair):
    model = site.http.get("/api/v1/models").json()["models"][0]["name"]
    invented = site.http.post("/api/v1/stylemaps/random", json={"model": model}).json()["id"]
    body = {"source": pair[0], "parts": [{"reference": invented, "mask": {"box": BOX}}]}
    shown = [
        asked(site, "edit", {**body, "view": "pasted", "size": 64, "detail": detail})
        for detail in (True, False)
    ]
    np.testing.assert_array_equal(shown[0], shown[1])


def test_painting_shows_detail_and_cuts_the_reference_out_once(site, pair, monkeypatch):
    part = {"reference": pair[1], "mask": {"box": BOX}, "key": "p"}
    body = {"source": pair[0], "parts": [part], "view": "pasted", "size": 80}
    cuts = []
    cut = FullPhoto.crop_pixels

    def counted(self, square, size):
        cuts.append(size)
        return cut(self, square, size)

    monkeypatch.setattr(FullPhoto, "crop_pixels", counted)
    with site.live(subprotocols=["stylemapgan"]) as socket:
        socket.recv(timeout=60)
        socket.send(json.dumps({**body, "type": "state", "sequence": 1}))
        shown = socket.recv(timeout=60)
        before = len(cuts)
        for sequence in range(2, 5):
            stroke = struct.pack("<6I", sequence, 0, sequence, 5, 3, 3) + bytes(9)
            socket.send(stroke)
            socket.recv(timeout=60)
    assert before == 5  # source and reference for the preview and the model, the source's grain
    assert len(cuts) == before
    jpeg = encode_picture(asked(site, "edit", body_of(body)), JPEG, **LIVE_OPTIONS)
    assert shown[8:] == jpeg


def body_of(state: dict) -> dict:
    """The same edit as a request."""
    return {name: value for name, value in state.items() if name not in ("type", "sequence")}

"""One edit gives one picture: from Python, the command line, HTTP and live painting."""

import base64
import io
import json
import struct
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from running_site import Site, png

from stylemapgan import images
from stylemapgan.cli.main import main
from stylemapgan.editing import Editor, operations
from stylemapgan.editing.edit import Edit
from stylemapgan.images.levels import to_bytes
from stylemapgan.server.picture_encoding import JPEG, LIVE_OPTIONS, encode_picture
from stylemapgan.server.request_schemas import EditRequest

SIZE, STRENGTH = 32, 0.75
NAMES = "source", "reference"
IN_PLACE, MOVED = (0, 0), (5, -9)
"""Right and down, in pixels; the second is a whole number of cells in the finest map alone."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """Two photos of the model's size, and a mask with soft edges that no cell's border follows."""
    path = tmp_path_factory.mktemp("one-edit")
    (path / "source.png").write_bytes(png(SIZE, SIZE, seed=1))
    (path / "reference.png").write_bytes(png(SIZE, SIZE, seed=4))
    y, x = np.mgrid[:64, :64]
    ring = np.clip(1.6 - np.hypot(x - 30, y - 37) / 15, 0, 1)
    Image.fromarray(np.rint(65535 * ring).astype(np.uint16)).save(path / "mask.png")
    return path


def python(model: Path, folder: Path, space: str, shift: tuple[int, int]) -> np.ndarray:
    editor = Editor.load(model)
    source, reference = (images.read(folder / f"{name}.png", SIZE) for name in NAMES)
    mask = images.read_mask(folder / "mask.png", SIZE)
    down_right = (shift[1], shift[0])
    if space == "w-plus":
        return to_bytes(editor.transplant(source, reference, mask, down_right, STRENGTH))[0]
    if shift == IN_PLACE:
        return to_bytes(editor.blend(source, reference, np.float32(STRENGTH) * mask))[0]
    ours, theirs = editor.encode(source), editor.encode(reference)
    (w,) = operations.transplant([ours], [theirs], editor.as_mask(mask), down_right, STRENGTH)
    return to_bytes(editor.decode(w))[0]


def command_line(model: Path, folder: Path, shift: tuple[int, int]) -> np.ndarray:
    code = main(
        [
            *("transplant", str(folder / "source.png"), str(folder / "reference.png")),
            *("--mask", str(folder / "mask.png"), "--shift", "{},{}".format(*shift)),
            *("--strength", str(STRENGTH), "--model", str(model)),
            *("--output", str(folder / "out.png")),
        ]
    )
    assert code == 0
    return np.asarray(Image.open(folder / "out.png").convert("RGB"))


@pytest.fixture(scope="module")
def ids(site, folder) -> tuple[str, str]:
    files = (folder / f"{name}.png" for name in NAMES)
    source, reference = (site.encoded(file.read_bytes())["id"] for file in files)
    return source, reference


def part(ids: tuple[str, str], folder: Path, space: str, shift: tuple[int, int]) -> dict:
    mask = {"png": base64.b64encode((folder / "mask.png").read_bytes()).decode()}
    where = {"shift": shift, "strength": STRENGTH, "space": space}
    return {"reference": ids[1], "mask": mask, **where}


def over_http(site: Site, source: str, what: dict) -> np.ndarray:
    body = {"source": source, "parts": [what], "size": SIZE}
    answer = site.http.post("/api/v1/edit", json=body, headers={"Accept": "image/png"})
    assert answer.status_code == 200, answer.text
    return np.asarray(Image.open(io.BytesIO(answer.content)).convert("RGB"))


def painted_live(site: Site, source: str, what: dict) -> bytes:
    """Send a state without the mask, then the mask as one stroke; give the JPEG that comes."""
    blank = {**what, "mask": None, "key": "p"}
    body = {"type": "state", "sequence": 1, "source": source, "parts": [blank], "size": SIZE}
    mask = images.read_mask(base64.b64decode(what["mask"]["png"]), SIZE)[0, 0]
    stroke = np.rint(255 * mask).astype(np.uint8).tobytes()
    with site.live(subprotocols=["stylemapgan"]) as socket:
        assert json.loads(socket.recv(timeout=60)) == {"type": "ready"}
        socket.send(json.dumps(body))
        socket.send(struct.pack("<6I", 2, 0, 0, 0, SIZE, SIZE) + stroke)
        while True:
            message = socket.recv(timeout=60)
            assert isinstance(message, bytes), message
            if struct.unpack_from("<I", message)[0] == 2:
                return message[8:]


@pytest.mark.parametrize("edit", list(product(["w", "w-plus"], [IN_PLACE, MOVED])))
def test_all_ways_to_an_edit_give_the_same_pixels(site, tiny_model, folder, ids, edit):
    space, shift = edit
    expected = python(tiny_model, folder, space, shift)
    what = part(ids, folder, space, shift)

    np.testing.assert_array_equal(over_http(site, ids[0], what), expected)
    jpeg = encode_picture(expected, JPEG, **LIVE_OPTIONS)
    assert painted_live(site, ids[0], what) == jpeg
    if space == "w-plus":  # the command line transplants in w_plus alone
        np.testing.assert_array_equal(command_line(tiny_model, folder, shift), expected)


def test_a_request_holds_the_json_of_an_edit(ids, folder):
    pushes = [{"direction": "open-hand", "amount": 1.5, "mask": {"box": [1, 2, 3, 4]}}]
    what = {"parts": [part(ids, folder, "w", MOVED)], "pushes": pushes}
    edit = Edit.from_json(what)
    assert EditRequest.model_validate({"source": ids[0], **what}).edit() == edit
    assert EditRequest.model_validate({"source": ids[0], **edit.to_json()}).edit() == edit


def test_a_part_in_its_place_is_a_blend_for_commands_and_requests(site, tiny_model, folder, ids):
    what = part(ids, folder, "w-plus", IN_PLACE)
    body = {"source": ids[0], "reference": ids[1], "mask": what["mask"], "size": SIZE}
    for space in ("w", "w-plus"):
        answer = site.http.post(
            "/api/v1/blend", json={**body, "space": space}, headers={"Accept": "image/png"}
        )
        by_request = np.asarray(Image.open(io.BytesIO(answer.content)).convert("RGB"))
        main(
            [
                *("blend", str(folder / "source.png"), str(folder / "reference.png")),
                *("--mask", str(folder / "mask.png"), "--space", space),
                *("--model", str(tiny_model), "-o", str(folder / "out.png")),
            ]
        )
        by_command = np.asarray(Image.open(folder / "out.png").convert("RGB"))
        np.testing.assert_array_equal(by_request, by_command)

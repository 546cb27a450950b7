"""Painting: strokes in, pictures out, the newest wins, and mistakes leave the page open."""

import base64
import io
import json
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest
from PIL import Image
from running_site import Site, png
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection

from stylemapgan.server import live

BOX = [4, 8, 16, 12]


@pytest.fixture(scope="module")
def pair(site) -> tuple[str, str]:
    return site.encoded(png(64, 64, seed=1))["id"], site.encoded(png(64, 64, seed=4))["id"]


def state(pair: tuple[str, str], sequence: int = 1, **changes: Any) -> str:
    source, reference = pair
    part = {"key": "p", "reference": reference, "mask": None, **changes.pop("part", {})}
    body = {"type": "state", "sequence": sequence, "source": source, "parts": [part], "size": 32}
    return json.dumps({**body, **changes})


def delta(sequence: int, part: int, x: int, y: int, pixels: np.ndarray) -> bytes:
    height, width = pixels.shape
    header = struct.pack("<6I", sequence, part, x, y, width, height)
    return header + pixels.astype(np.uint8).tobytes()


def frame(socket: ClientConnection, until: int) -> np.ndarray:
    """Wait for the picture that includes a message."""
    while True:
        message = socket.recv()
        assert isinstance(message, bytes), message
        sequence, milliseconds = struct.unpack_from("<If", message)
        assert milliseconds > 0
        if sequence >= until:
            return np.asarray(Image.open(io.BytesIO(message[8:])))


def error(socket: ClientConnection) -> dict[str, Any]:
    """Wait for the next error; pictures may come before it."""
    while True:
        message = socket.recv()
        if isinstance(message, str):
            return json.loads(message)


def wait_until(condition: Callable[[], bool]) -> None:
    while not condition():
        time.sleep(0.01)


@contextmanager
def open_page(site: Site) -> Iterator[ClientConnection]:
    with site.live(subprotocols=["stylemapgan"]) as socket:
        assert json.loads(socket.recv()) == {"type": "ready"}
        yield socket


def edited(site: Site, pair: tuple[str, str], mask: dict[str, Any] | None) -> np.ndarray:
    """The same picture over HTTP, as a JPEG like that of a page."""
    parts = [{"reference": pair[1], "mask": mask}] if mask else []
    body = {"source": pair[0], "parts": parts, "size": 32}
    answer = site.http.post("/api/v1/edit", json=body)
    file = io.BytesIO()
    Image.open(io.BytesIO(answer.content)).save(file, "JPEG", quality=85, subsampling=0)
    return np.asarray(Image.open(file))


def test_strokes_paint_what_a_mask_of_them_would(site, pair):
    x, y, width, height = BOX
    with open_page(site) as socket:
        socket.send(state(pair))
        np.testing.assert_array_equal(frame(socket, 1), edited(site, pair, None))
        half = np.full((height // 2, width), 255)
        socket.send(delta(2, 0, x, y, half))
        socket.send(delta(3, 0, x, y + height // 2, half))
        np.testing.assert_array_equal(frame(socket, 3), edited(site, pair, {"box": BOX}))
        socket.send(delta(4, 0, x, y, np.zeros((height, width))))  # the eraser
        np.testing.assert_array_equal(frame(socket, 4), edited(site, pair, None))


def test_every_stroke_on_onnx_paints_what_a_mask_of_it_would(start):
    with start(model="hands-64", memory_megabytes=2.0) as site:  # a painter takes more of it
        pair = (site.encoded(png(64, 64, seed=1))["id"], site.encoded(png(64, 64, seed=4))["id"])
        with open_page(site) as socket:
            socket.send(state(pair))
            frame(socket, 1)
            for sequence, (x, y) in enumerate([(0, 0), (40, 8), (56, 56)], start=2):
                box = [x, y, 8, 8]
                socket.send(delta(sequence, 0, x, y, np.full((8, 8), 255)))
                np.testing.assert_array_equal(
                    frame(socket, sequence), edited(site, pair, {"box": box})
                )
                socket.send(delta(sequence, 0, x, y, np.zeros((8, 8))))
            assert site.workspace.service.painters.length > 0.2 * 2e6
        wait_until(lambda: site.workspace.service.painters.length == 0)  # the page has closed


def test_a_state_may_bring_masks_and_keep_them(site, pair):
    painted = np.zeros((32, 32), np.uint8)
    x, y, width, height = BOX
    painted[y : y + height, x : x + width] = 255
    file = io.BytesIO()
    Image.fromarray(painted).save(file, "PNG")
    drawn = {"png": base64.b64encode(file.getvalue()).decode()}
    with open_page(site) as socket:
        socket.send(state(pair, 1, part={"mask": drawn}))
        with_mask = frame(socket, 1)
        socket.send(state(pair, 2, part={"strength": 0.0}))
        without = frame(socket, 2)
        socket.send(state(pair, 3))
        kept = frame(socket, 3)
        socket.send(state(pair, 4, part={"key": "another"}))
        new = frame(socket, 4)
    np.testing.assert_array_equal(with_mask, edited(site, pair, {"box": BOX}))
    np.testing.assert_array_equal(kept, with_mask)
    np.testing.assert_array_equal(new, without)
    assert (without != with_mask).any()


def test_masks_that_are_erased_for_a_moment_change_nothing(site, pair):
    file = io.BytesIO()
    Image.fromarray(np.zeros((32, 32), np.uint8)).save(file, "PNG")
    black = {"png": base64.b64encode(file.getvalue()).decode()}
    with open_page(site) as socket:
        socket.send(state(pair, 1, part={"mask": black}))
        np.testing.assert_array_equal(frame(socket, 1), edited(site, pair, None))
        x, y, width, height = BOX
        socket.send(delta(2, 0, x, y, np.full((height, width), 255)))
        np.testing.assert_array_equal(frame(socket, 2), edited(site, pair, {"box": BOX}))
        socket.send(delta(3, 0, 0, 0, np.zeros((32, 32))))
        np.testing.assert_array_equal(frame(socket, 3), edited(site, pair, None))


def test_a_burst_of_strokes_is_answered_with_the_newest_and_few_pictures(site, pair):
    with open_page(site) as socket:
        socket.send(state(pair))
        frame(socket, 1)
        for sequence in range(2, 202):
            socket.send(delta(sequence, 0, sequence % 16, 0, np.full((16, 16), 255)))
        seen = []
        while not seen or seen[-1] < 201:
            message = socket.recv()
            assert isinstance(message, bytes)
            seen.append(struct.unpack_from("<I", message)[0])
        assert seen == sorted(set(seen))
        assert len(seen) < 200


def test_pasted_pictures_show_the_photo(site, pair):
    with open_page(site) as socket:
        socket.send(state(pair, 1, view="pasted", size=64))
        shown = frame(socket, 1)
    photo = np.asarray(Image.open(io.BytesIO(png(64, 64, seed=1))).convert("RGB"))
    assert np.abs(shown.astype(int) - photo).mean() < 4  # a JPEG of it


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("{}", "unfit_message"),
        ("no json", "unfit_message"),
        ('{"type":"state","sequence":7,"source":"' + "0" * 32 + '"}', "unknown_stylemap"),
        (b"", "unfit_delta"),
        (b"short", "unfit_delta"),
        (delta(9, 5, 0, 0, np.zeros((1, 1))), "unknown_part"),
        (delta(9, 0xFFFF0000, 0, 0, np.zeros((1, 1))), "unknown_part"),
        (delta(9, 0, 30, 0, np.zeros((4, 4))), "unfit_delta"),
        (delta(9, 0, 2**32 - 1, 0, np.zeros((1, 1))), "unfit_delta"),
        (delta(9, 0, 0, 0, np.zeros((4, 4)))[:-1], "unfit_delta"),
        (struct.pack("<6I", 9, 0, 0, 0, 0, 4), "unfit_delta"),
    ],
    ids=[
        *("no-fields", "no-json", "no-source", "empty", "short", "no-part", "no-push"),
        *("outside", "overflow", "cut", "no-width"),
    ],
)
def test_mistakes_are_told_and_the_page_stays_open(site, pair, message, code):
    with open_page(site) as socket:
        socket.send(state(pair))
        frame(socket, 1)
        socket.send(message)
        told = error(socket)
        assert (told["type"], told["code"]) == ("error", code)
        assert "\n" not in told["message"]
        socket.send(state(pair, 20))
        frame(socket, 20)


def test_painting_before_any_state_is_refused(site):
    with open_page(site) as socket:
        socket.send(delta(3, 0, 0, 0, np.zeros((1, 1))))
        assert error(socket)["code"] == "no_state"


def test_a_message_beyond_the_limit_closes_the_page(start):
    with start(body_megabytes=0.01) as site, open_page(site) as socket:
        socket.send("x" * 20_000)
        with pytest.raises(ConnectionClosed) as closed:
            socket.recv()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1009


def test_pages_beyond_the_limit_are_told_to_try_later(start):
    with start(live_per_client=1) as site, open_page(site), site.live() as second:
        assert json.loads(second.recv())["code"] == "busy"
        with pytest.raises(ConnectionClosed):
            second.recv()
    with start(live_per_client=1) as site:
        for _ in range(2):
            with open_page(site):
                assert site.workspace.live_limit.active == 1
            _until(lambda: site.workspace.live_limit.active == 0)


def test_open_pages_keep_their_photos(start):
    now = [0.0]
    with start(clock=lambda: now[0], keep_minutes=1.0) as site:
        pair = (site.encoded(png(seed=1))["id"], site.random(1)["id"])
        with open_page(site) as socket:
            socket.send(state(pair))
            frame(socket, 1)
            now[0] = 50.0
            socket.send(state(pair, 2, view="pasted"))
            frame(socket, 2)
            now[0] = 100.0
            socket.send(state(pair, 3, view="pasted"))
            frame(socket, 3)
            now[0] = 200.0
            socket.send(state(pair, 4))
            assert error(socket)["code"] == "unknown_stylemap"


def test_a_token_comes_as_a_subprotocol(start):
    token = "a-token-of-some-length"
    with start(token=token) as site:
        with site.live(subprotocols=["stylemapgan", f"bearer.{token}"]) as socket:
            assert socket.subprotocol == "stylemapgan"
        for offered in (["stylemapgan"], ["stylemapgan", "bearer.wrong"], ["bearer."]):
            with pytest.raises(InvalidStatus, match="403"), site.live(subprotocols=offered):
                pass
        with site.live(additional_headers={"Authorization": f"Bearer {token}"}) as socket:
            assert "ready" in str(socket.recv())


def test_pages_of_other_sites_may_not_paint(site):
    with pytest.raises(InvalidStatus, match="403"), site.live(origin="http://evil.example"):
        pass
    with site.live(origin=site.url.rstrip("/")) as socket:
        assert "ready" in str(socket.recv())


def _until(is_so: Any) -> None:
    while not is_so():
        time.sleep(0.01)


def test_a_mistake_of_ours_is_told_and_the_page_stays_open(site, pair, monkeypatch):
    def broken(*_: object) -> None:
        raise ZeroDivisionError("a secret")

    with open_page(site) as socket:
        with monkeypatch.context() as patched:
            patched.setattr(live, "resolve_edit", broken)
            socket.send(state(pair))
            told = error(socket)
            assert told["code"] == "internal"
            assert "secret" not in told["message"]
        socket.send(state(pair, 2))
        frame(socket, 2)

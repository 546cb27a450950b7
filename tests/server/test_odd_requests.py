"""Whatever a client puts into its request, the answer is never that the server failed."""

import json
import logging
import socket
import struct
import time
from collections.abc import Callable

import pytest
from running_site import Site, png

JSON = "Content-Type: application/json"
UPGRADE = (
    "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="
)
ORIGINS = (
    *("http://[::1", "http://[", "[", "//", "http://", "null", "http://127.0.0.1:x", "\xff\xfe"),
    *("http://a\xe2\x84\x80b", "http://[v1.x]", "http://[::1]:99999", "javascript:1"),
)
HOSTS = ("[::1", "[", "", "\xff\xfe", "a\xe2\x84\x80b", "a b", "user@evil", "[v1.x]", "//", "#")
LENGTHS = ("\xb2", "-1", "9" * 30, "9" * 5000, "1,1", "abc", "+1")
KINDS = (
    *("application/json; charset=nonsense", 'application/json; charset="', "\xff", "/", ";"),
    *("application/json; charset*0*=utf-8''%ff", "application/json" + ";" * 500),
    *("multipart/form-data; boundary=", "application/x-www-form-urlencoded"),
)
CONDITIONS = (
    *("Range: bytes=9999999-", "Range: bytes=-", "Range: bytes=5-1", "Range: \xff"),
    *(f"Range: bytes={'9' * 5000}-", f"Range: bytes=-{'9' * 5000}", "Range: bytes=\xb2-"),
    *("If-None-Match: \xff", 'If-None-Match: "', "If-Modified-Since: x", "If-Modified-Since: ,"),
    *("If-Modified-Since: Mon, 99 Foo 99999 99:99:99 +99999999999", "If-Range: \xff"),
    *("Authorization: \xff", "Authorization: Bearer \xff", "Accept: ;;,,", "Accept: a/b;q=nan"),
    *(f"Accept: image/png;q={'9' * 5000}", "X-Forwarded-For: \xff,, [::1", "Cookie: \xff"),
    *("X-Forwarded-Proto: \xff", "X-Request-ID: \xff", "Upgrade: h2c", "Transfer-Encoding: x"),
)
PATHS = (
    *("/static/%00", "/static/" + "a" * 5000, "/static/\xff", "/static/%ff", "/static/css"),
    *("/static", "//", "/%", "/%zz", "*", "http://[::1/x", "/static//etc/passwd", "/?%ff=%ff"),
    *("/static/%ed%a0%80", "/static/app.js/x", "/static/" + "a/" * 3000, "?"),
    *("/api/v1/photos/%ff/image", f"/api/v1/photos/{'0' * 32}/image?size={'9' * 5000}"),
    *(f"/api/v1/photos/{'0' * 32}/image?size=%ff", "/api/v1/models/%ff/samples/%00"),
)
BODIES = (
    *(b'{"\\ud800": 1}', b'{"model": "\\ud800"}', b'"\\ud800"', b"\xff", b"1", b'{"a":' * 2000),
    *(b'{"model": "hands-64", "seed": ' + b"9" * 5000 + b"}", b'{"seed": NaN}', b'{"seed": 1e999}'),
    *(b"\xef\xbb\xbf{}", "{}".encode("utf-16"), b'{"source": "\\u0000"}'),
)
SHAPES = ("('a',)", "(True,)", "(-1,)", f"({'9' * 30},)", "(1, 2", "()", "1")
TYPES = (
    *("1", "'O'", "('<f4', ('a',))", "'<f4,<i4'", "'V0'"),
    "[('a', '<f4', (9999999, 9999999))]",
)
NPY_HEADERS = (
    *("{1: 2, 'a': 3}", "{{}: 1}", "{[]: 1}", "'''", "1L((", "\\", "\0"),
    *("(" * 5000, "-" * 9000 + "1"),
    *(f"{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}}}" for shape in SHAPES),
    *(f"{{'descr': {kind}, 'fortran_order': False, 'shape': (1,)}}" for kind in TYPES),
)
SAFETENSORS_HEADERS = (
    *(b"{}", b'{"a": 1}', b"["),
    b'{"\\ud800": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}',
    *(
        b'{"a": {"dtype": "%s", "shape": [%d], "data_offsets": [0, 4]}}' % (kind, count)
        for kind, count in ((b"BF16", 2), (b"F8_E4M3", 4), (b"I32", 1), (b"BOOL", 4), (b"X", 1))
    ),
)


def ask(site: Site, method: str, path: str, *headers: str, body: bytes = b"") -> int:
    """Send bytes as they are; the status of the answer, 0 where the connection closed."""
    port = int(site.url.rstrip("/").rsplit(":", 1)[1])
    given = "\r\n".join(headers)
    lines = [f"{method} {path} HTTP/1.1", *headers]
    if "Host:" not in given:
        lines.append(f"Host: 127.0.0.1:{port}")
    if body and "Content-Length:" not in given:
        lines.append(f"Content-Length: {len(body)}")
    if "Connection:" not in given:
        lines.append("Connection: close")
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall("\r\n".join((*lines, "", "")).encode("latin-1") + body)
        answer = connection.recv(4096)
    return int(answer.split()[1]) if answer else 0


def requests(site: Site) -> list[tuple[str, int]]:
    """Ask everything; what was asked, and the status of the answer."""
    random, photos = "/api/v1/stylemaps/random", "/api/v1/photos"
    put = f"/api/v1/stylemaps?model={site.model}"
    good = json.dumps({"model": site.model}).encode()
    cases: list[tuple[str, str, tuple[str, ...], bytes]] = [
        *(("GET", "/api/v1/models", (f"Host: {host}",), b"") for host in HOSTS),
        *(("POST", photos, (f"Content-Length: {one}",), b"x") for one in LENGTHS),
        *(("POST", random, (f"Content-Type: {kind}",), good) for kind in KINDS),
        *(("POST", photos, (f"Content-Type: {kind}",), png()) for kind in KINDS),
        *(("PUT", put, (f"Content-Type: {kind}",), good) for kind in KINDS),
        *(("GET", "/static/app.js", (line,), b"") for line in CONDITIONS),
        *(("GET", "/", (line,), b"") for line in CONDITIONS),
        *(("POST", random, (JSON, line), good) for line in CONDITIONS),
        *(("GET", path, (), b"") for path in PATHS),
        *(("POST", random, (JSON,), body) for body in BODIES),
        *(("POST", "/api/v1/edit", (JSON,), body) for body in BODIES),
        *(("PUT", put, ("Content-Type: application/x-npy",), npy(text)) for text in NPY_HEADERS),
        *(
            ("PUT", put, ("Content-Type: application/x-safetensors",), safetensors(text))
            for text in SAFETENSORS_HEADERS
        ),
        *(
            ("GET", "/api/v1/live", (UPGRADE, line), b"")
            for line in ("Sec-WebSocket-Protocol: \xff", "Sec-WebSocket-Protocol: bearer.\xff,,")
        ),
    ]
    answers = []
    for method, path, headers, body in cases:
        status = ask(site, method, path, *headers, body=body)
        answers.append((f"{method} {path[:60]} {headers} {body[:60]!r}", status))
    return answers


def npy(header: str) -> bytes:
    content = header.encode("latin-1")
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(content)) + content + bytes(4)


def safetensors(header: bytes) -> bytes:
    return struct.pack("<Q", len(header)) + header + bytes(4)


def wait_until(is_so: Callable[[], bool]) -> None:
    while not is_so():
        time.sleep(0.01)


def test_no_header_path_or_body_makes_the_server_fail(site, caplog):
    with caplog.at_level(logging.WARNING, logger="stylemapgan"):
        answers = requests(site)
    assert not [(asked, status) for asked, status in answers if status >= 500]
    assert "nobody foresaw" not in caplog.text
    assert site.upload(png()).status_code == 201


@pytest.mark.parametrize("origin", ORIGINS)
def test_an_origin_that_makes_no_sense_is_one_of_another_site(site, origin):
    line = f"Origin: {origin}"
    assert ask(site, "POST", "/api/v1/stylemaps/random", JSON, line, body=b"{}") == 403
    assert ask(site, "GET", "/api/v1/live", UPGRADE, line) == 403


def test_an_upload_that_its_client_aborts_is_no_failure(site, caplog):
    port = int(site.url.rstrip("/").rsplit(":", 1)[1])
    with caplog.at_level(logging.INFO, logger="stylemapgan"):
        for path, kind in (
            ("/api/v1/photos", "image/png"),
            ("/api/v1/stylemaps/random", "application/json"),
        ):
            head = (
                f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: {kind}\r\n"
                "Content-Length: 1000\r\n\r\n"
            )
            with socket.create_connection(("127.0.0.1", port)) as connection:
                connection.sendall(head.encode() + b"half of it")
            counted = f'{{method="POST",route="{path}",status="499"}} 1.0'
            wait_until(lambda line=counted: line in site.http.get("/metrics").text)
    assert site.workspace.upload_limit.active == 0
    assert 'status="500"' not in site.http.get("/metrics").text
    assert not [record for record in caplog.records if record.levelno > logging.INFO]

"""A place on the web to fetch files from, on this machine, with the faults that real ones have."""

import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Web:
    """What the server holds, how it behaves, and what it was asked."""

    def __init__(self) -> None:
        self.address = ""
        self.files: dict[str, bytes] = {}
        self.redirects: dict[str, str] = {}
        self.knows_ranges = True
        self.tells_length = True
        self.breaks_after: int | None = None
        """Bytes after which the next answer breaks off; later answers are whole."""
        self.pause_s = 0.0
        """Silence before each answer."""
        self.asked: list[str | None] = []
        """The `Range` of each request."""


class Handler(BaseHTTPRequestHandler):
    """Answers from a `Web`."""

    web: Web

    def do_GET(self) -> None:
        web, name = self.web, self.path.lstrip("/")
        asked = self.headers.get("Range")
        web.asked.append(asked)
        time.sleep(web.pause_s)
        if name in web.redirects:
            self.send_response(302)
            self.send_header("Location", web.redirects[name])
            self.end_headers()
        elif name not in web.files:
            self.send_error(404)
        else:
            self.answer(web.files[name], asked if web.knows_ranges else None)

    def answer(self, content: bytes, asked: str | None) -> None:
        start = 0
        if asked is not None:
            found = re.fullmatch(r"bytes=(\d+)-", asked)
            assert found is not None
            start = int(found[1])
            if start >= len(content):
                self.send_error(416)
                return
        self.send_response(206 if asked else 200)
        if self.web.tells_length:
            self.send_header("Content-Length", str(len(content) - start))
        if asked:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        self.end_headers()
        stop, self.web.breaks_after = self.web.breaks_after, None
        with suppress(BrokenPipeError, ConnectionResetError):  # the other side has left
            self.wfile.write(content[start:] if stop is None else content[start : start + stop])

    def log_message(self, *_: object, **__: object) -> None:
        """Stay silent."""


@contextmanager
def serving() -> Iterator[Web]:
    """Serve until the block ends."""
    web = Web()
    handler = type("WebHandler", (Handler,), {"web": web})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    web.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield web
    server.shutdown()
    server.server_close()
    thread.join()

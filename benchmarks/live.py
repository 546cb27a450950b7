"""Live painting: time from a stroke to its picture, and memory over many strokes.

`python -m benchmarks.live --model hands-128` starts a server in a separate process and paints
through its WebSocket as the Studio does: small mask rectangles at a screen's frame rate, in turns
without and with detail from the reference's photo. A stroke counts as seen with the first picture
that includes it.
"""

import json
import random
import statistics
import struct
import sys
import tempfile
import threading
import time
from pathlib import Path

import httpx
from cyclopts import App
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from benchmarks.engines import export_random
from benchmarks.serving import Serving, percentiles, sample_stylemaps, serving

app = App(name="python -m benchmarks.live")


@app.default
def measure(  # noqa: PLR0913 - every one is a flag
    *,
    model: str = "hands-128",
    preset: str | None = None,
    edits: int = 1000,
    per_second: float = 30.0,
    view: str = "pasted",
    size: int = 512,
    rounds: int = 4,
) -> None:
    """Paint, and print the delays that a user would see.

    Args:
        model: A bundled model.
        preset: Use networks of this preset with random weights instead; they take as long.
        edits: Number of mask deltas to send, without detail and with it.
        per_second: Mask deltas per second.
        view: What to request: raw or pasted.
        size: Height and width of the pictures, in pixels.
        rounds: Rounds of strokes, alternately without and with detail from the reference's photo.
    """
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "model"
        if preset:
            export_random(preset, folder)
        _measure(str(folder) if preset else model, (edits, per_second, rounds), view, size)


def _measure(model: str, pace: tuple[int, float, int], view: str, size: int) -> None:
    edits, per_second, rounds = pace
    with serving(model) as server, httpx.Client(base_url=server.url, timeout=60) as http:
        models = http.get("/api/v1/models").json()["models"]
        served = next(each for each in models if each["is_default"])
        image_size = served["image_size"]
        source, reference = sample_stylemaps(http, served["name"], 2)
        state = {
            **{"type": "state", "sequence": 1, "source": source, "view": view, "size": size},
            "parts": [{"key": "p", "reference": reference, "shift": [8, 0]}],
        }
        with connect(server.url.replace("http", "ws") + "api/v1/live") as socket:
            socket.recv()
            before, painted = 0.0, {False: _Painted(), True: _Painted()}
            for round_ in range(2 * rounds):
                detail = bool(round_ % 2)
                socket.send(json.dumps({**state, "detail": detail}))
                socket.recv()
                _paint(socket, image_size, 100, per_second)  # not counted
                before, spent = before or server.memory, server.processor_seconds
                painted[detail].add(_paint(socket, image_size, edits // rounds, per_second))
                painted[detail].processor_seconds += server.processor_seconds - spent
            _report(server, before, painted)


def _report(server: Serving, before: float, painted: "dict[bool, _Painted]") -> None:
    for detail, name in ((False, "without detail"), (True, "with detail")):
        print(f"{name}: stroke to picture {percentiles(painted[detail].delays)} strokes")
        print(f"{name}: server's own time {percentiles(painted[detail].server_times)} pictures")
        print(f"{name}: server's processor time {1000 * painted[detail].each:.1f} ms a picture")
    medians = [statistics.median(painted[detail].delays) for detail in (False, True)]
    print(f"detail makes the median stroke {medians[1] / medians[0]:.2f} times as long")
    ratio = painted[True].each / painted[False].each
    print(f"detail takes {ratio:.2f} times the processor time")
    print(
        f"server's memory: {before:.0f} MiB before, {server.memory:.0f} MiB after, "
        f"{server.peak_memory:.0f} MiB at most"
    )


class _Painted:
    """Times at which strokes were sent and seen."""

    def __init__(self) -> None:
        self.sent: dict[int, float] = {}
        self.delays: list[float] = []
        self.server_times: list[float] = []
        self.processor_seconds = 0.0

    @property
    def each(self) -> float:
        """The server's processor seconds for a picture."""
        return self.processor_seconds / len(self.server_times)

    def add(self, other: "_Painted") -> None:
        """Count the strokes of another round as well."""
        self.delays += other.delays
        self.server_times += other.server_times

    def see(self, message: bytes) -> int:
        """Record a picture; every stroke that it is the first to include counts as seen."""
        now = time.perf_counter()
        sequence, milliseconds = struct.unpack_from("<If", message)
        self.server_times.append(milliseconds / 1000)
        for stroke in [stroke for stroke in self.sent if stroke <= sequence]:
            self.delays.append(now - self.sent.pop(stroke))
        return sequence


def _paint(socket: ClientConnection, size: int, edits: int, per_second: float) -> _Painted:
    """Send strokes at a steady rate while another thread receives the pictures."""
    painted = _Painted()
    first = int(time.time()) % 1_000_000 + 2
    last = first + edits - 1

    def look() -> None:
        try:
            while True:
                message = socket.recv()
                if isinstance(message, bytes) and painted.see(message) >= last:
                    return
                if isinstance(message, str):
                    print(message, file=sys.stderr)
        except ConnectionClosed as error:
            print(f"closed: {error}", file=sys.stderr)

    watcher = threading.Thread(target=look)
    watcher.start()
    start = time.perf_counter()
    chance = random.Random(0)
    side = size // 8
    for step in range(edits):
        time.sleep(max(0.0, start + step / per_second - time.perf_counter()))
        x, y = chance.randrange(size - side), chance.randrange(size - side)
        header = struct.pack("<6I", first + step, 0, x, y, side, side)
        painted.sent[first + step] = time.perf_counter()
        socket.send(header + bytes([chance.randrange(256)]) * (side * side))
    watcher.join()
    return painted


if __name__ == "__main__":
    app()

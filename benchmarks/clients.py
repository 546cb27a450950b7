"""Many clients at once over HTTP: correct responses, and how long they take.

`python -m benchmarks.clients` starts a server in a separate process. Every client encodes, edits,
views and exports at random. A response counts as lost if it never arrives, and as wrong if it
differs from the first response to the same request. After a 429, a client retries.
"""

import hashlib
import random
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import httpx
from cyclopts import App

from benchmarks.serving import percentiles, sample_stylemaps, serving

app = App(name="python -m benchmarks.clients")
BOXES = 8
"""Number of different masks; few, so that requests repeat."""
TOO_MANY = 429


@app.default
def measure(*, model: str = "hands-64", clients: int = 16, seconds: float = 60.0) -> int:
    """Run clients for a while, and print the results.

    Args:
        model: A bundled model.
        clients: Number of concurrent clients.
        seconds: Duration.
    """
    tally = Tally()
    with serving(model) as server:
        with httpx.Client(base_url=server.url, timeout=60) as http:
            stylemaps = sample_stylemaps(http, model, 6)
            size = http.get("/api/v1/models").json()["models"][0]["image_size"]
        job = Job(server.url, stylemaps, size, time.monotonic() + seconds)
        threads = [
            threading.Thread(target=_work, args=(job, seed, tally)) for seed in range(clients)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        print(f"server's memory: {server.memory:.0f} MiB, at most {server.peak_memory:.0f} MiB")
    tally.show(seconds)
    return 1 if tally.lost or tally.wrong or tally.errors else 0


@dataclass(frozen=True)
class Job:
    """The task of every client."""

    url: str
    stylemaps: list[str]
    size: int
    """Height and width of the model's image, in pixels."""
    end: float
    """When to stop, on the clock of `time.monotonic`."""


@dataclass
class Tally:
    """Counts of responses, shared by all threads."""

    statuses: Counter[int] = field(default_factory=Counter)
    delays: list[float] = field(default_factory=list)
    first_responses: dict[str, str] = field(default_factory=dict)
    lost: int = 0
    wrong: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, request: str, response: httpx.Response, delay: float) -> None:
        """Count a response, and compare it with the first one to the same request."""
        with self.lock:
            self.statuses[response.status_code] += 1
            if not response.is_success:
                return
            self.delays.append(delay)
            digest = hashlib.sha256(response.content).hexdigest()
            if self.first_responses.setdefault(request, digest) != digest:
                self.wrong += 1

    @property
    def errors(self) -> int:
        """Responses other than success and 429."""
        return sum(
            count
            for status, count in self.statuses.items()
            if status != TOO_MANY and not httpx.codes.is_success(status)
        )

    def show(self, seconds: float) -> None:
        """Print everything."""
        print(f"responses: {dict(sorted(self.statuses.items()))}, lost {self.lost}")
        print(f"results that differ from the first one: {self.wrong}")
        print(f"{percentiles(self.delays)} results, {len(self.delays) / seconds:.1f} a second")


def _work(job: Job, seed: int, tally: Tally) -> None:
    chance = random.Random(seed)
    with httpx.Client(base_url=job.url, timeout=60) as http:
        while time.monotonic() < job.end:
            path, body = _request(chance, job.stylemaps, job.size)
            try:
                _send(http, path, body, tally)
            except httpx.HTTPError as error:
                print(f"{path}: {error!r}", file=sys.stderr)
                with tally.lock:
                    tally.lost += 1


def _send(http: httpx.Client, path: str, body: dict[str, Any], tally: Tally) -> None:
    """Send a request until the response is not 429; the delay is that of the last try."""
    while True:
        start = time.perf_counter()
        response = http.post(path, json=body)
        tally.note(f"{path} {body}", response, time.perf_counter() - start)
        if response.status_code != TOO_MANY:
            return
        time.sleep(float(response.headers["Retry-After"]))


def _request(chance: random.Random, stylemaps: list[str], size: int) -> tuple[str, dict[str, Any]]:
    source, reference = chance.sample(stylemaps, 2)
    corner = chance.randrange(BOXES) * size // (2 * BOXES)
    part = {
        **{"reference": reference, "shift": [chance.choice([0, size // 8]), 0]},
        "mask": {"box": [corner, corner, size // 3, size // 3]},
    }
    recipe = {"source": source, "parts": [part]}
    view = chance.choice(["raw", "pasted"])
    return chance.choice(
        [
            ("/api/v1/edit", {**recipe, "view": view, "size": 512}),
            ("/api/v1/edit", {**recipe, "view": view, "size": 256}),
            ("/api/v1/export", {**recipe, "format": "jpeg"}),
            ("/api/v1/mix", {"coarse": source, "fine": reference}),
        ]
    )


if __name__ == "__main__":
    sys.exit(app())

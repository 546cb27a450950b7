"""Many clients at once over HTTP: does everybody get what they asked for, and how soon.

`python -m benchmarks.clients` starts a server in a process of its own. Every client encodes,
edits, looks and exports in turn. An answer counts as lost if it never came, and as wrong if it
differs from the first answer to the same request. Told to come back (429), a client comes back.
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
"""Different masks, so that the same request comes again and again."""
TOO_MANY = 429


@app.default
def measure(*, model: str = "hands-64", clients: int = 16, seconds: float = 60.0) -> int:
    """Let clients work for a while, and print how they fared.

    Args:
        model: A bundled model.
        clients: How many at once.
        seconds: How long.
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
    """What every client does."""

    url: str
    stylemaps: list[str]
    size: int
    """Of the model's image, in pixels."""
    end: float
    """When to stop, by `time.monotonic`."""


@dataclass
class Tally:
    """What happened; threads share it."""

    statuses: Counter[int] = field(default_factory=Counter)
    delays: list[float] = field(default_factory=list)
    first_answers: dict[str, str] = field(default_factory=dict)
    lost: int = 0
    wrong: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, request: str, answer: httpx.Response, delay: float) -> None:
        """Count an answer, and compare it with earlier ones to the same request."""
        with self.lock:
            self.statuses[answer.status_code] += 1
            if not answer.is_success:
                return
            self.delays.append(delay)
            digest = hashlib.sha256(answer.content).hexdigest()
            if self.first_answers.setdefault(request, digest) != digest:
                self.wrong += 1

    @property
    def errors(self) -> int:
        """Answers that were neither a result nor a request to come back."""
        return sum(
            count
            for status, count in self.statuses.items()
            if status != TOO_MANY and not httpx.codes.is_success(status)
        )

    def show(self, seconds: float) -> None:
        """Print everything."""
        print(f"answers: {dict(sorted(self.statuses.items()))}, lost {self.lost}")
        print(f"results that differ from earlier ones: {self.wrong}")
        print(f"{percentiles(self.delays)} results, {len(self.delays) / seconds:.1f} a second")


def _work(job: Job, seed: int, tally: Tally) -> None:
    chance = random.Random(seed)
    with httpx.Client(base_url=job.url, timeout=60) as http:
        while time.monotonic() < job.end:
            path, body = _request(chance, job.stylemaps, job.size)
            try:
                _ask(http, path, body, tally)
            except httpx.HTTPError as error:
                print(f"{path}: {error!r}", file=sys.stderr)
                with tally.lock:
                    tally.lost += 1


def _ask(http: httpx.Client, path: str, body: dict[str, Any], tally: Tally) -> None:
    """Ask until there is an answer other than 429; the delay is that of the last try."""
    while True:
        start = time.perf_counter()
        answer = http.post(path, json=body)
        tally.note(f"{path} {body}", answer, time.perf_counter() - start)
        if answer.status_code != TOO_MANY:
            return
        time.sleep(float(answer.headers["Retry-After"]))


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

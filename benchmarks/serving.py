"""Start a server in a separate process, to measure from outside."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep

import httpx

from stylemapgan import zoo

SECONDS_TO_START = 60


@dataclass(frozen=True)
class Serving:
    """A running server."""

    url: str
    process: subprocess.Popen

    @property
    def memory(self) -> float:
        """Resident memory of the server, in MiB."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        found = re.search(r"VmRSS:\s+(\d+) kB", status)
        return int(found[1]) / 1024 if found else float("nan")

    @property
    def peak_memory(self) -> float:
        """Peak resident memory of the server, in MiB."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        found = re.search(r"VmHWM:\s+(\d+) kB", status)
        return int(found[1]) / 1024 if found else float("nan")

    @property
    def processor_seconds(self) -> float:
        """Seconds that the server's threads have computed so far, however busy the machine is."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return sum(int(ticks) for ticks in fields[11:13]) / os.sysconf("SC_CLK_TCK")


@contextmanager
def serving(model: str, *options: object) -> Iterator[Serving]:
    """Start a server on a free loopback port, and stop it at the end of the block."""
    command = [sys.executable, "-u", "-m", "stylemapgan", "studio", "--no-browser"]
    command += ["--port", "0", "--model", model, *map(str, options)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        found = re.search(r"http://\S+", process.stdout.readline())
        assert found, "the server did not start"
        _wait_until_ready(found[0])
        yield Serving(found[0], process)
    finally:
        process.terminate()
        process.wait()


def sample_stylemaps(http: httpx.Client, model: str, count: int) -> list[str]:
    """Encode sample pictures of hands, for any model."""
    ids = []
    for path in zoo.sample_pictures("hands-64")[:count]:
        photo = http.post(
            "/api/v1/photos", content=path.read_bytes(), headers={"Content-Type": "image/png"}
        ).json()["id"]
        encoded = http.post("/api/v1/stylemaps", json={"model": model, "photo": photo})
        ids.append(encoded.json()["id"])
    return ids


def percentiles(seconds: Sequence[float]) -> str:
    """Format the median and the 95th percentile."""
    ordered = sorted(seconds)
    middle, high = (ordered[int(share * (len(ordered) - 1))] for share in (0.5, 0.95))
    return f"p50 {1000 * middle:.0f} ms, p95 {1000 * high:.0f} ms of {len(ordered):,}"


def _wait_until_ready(url: str) -> None:
    end = monotonic() + SECONDS_TO_START
    while httpx.get(f"{url}readyz", timeout=60).status_code != httpx.codes.OK:
        assert monotonic() < end, "the server did not become ready"
        sleep(0.05)

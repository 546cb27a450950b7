"""A real server with a bundled model, and Chromium looking at it."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright

CHROMIUM = os.environ.get("STYLEMAPGAN_CHROMIUM") or shutil.which("chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
]
REFUSED = "Failed to load resource: the server responded with a status of 4"
"""What Chromium itself says of every refused upload; the page shows why."""
DESKTOP = {"width": 1280, "height": 800}
PHONE = {"width": 400, "height": 800}
expect.set_options(timeout=300_000)  # milliseconds; a busy machine takes its time


@pytest.fixture(scope="session")
def address() -> Iterator[str]:
    """Where the Studio answers, with the default model."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "stylemapgan", "studio", "--no-browser", "--port", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait_for(f"http://127.0.0.1:{port}/readyz", process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("there is no Chromium here; install it, or set STYLEMAPGAN_CHROMIUM to it")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def open_page(browser: Browser, address: str) -> Iterator[Callable[..., Page]]:
    """Open the Studio in a window of its own; a line in its console as an error fails the test."""
    complaints: list[str] = []
    contexts = []

    def note(message: ConsoleMessage) -> None:
        if message.type == "error" and not message.text.startswith(REFUSED):
            complaints.append(message.text)

    def open_it(
        size: dict[str, int] = DESKTOP, *, url: str = address, script: str = "", **options
    ) -> Page:
        context = browser.new_context(viewport=size, accept_downloads=True, **options)  # pyright: ignore[reportArgumentType]
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(0)  # whatever hangs ends with the test's own limit
        page.on("console", note)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.add_init_script(script)
        page.goto(url)
        return page

    yield open_it
    for context in contexts:
        context.close()
    assert not complaints


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """A sample hand on a larger plain canvas, as a camera would write it: a JPEG with EXIF."""
    from PIL import Image

    from stylemapgan import zoo

    hand = Image.open(zoo.sample_pictures("hands-128")[0]).convert("RGB")
    scene = Image.new("RGB", (1200, 900), hand.getpixel((2, 2)))  # pyright: ignore[reportArgumentType]
    scene.paste(hand.resize((700, 700), Image.Resampling.BICUBIC), (300, 100))
    path = tmp_path / "my hand.jpg"
    exif = Image.Exif()
    exif[0x010F] = "A camera"
    scene.save(path, quality=92, exif=exif)
    return path


def _wait_for(address: str, process: subprocess.Popen) -> None:
    while process.poll() is None:
        try:
            urlopen(address).close()
        except (URLError, ConnectionError):
            time.sleep(0.1)
        else:
            return
    raise AssertionError(f"the server at {address} ended by itself")

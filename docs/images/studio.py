"""Take the pictures of the Studio that the documentation shows; needs Chromium.

    python docs/images/studio.py

Writes studio-WIDTH-THEME.png and studio.webp, about ten seconds of painting, beside this file.
"""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

HERE = Path(__file__).parent
CHROMIUM = os.environ.get("STYLEMAPGAN_CHROMIUM") or shutil.which("chromium")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
MODEL = "hands-128"
MILLISECONDS = 110
"""How long each frame of the animation shows."""
WIDTH = 960
"""Of the animation, in pixels."""
VIEWPORT = """async () => {
  const { viewport } = await import("/static/stage/view.js");
  const { modelSize } = await import("/static/core/state.js");
  return [viewport.x, viewport.y, viewport.scale * modelSize()];
}"""
THUMB = [(0.68, 0.46), (0.95, 0.46), (0.95, 0.57), (0.7, 0.57), (0.7, 0.68), (0.94, 0.68)]
"""Back and forth over the reference's thumb, as shares of the picture's side."""

Point = tuple[float, float]


def main() -> None:
    """Take all pictures."""
    with _studio() as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        for width, theme in ((1280, "light"), (1280, "dark"), (400, "light"), (400, "dark")):
            _still(browser, address, width, theme)
        _animation(browser, address)
        browser.close()


def _still(browser: Browser, address: str, width: int, theme: str) -> None:
    scale = 2 if width < 500 else 1
    page = browser.new_page(
        viewport={"width": width, "height": 800},
        color_scheme="dark" if theme == "dark" else "light",
        device_scale_factor=scale,
    )
    _open(page, address)
    for _ in _stroke(page, THUMB):
        pass
    page.wait_for_timeout(800)
    page.screenshot(path=HERE / f"studio-{width}-{theme}.png")
    page.close()


def _animation(browser: Browser, address: str) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    _open(page, address)
    frames = _pause(page, 6)
    frames += [_frame(page) for _ in _stroke(page, THUMB, steps=5)]
    frames += _pause(page, 8)
    page.locator("#choose-source").click()
    page.locator(".tile[data-origin=sample]").last.click()  # the thumb goes on another hand
    page.wait_for_timeout(1000)
    page.keyboard.press("v")
    frames += _pause(page, 6)
    frames += [_frame(page) for _ in _stroke(page, [(0.85, 0.55), (0.85, 0.675)], steps=9)]
    frames += _pause(page, 8)
    slider = page.locator("[data-direction=little-finger] input[type=range]")
    for tenths in [*range(0, -26, -3), *range(-26, 1, 6)]:
        slider.fill(str(tenths / 10))
        page.wait_for_timeout(150)
        frames.append(_frame(page))
    page.keyboard.press("c")
    frames += _pause(page, 12)
    frames[0].save(
        HERE / "studio.webp",
        save_all=True,
        append_images=frames[1:],
        duration=MILLISECONDS,
        loop=0,
        quality=70,
        method=4,
    )
    page.close()


def _open(page: Page, address: str) -> None:
    page.goto(f"{address}/?model={MODEL}")
    while int(page.locator("#canvas").get_attribute("data-frames") or 0) < 1:
        page.wait_for_timeout(100)
    page.wait_for_timeout(600)
    for _ in range(4):
        page.keyboard.press("]")  # a larger brush


def _stroke(page: Page, points: Sequence[Point], steps: int = 3) -> Iterator[None]:
    """Draw with the mouse; stops after every small step."""
    left, top, side = page.evaluate(VIEWPORT)
    box = page.locator("#canvas").bounding_box()
    assert box is not None
    places = [(box["x"] + left + x * side, box["y"] + top + y * side) for x, y in points]
    page.mouse.move(*places[0])
    yield
    page.mouse.down()
    for (x, y), (to_x, to_y) in pairwise(places):
        for step in range(1, steps + 1):
            share = step / steps
            page.mouse.move(x + share * (to_x - x), y + share * (to_y - y))
            page.wait_for_timeout(90)
            yield
    page.mouse.up()


def _pause(page: Page, frames: int) -> list[Image.Image]:
    page.wait_for_timeout(300)
    return [_frame(page)] * frames


def _frame(page: Page) -> Image.Image:
    with Image.open(BytesIO(page.screenshot())) as shot:
        height = round(shot.height * WIDTH / shot.width)
        return shot.convert("RGB").resize((WIDTH, height), Image.Resampling.LANCZOS)


@contextmanager
def _studio() -> Iterator[str]:
    """Run the Studio while the block does."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "stylemapgan", "studio", "--no-browser", "--port", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        for _ in range(300):
            try:
                urlopen(f"http://127.0.0.1:{port}/readyz").close()
                break
            except (URLError, ConnectionError):
                time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


if __name__ == "__main__":
    main()

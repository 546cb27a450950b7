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
MODEL = "faces-128"
MILLISECONDS = 110
"""How long each frame of the animation shows."""
WIDTH = 960
"""Of the animation, in pixels."""
VIEWPORT = """async (canvas) => {
  const { paneOf, viewport } = await import("/static/stage/view.js");
  const { modelSize } = await import("/static/core/state.js");
  const { x, y } = paneOf(canvas);
  return [x + viewport.x, y + viewport.y, viewport.scale * modelSize()];
}"""
MOUTH = [(0.36, 0.7), (0.64, 0.7), (0.64, 0.78), (0.36, 0.78)]
"""Back and forth over the reference's mouth, as shares of the picture's side."""
EYES = [(0.28, 0.36), (0.72, 0.36), (0.72, 0.43), (0.28, 0.43)]

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
    for _ in _stroke(page, MOUTH):
        pass
    page.wait_for_timeout(800)
    page.screenshot(path=HERE / f"studio-{width}-{theme}.png")
    page.close()


def _animation(browser: Browser, address: str) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    _open(page, address)
    frames = _pause(page, 6)
    frames += [_frame(page) for _ in _stroke(page, MOUTH)]
    frames += _pause(page, 8)
    page.locator(".tile[data-origin=sample]").nth(2).click()
    page.wait_for_timeout(4000)
    frames += _pause(page, 5)
    frames += [_frame(page) for _ in _stroke(page, EYES)]
    frames += _pause(page, 8)
    page.keyboard.press("c")
    frames += _pause(page, 4)
    frames += [_frame(page) for _ in _slide(page, [0.5, 0.25, 0.75, 0.5])]
    page.locator("#compare-before").select_option("raw")
    page.wait_for_timeout(1000)
    frames += _pause(page, 4)
    frames += [_frame(page) for _ in _slide(page, [0.5, 0.75, 0.25, 0.5])]
    frames += _pause(page, 8)
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
    page.wait_for_timeout(1500)


def _stroke(page: Page, points: Sequence[Point], steps: int = 4) -> Iterator[None]:
    """Draw on the reference with the mouse; stops after every small step."""
    left, top, side = page.evaluate(VIEWPORT, "reference")
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


def _slide(page: Page, shares: Sequence[float], steps: int = 5) -> Iterator[None]:
    """Drag the line between two pictures; stops after every small step."""
    left, _, side = page.evaluate(VIEWPORT, "source")
    box, handle = page.locator("#canvas").bounding_box(), page.locator("#divider").bounding_box()
    assert box is not None
    assert handle is not None
    y = handle["y"] + handle["height"] / 2
    page.mouse.move(handle["x"] + handle["width"] / 2, y)
    page.mouse.down()
    for start, end in pairwise(shares):
        for step in range(1, steps + 1):
            share = start + (end - start) * step / steps
            page.mouse.move(box["x"] + left + share * side, y)
            page.wait_for_timeout(60)
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

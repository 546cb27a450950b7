"""The Studio as a user's hands see it."""

from base64 import b64decode
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Literal, TypeAlias

import numpy as np
from PIL import Image
from playwright.sync_api import Download, Page, expect

Point = tuple[float, float]
"""Right and down, as shares of the picture's side."""
Canvas: TypeAlias = Literal["source", "reference"]
"""The two pictures on the canvas: the result, and what it borrows from."""
SETTLED = """async () => {
  const { isSettled } = await import(new URL("static/stage/preview.js", document.baseURI));
  const { frame } = await import(new URL("static/core/state.js", document.baseURI));
  const { frames } = document.querySelector("#canvas").dataset;
  return isSettled() && frames === String(frame.value.arrived);
}"""
"""Whether the newest picture shows, and no other is on its way."""
VIEWPORT = """async (canvas) => {
  const { paneOf, viewport } = await import(new URL("static/stage/view.js", document.baseURI));
  const { modelSize } = await import(new URL("static/core/state.js", document.baseURI));
  const { x, y } = paneOf(canvas);
  return [x + viewport.x, y + viewport.y, viewport.scale * modelSize()];
}"""

FRAME = """async () => {
  const { frame } = await import(new URL("static/core/state.js", document.baseURI));
  const { picture } = frame.value;
  const canvas = new OffscreenCanvas(picture.width, picture.height);
  canvas.getContext("2d").drawImage(picture, 0, 0);
  const bytes = new Uint8Array(await (await canvas.convertToBlob()).arrayBuffer());
  return btoa(bytes.reduce((text, byte) => text + String.fromCharCode(byte), ""));
}"""
"""The newest picture of the result as a PNG in base64, without outlines over it."""
SOURCE = """async () => {
  const { work } = await import(new URL("static/core/state.js", document.baseURI));
  return new URL(`api/v1/stylemaps/${work.value.source}/photo?size=512`, document.baseURI).href;
}"""


class StudioPage:
    """Says what a test does in the words of a user."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.canvas = page.locator("#canvas")
        expect(page.locator(".reference[aria-pressed=true]")).to_have_count(1)
        self.wait_for_a_frame(after=0)
        expect(page.locator("#status")).to_have_attribute("data-state", "live")

    @property
    def frames(self) -> int:
        """How many pictures of the result have come."""
        return int(self.canvas.get_attribute("data-frames") or 0)

    def wait_for_a_frame(self, after: int) -> None:
        """Wait until a newer picture than that shows, and no more come."""
        script = "(after) => Number(document.querySelector('#canvas').dataset.frames) > after"
        self.page.wait_for_function(script, arg=after)
        self.wait_until(SETTLED)

    def wait_until(self, script: str) -> None:
        """Wait until an asynchronous function of the page returns true.

        `wait_for_function` does not wait for its promise, and takes that for true.
        """
        while not self.page.evaluate(script):
            self.page.wait_for_timeout(20)

    def other_view(self, before: bytes) -> bytes:
        """Wait until the canvas looks different."""
        while (seen := self.canvas.screenshot()) == before:
            self.page.wait_for_timeout(50)
        return seen

    def drag(self, points: Sequence[Point], canvas: Canvas = "source") -> None:
        """Press at the first point, move through the others, let go at the last."""
        before = self.frames
        places = [self.on_screen(point, canvas) for point in points]
        self.page.mouse.move(*places[0])
        self.page.mouse.down()
        for place in places[1:]:
            self.page.mouse.move(*place, steps=6)
        self.page.mouse.up()
        self.wait_for_a_frame(before)

    def on_screen(self, point: Point, canvas: Canvas = "source") -> Point:
        """Where a point of a picture is, in pixels of the page."""
        left, top, side = self.page.evaluate(VIEWPORT, canvas)
        box = self.canvas.bounding_box()
        assert box is not None
        return box["x"] + left + point[0] * side, box["y"] + top + point[1] * side

    def upload_source(self, photo: Path) -> None:
        """Choose a file as the picture to change."""
        before = self.frames
        self.page.locator("#choose-source").click()
        self.page.locator("#file-input").set_input_files(photo)
        expect(self.page.locator("#slot-source .card-text strong")).to_have_text(photo.name)
        self.wait_for_a_frame(before)

    def frame(self) -> np.ndarray:
        """The newest picture of the result, as bytes (height, width, 3)."""
        return pixels(b64decode(self.page.evaluate(FRAME)))

    def source(self) -> np.ndarray:
        """The square of the source's photo, as bytes (512, 512, 3)."""
        return pixels(self.page.request.get(self.page.evaluate(SOURCE)).body())

    def choose_reference(self, number: int) -> None:
        """Choose one of the samples to borrow from."""
        self.page.locator("#choose-references").click()
        self.page.locator(".tile[data-origin=sample]").nth(number).click()
        expect(self.page.locator(".tile[data-origin=sample]").nth(number)).to_have_attribute(
            "aria-pressed", "true"
        )

    def download(self, button: str = "download-png") -> Download:
        """Save something through the menu."""
        self.page.locator("#download").click()
        with self.page.expect_download() as waiting:
            self.page.locator(f"#{button}").click()
        return waiting.value

    def result(self) -> np.ndarray:
        """The downloaded result, whole photo, as bytes (height, width, 3)."""
        return pixels(Path(self.download().path()).read_bytes())


def pixels(content: bytes) -> np.ndarray:
    """Unpack a picture as it lies in its file."""
    with Image.open(BytesIO(content)) as picture:
        return np.asarray(picture.convert("RGB"))

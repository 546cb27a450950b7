"""The Studio with a model of another method: it offers what that method can do."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import expect
from tests.browser.studio_page import StudioPage
from tests.browser.test_studio import STROKE
from tests.server.running_site import Site, run_site

from stylemapgan import zoo
from stylemapgan.server.server_config import ServerConfig


@pytest.fixture(scope="module")
def both(backbone_model) -> Iterator[Site]:
    """The bundled model of hands, and a backbone's with random weights."""
    config = ServerConfig(port=0, model="hands-64", models=(str(backbone_model),))
    with run_site(config) as site:
        yield site


@pytest.fixture
def other(tmp_path: Path) -> Path:
    path = tmp_path / "other hand.png"
    Image.open(zoo.sample_pictures("hands-128")[2]).convert("RGB").save(path)
    return path


def use_backbone(studio: StudioPage, photo: Path, other: Path) -> None:
    """Choose the model in the list, and two photos."""
    page = studio.page
    page.locator("#model").select_option("backbone")
    expect(page.locator("#slot-source .hint")).to_be_visible()
    studio.upload_source(photo)
    page.locator("#choose-references").click()
    page.locator("#file-input").set_input_files(other)
    expect(page.locator(".reference[aria-pressed=true]")).to_have_count(1)


def test_painting_with_another_method_changes_the_picture(open_page, both, photo, other):
    studio = StudioPage(open_page(url=both.url))
    use_backbone(studio, photo, other)
    before, saved = studio.frame(), studio.result()
    studio.drag(STROKE, canvas="reference")
    assert (studio.frame() != before).any()
    changed = (studio.result() != saved).any(axis=2)
    assert 0 < changed.mean() < 0.5

    frames = studio.frames
    studio.page.locator("#view-raw").click()
    studio.wait_for_a_frame(frames)
    expect(studio.page.locator(".toast")).to_have_count(0)
    studio.page.close()


def test_what_the_method_cannot_do_is_not_offered(open_page, both, photo, other):
    studio = StudioPage(open_page(url=both.url))
    page = studio.page

    def offered() -> list[int]:
        controls = ("#tool-move", "[name=rotation]", "[name=scale]", "[name=space]", "#detail")
        return [page.locator(each).locator("visible=true").count() for each in controls]

    studio.drag(STROKE, canvas="reference")
    assert offered() == [1, 1, 1, 1, 1]
    page.locator("#tool-move").click()

    use_backbone(studio, photo, other)
    expect(page.locator("#tool-brush")).to_have_attribute("aria-checked", "true")
    studio.drag(STROKE, canvas="reference")
    assert offered() == [0, 0, 0, 0, 0]
    page.keyboard.press("v")
    expect(page.locator("#tool-brush")).to_have_attribute("aria-checked", "true")

    page.locator("#model").select_option("hands-64")
    expect(page.locator("#tool-move")).to_be_visible()
    page.close()


def test_parts_that_the_method_found_have_numbers(open_page, both, photo, other):
    studio = StudioPage(open_page(url=both.url))
    page = studio.page
    use_backbone(studio, photo, other)
    page.locator("#tool-parts").click()
    first = page.locator(".chip").first
    expect(first).to_have_text(re.compile(r"Part \d+"))
    before, frames = studio.frame(), studio.frames
    first.click()
    expect(first).to_have_attribute("aria-pressed", "true")
    studio.wait_for_a_frame(frames)
    assert (studio.frame() != before).any()
    page.close()

"""Detail from photos, comparing, and sharp pictures in the Studio."""

import numpy as np
from playwright.sync_api import expect
from tests.browser.studio_page import StudioPage
from tests.browser.test_studio import STROKE

HAS_COME = """async () => {
  const { comparison } = await import(new URL("static/stage/comparison.js", document.baseURI));
  return comparison.value.picture !== null;
}"""
"""Whether the picture left of the line has come."""


def test_the_switch_takes_detail_away_from_the_picture_and_from_downloads(open_page, photo):
    studio = StudioPage(open_page())
    studio.upload_source(photo)
    studio.choose_reference(1)
    studio.drag(STROKE)
    with_detail, saved_with_detail = studio.frame(), studio.result()
    switch = studio.page.get_by_role("switch", name="Detail from photos")
    expect(switch).to_be_checked()

    before = studio.frames
    switch.focus()
    studio.page.keyboard.press("Space")
    studio.wait_for_a_frame(before)

    expect(switch).not_to_be_checked()
    assert (studio.frame() != with_detail).any()
    assert (studio.result() != saved_with_detail).any()

    before = studio.frames
    switch.click()
    studio.wait_for_a_frame(before)
    np.testing.assert_array_equal(studio.frame(), with_detail)


def test_two_of_original_output_and_result_lie_beside_the_line(open_page, photo):
    studio = StudioPage(open_page())
    studio.upload_source(photo)
    studio.choose_reference(1)
    studio.drag(STROKE)
    page = studio.page
    view = studio.canvas.screenshot()
    page.locator("#compare").click()
    views = {view := studio.other_view(view)}
    for look in ("raw", "plain"):
        page.locator("#compare-before").select_option(look)
        studio.wait_until(HAS_COME)
        views.add(view := studio.other_view(view))
    assert len(views) == 3

    before = studio.frames
    page.locator("#compare-after").select_option("raw")
    studio.wait_for_a_frame(before)
    expect(page.locator("#view-raw")).to_have_attribute("aria-pressed", "true")
    before = studio.frames
    page.locator("#compare-after").select_option("plain")
    studio.wait_for_a_frame(before)
    expect(page.locator("#detail")).not_to_be_checked()


def test_zooming_in_brings_a_picture_with_the_pixels_of_the_photo(open_page, photo):
    studio = StudioPage(open_page())
    studio.upload_source(photo)
    assert len(studio.frame()) == 512
    side = studio.page.evaluate(
        """async () => {
          const { stylemapOf } = await import(new URL("static/core/shelf.js", document.baseURI));
          const { work } = await import(new URL("static/core/state.js", document.baseURI));
          return stylemapOf(work.value.source).square.side;
        }"""
    )
    assert 512 < side < 1024

    studio.page.keyboard.press("1")
    for _ in range(4):
        studio.page.locator("#zoom-in").click()

    untouched = wait_for_pixels(studio, round(side))
    studio.drag(STROKE)
    painted = wait_for_pixels(studio, round(side))  # sharp again after the stroke
    assert (painted != untouched).any()


def wait_for_pixels(studio: StudioPage, side: int) -> np.ndarray:
    """Wait for a picture with that many pixels on a side."""
    while len(picture := studio.frame()) != side:
        studio.page.wait_for_timeout(100)
    return picture

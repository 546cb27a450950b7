"""Somebody who has never seen the Studio gets a result at once."""

import numpy as np
import pytest
from playwright.sync_api import expect
from tests.browser.conftest import DESKTOP, PHONE
from tests.browser.studio_page import StudioPage

COUNT_CLICKS = "window.clicks = 0; addEventListener('pointerdown', () => window.clicks++, true);"
MOUTH = [(0.4, 0.72), (0.6, 0.72)]
"""Where a mouth is in a picture; a stroke from left to right."""
VISIBLE = 24
"""Levels of 255 by which a pixel must change for people to notice."""


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_one_stroke_over_the_reference_changes_the_result(open_page, size):
    studio = StudioPage(open_page(size, script=COUNT_CLICKS))
    hint = studio.page.locator("studio-coach")
    expect(hint).to_contain_text("Paint over")
    expect(hint).to_contain_text("of the reference: it appears in the result.")
    assert share_changed(studio) == 0

    studio.drag(MOUTH, "reference")

    assert studio.page.evaluate("clicks") == 1
    assert 0.005 < share_changed(studio) < 0.3
    expect(hint).to_be_hidden()


def test_one_click_takes_a_part_of_the_reference_by_its_name(open_page):
    studio = StudioPage(open_page(script=COUNT_CLICKS))
    before = studio.frames

    studio.page.locator("studio-coach [data-take]").first.click()
    studio.wait_for_a_frame(before)

    assert studio.page.evaluate("clicks") == 1
    assert share_changed(studio) > 0.005
    expect(studio.page.locator("#tool-parts")).to_have_attribute("aria-checked", "true")


def test_the_pictures_lie_beside_each_other_and_do_not_overlap(open_page):
    studio = StudioPage(open_page())
    right_end = studio.on_screen((1, 0.5), "reference")[0]
    assert right_end < studio.on_screen((0, 0.5), "source")[0]
    width = studio.on_screen((1, 0), "source")[0] - studio.on_screen((0, 0), "source")[0]

    studio.page.locator("#canvas-source").click()

    def wide() -> float:
        return studio.on_screen((1, 0), "source")[0] - studio.on_screen((0, 0), "source")[0]

    while wide() <= 1.3 * width:
        studio.page.wait_for_timeout(50)


def test_who_took_the_sample_portraits_is_written_below_them(open_page):
    studio = StudioPage(open_page())
    line = studio.page.locator("studio-pictures .credit")
    expect(line).to_contain_text("Face Research Lab London Set, L. DeBruine and B. Jones, 2017")
    links = line.locator("a").evaluate_all("(links) => links.map((one) => one.href)")
    assert links == [
        "https://doi.org/10.6084/m9.figshare.5047666.v5",
        "https://creativecommons.org/licenses/by/4.0/",
    ]


def test_a_part_has_no_stray_areas_but_both_of_its_halves(open_page):
    mask = np.zeros((16, 16), np.uint8)
    mask[2:6, 2:6] = mask[2:6, 9:12] = 255  # two eyes
    expected = mask.copy()
    mask[14, 14] = 255  # a stray pixel
    mask[12, 3] = 20  # fainter than anybody sees

    kept = open_page().evaluate(
        """async (levels) => {
          const address = new URL("static/masks/islands.js", document.baseURI);
          const { withoutIslands } = await import(address);
          return [...withoutIslands(new Uint8Array(levels))];
        }""",
        mask.flatten().tolist(),
    )

    np.testing.assert_array_equal(np.reshape(kept, (16, 16)), expected)


def share_changed(studio: StudioPage) -> float:
    """Measure how much of the result differs visibly from the source's photo."""
    difference = np.abs(studio.frame().astype(int) - studio.source())
    return float((difference > VISIBLE).any(axis=2).mean())

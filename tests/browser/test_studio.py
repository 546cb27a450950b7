"""What a user does in the Studio, with the real server, the real model and a real browser."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from playwright.sync_api import expect
from tests.browser.conftest import PHONE
from tests.browser.studio_page import StudioPage, pixels

from stylemapgan.editing.applying import read_edit
from stylemapgan.editing.edit import Edit

STROKE = [(0.45, 0.4), (0.55, 0.5)]
"""Over the middle of the picture."""


def test_painting_changes_the_photo_under_the_brush_and_nowhere_else(open_page, photo):
    studio = StudioPage(open_page())
    studio.upload_source(photo)
    studio.choose_reference(3)
    studio.drag(STROKE)

    before, after = pixels(photo.read_bytes()), studio.result()

    assert after.shape == before.shape == (900, 1200, 3)
    changed = (before != after).any(axis=2)
    assert 0.005 < changed.mean() < 0.35  # the brush and its feather
    rows, columns = np.nonzero(changed)
    square = min(before.shape[:2])  # the square found is no larger
    assert np.ptp(rows) < 0.6 * square
    assert np.ptp(columns) < 0.6 * square
    assert np.abs(before.astype(int) - after).max() > 20


def test_undo_takes_a_stroke_back_and_redo_returns_it(open_page, photo):
    studio = StudioPage(open_page())
    studio.upload_source(photo)
    studio.choose_reference(3)
    studio.drag(STROKE)
    painted = studio.result()

    before = studio.frames
    studio.page.keyboard.press("Control+z")
    studio.wait_for_a_frame(before)
    np.testing.assert_array_equal(studio.result(), pixels(photo.read_bytes()))

    before = studio.frames
    studio.page.keyboard.press("Control+Shift+z")
    studio.wait_for_a_frame(before)
    np.testing.assert_array_equal(studio.result(), painted)


def test_a_download_says_how_it_was_made(open_page):
    studio = StudioPage(open_page())
    studio.drag(STROKE)
    content = Path(studio.download().path()).read_bytes()
    assert b"compositeWithTrainedAlgorithmicMedia" in content

    studio.page.locator("#download").click()
    expect(studio.page.locator("#menu-help")).to_be_hidden()  # phones alone have it there
    studio.page.locator("#tag").uncheck()
    studio.page.keyboard.press("Escape")
    content = Path(studio.download().path()).read_bytes()
    assert b"rainedAlgorithmicMedia" not in content


def test_a_piece_can_be_dragged_elsewhere(open_page, photo):
    studio = StudioPage(open_page())
    studio.upload_source(photo)
    studio.choose_reference(3)
    studio.drag(STROKE)
    in_place = studio.result()

    studio.page.keyboard.press("v")
    studio.drag([(0.5, 0.45), (0.25, 0.7)])
    moved = studio.result()

    changed = (pixels(photo.read_bytes()) != moved).any(axis=2)
    was_changed = (pixels(photo.read_bytes()) != in_place).any(axis=2)
    rows, columns = (axis.mean() for axis in np.nonzero(changed))
    old_rows, old_columns = (axis.mean() for axis in np.nonzero(was_changed))
    assert rows > old_rows + 50  # further down
    assert columns < old_columns - 50  # further left


def test_a_piece_moves_by_keyboard_too(open_page):
    studio = StudioPage(open_page())
    studio.drag(STROKE)
    in_place = studio.result()
    studio.page.keyboard.press("v")
    studio.canvas.focus()
    before = studio.frames
    for _ in range(8):
        studio.page.keyboard.press("ArrowRight")
    studio.wait_for_a_frame(before)
    assert (studio.result() != in_place).any()


def test_a_lasso_takes_what_it_surrounds(open_page):
    studio = StudioPage(open_page())
    untouched = studio.result()
    studio.page.keyboard.press("l")
    studio.drag([(0.3, 0.3), (0.7, 0.3), (0.7, 0.7), (0.3, 0.7), (0.3, 0.3)])
    changed = (studio.result() != untouched).any(axis=2)
    size = len(changed)
    assert changed[size // 2, size // 2]
    assert not changed[: size // 8, : size // 8].any()


def test_a_part_is_one_click(open_page):
    studio = StudioPage(open_page())
    untouched = studio.result()
    studio.page.keyboard.press("p")
    chip = studio.page.locator(".chip[data-part]").nth(1)
    expect(chip).to_be_visible()
    before = studio.frames
    chip.click()
    studio.wait_for_a_frame(before)
    expect(chip).to_have_attribute("aria-pressed", "true")
    assert (studio.result() != untouched).any()


def test_a_direction_slider_changes_the_picture(open_page):
    studio = StudioPage(open_page())
    untouched = studio.result()
    slider = studio.page.locator("studio-directions input[type=range]").first
    before = studio.frames
    slider.fill("2")
    studio.wait_for_a_frame(before)
    assert (studio.result() != untouched).any()


def test_keys_work_while_a_slider_has_the_focus(open_page):
    studio = StudioPage(open_page())
    slider = studio.page.locator("studio-directions input[type=range]").first
    slider.focus()
    before = studio.frames
    studio.page.keyboard.press("ArrowRight")
    studio.wait_for_a_frame(before)
    moved = slider.input_value()
    assert float(moved) != 0
    studio.page.keyboard.press("Control+z")
    expect(slider).not_to_have_value(moved)
    studio.page.keyboard.press("e")
    expect(studio.page.locator("#tool-eraser")).to_have_attribute("aria-checked", "true")


def test_dice_bring_a_reference_nobody_photographed(open_page):
    studio = StudioPage(open_page())
    studio.page.locator("#dice").click()
    expect(studio.page.locator(".tile[data-origin=random]")).to_have_count(1)


def test_a_project_opens_again_as_it_was(open_page, photo, tmp_path):
    studio = StudioPage(open_page())
    studio.upload_source(photo)
    studio.choose_reference(3)
    studio.drag(STROKE)
    result = studio.result()
    project = tmp_path / "project.json"
    studio.download("save-project").save_as(project)
    saved = json.loads(project.read_text("utf-8"))
    edit = Edit.from_json(saved["edit"])  # the same JSON as in requests, and in Python
    assert [part.reference for part in edit.parts] == saved["references"][-1:]
    assert read_edit(project).edit == edit
    old = tmp_path / "version-1.json"
    old.write_text(json.dumps(as_version_1(saved)))

    for file in (project, old):
        again = StudioPage(open_page())
        before = again.frames
        again.page.locator("#project-input").set_input_files(file)
        expect(again.page.locator("#slot-source .card-text strong")).to_have_text(photo.name)
        again.wait_for_a_frame(before)
        np.testing.assert_array_equal(again.result(), result)


def as_version_1(project: dict[str, Any]) -> dict[str, Any]:
    """Write a project as the first Studio did."""
    edit, hidden = project.pop("edit"), project.pop("hidden")

    def with_plain_mask(layer: dict[str, Any]) -> dict[str, Any]:
        return {**layer, "mask": layer["mask"] and layer["mask"]["png"]}

    work = {
        **{name: project.pop(name) for name in ("source", "references", "morph")},
        "pieces": [
            {**with_plain_mask(part), "isHidden": part["key"] in hidden} for part in edit["parts"]
        ],
        "pushes": [with_plain_mask(push) for push in edit["pushes"]],
    }
    return {**project, "version": 1, "work": work}


def test_a_file_that_is_no_picture_says_so_where_it_lies(open_page, tmp_path):
    text = tmp_path / "notes.png"
    text.write_text("This is no picture.")
    page = open_page()
    studio = StudioPage(page)
    studio.page.locator("#file-input").set_input_files(text)
    problem = page.locator(".tile-box.is-failed [role=alert]")
    expect(problem).to_contain_text("picture")


def test_a_photo_the_model_does_not_know_is_marked(open_page, tmp_path):
    noise = np.random.default_rng(0).integers(0, 256, (300, 300, 3), dtype=np.uint8)
    Image.fromarray(noise).save(tmp_path / "noise.png")
    studio = StudioPage(open_page())
    studio.upload_source(tmp_path / "noise.png")
    expect(studio.page.locator("#slot-source .fit.is-poor")).to_be_visible()


def test_before_and_after_can_be_compared(open_page):
    studio = StudioPage(open_page())
    studio.drag(STROKE)
    shown = studio.canvas.screenshot()
    studio.page.locator("#compare").click()
    studio.other_view(shown)
    expect(studio.page.locator("#compare")).to_have_attribute("aria-pressed", "true")


def test_on_a_phone_everything_fits_and_a_finger_paints(open_page):
    page = open_page(PHONE, has_touch=True)
    studio = StudioPage(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    studio.drag(STROKE)
    page.locator("#download").click()
    expect(page.locator("#menu-help")).to_be_visible()
    page.keyboard.press("Escape")
    for tab in ("pictures", "pieces", "directions"):
        page.locator(f"#tab-{tab}").click()
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    small = page.evaluate(
        """() => [...document.querySelectorAll("button, select, input:not([type=checkbox])")]
          .filter((one) => one.checkVisibility())
          .map((one) => [one.id || one.className, one.getBoundingClientRect()])
          .filter(([, box]) => box.width && box.right <= innerWidth && box.height < 24)
          .map(([name]) => name)"""
    )
    assert not small


def test_every_control_has_a_name_for_screen_readers(open_page):
    page = open_page()
    StudioPage(page)
    nameless = page.evaluate(
        """() => [...document.querySelectorAll("button, select, input")]
          .filter((one) => one.checkVisibility())
          .filter((one) => !(one.ariaLabel || one.textContent.trim() || one.title
            || one.labels?.length || one.getAttribute("aria-labelledby")))
          .map((one) => one.outerHTML.slice(0, 120))"""
    )
    assert not nameless


def test_no_address_beyond_the_own_server_is_asked(open_page, address):
    page = open_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.reload()
    StudioPage(page)
    own = (address, address.replace("http", "ws"), "blob:", "data:")
    assert asked
    assert not [url for url in asked if not url.startswith(own)]

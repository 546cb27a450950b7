"""What the Studio owes its server and its browser: any address, lost photos, no leaks."""

import shutil

import pytest
from playwright.sync_api import expect
from tests.browser.studio_page import StudioPage
from tests.browser.test_studio import STROKE
from tests.server.reverse_proxy import PATH, reverse_proxy
from tests.server.running_site import run_site

from stylemapgan.server.server_config import ServerConfig

COUNT_ADDRESSES = """
  window.addresses = new Set();
  const { createObjectURL, revokeObjectURL } = URL;
  URL.createObjectURL = (blob) => {
    const address = createObjectURL.call(URL, blob);
    addresses.add(address);
    return address;
  };
  URL.revokeObjectURL = (address) => {
    addresses.delete(address);
    revokeObjectURL.call(URL, address);
  };
"""
"""Makes a page keep `addresses`, those that were made and not revoked."""
REFRAME = """async (turn) => {
  const { reframe } = await import(new URL("static/core/actions.js", document.baseURI));
  const { entryOf, stylemapOf } = await import(new URL("static/core/shelf.js", document.baseURI));
  const { work } = await import(new URL("static/core/state.js", document.baseURI));
  const { source } = work.value;
  const square = { ...stylemapOf(source).square, rotation: 5 + 10 * turn };
  await reframe(entryOf(source).key, { square });
}"""
"""Gives the source another square, as the crop dialog does."""


@pytest.mark.parametrize("strips", [True, False], ids=["stripped", "passed-on"])
def test_below_a_path_of_a_reverse_proxy_everything_works(open_page, strips):
    config = ServerConfig(port=0, root_path=PATH, models=())
    with run_site(config) as site, reverse_proxy(site.url, strips=strips) as url:
        studio = StudioPage(open_page(url=url))
        before = studio.result()
        studio.drag(STROKE)
        assert (studio.result() != before).any()
        styled = studio.page.locator("select").first.evaluate(
            "(one) => getComputedStyle(one).backgroundImage"
        )
        assert f"{PATH}/static/chevron.svg" in styled
        studio.page.close()


def test_a_photo_that_the_server_lost_is_sent_again(open_page, photo):
    with run_site(ServerConfig(port=0, models=())) as site:
        studio = StudioPage(open_page(url=site.url))
        studio.upload_source(photo)
        (folder,) = site.workspace.upload_folder.folders()
        shutil.rmtree(folder)
        decoded = site.workspace.service.photos.decoded
        for name in list(decoded._entries):
            decoded.forget(name)
        before = studio.frames
        studio.page.evaluate(REFRAME, 1)
        studio.wait_for_a_frame(before)
        expect(studio.page.locator(".tile.is-failed")).to_have_count(0)
        assert studio.result().shape == (900, 1200, 3)
        studio.page.close()


def test_addresses_of_pictures_that_nothing_shows_are_revoked(open_page, photo, tmp_path):
    page = open_page(script=COUNT_ADDRESSES)
    studio = StudioPage(page)
    studio.upload_source(photo)
    most = None
    for turn in range(4):
        before = studio.frames
        page.evaluate(REFRAME, turn)
        studio.wait_for_a_frame(before)
        page.wait_for_function("(most) => most === null || addresses.size <= most", arg=most)
        most = most or page.evaluate("addresses.size")
    text = tmp_path / "notes.png"
    text.write_text("This is no picture.")
    page.locator("#file-input").set_input_files(text)
    page.locator(".tile-box.is-failed .corner").click()
    page.wait_for_function("(most) => addresses.size <= most", arg=most)

    page.keyboard.press("Control+z")  # a square whose address was revoked
    page.wait_for_function(
        "() => document.querySelector('#slot-source img')?.naturalWidth > 0", arg=None
    )

"""The Studio suggests photos of the server's library for a painted piece."""

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect
from tests.browser.studio_page import StudioPage
from tests.browser.test_studio import STROKE
from tests.server.running_site import Site, run_site

from stylemapgan import zoo
from stylemapgan.config.engine import EngineConfig
from stylemapgan.editing.chosen_model import ChosenModel
from stylemapgan.editing.encoding import EncodeConfig, encode_photos
from stylemapgan.server.server_config import ServerConfig

pytest.importorskip("pyarrow")
MODEL = "hands-64"


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Iterator[Site]:
    """A server with a library of hands that are no samples of its model."""
    folder = tmp_path_factory.mktemp("library")
    photos, encoded = folder / "photos", folder / "encoded"
    photos.mkdir()
    for path in zoo.sample_pictures("hands-128"):
        shutil.copy(path, photos)
    model = ChosenModel(name=MODEL, engine_config=EngineConfig())
    encode_photos(photos, encoded, model, EncodeConfig(find="middle"))
    config = ServerConfig(
        port=0,
        model=MODEL,
        models=("avatars-64",),
        library=str(encoded),
        library_photos=str(photos),
    )
    with run_site(config) as running:
        yield running


def test_a_suggested_photo_takes_the_place_of_the_reference(open_page, site):
    studio = StudioPage(open_page(url=site.url))
    page = studio.page
    suggest = page.locator("#suggest")
    expect(suggest).to_be_disabled()
    studio.drag(STROKE)
    painted = studio.frame()

    suggest.click()
    tiles = page.locator("studio-suggestions .reference")
    expect(tiles).not_to_have_count(0)
    expect(tiles.locator("img")).to_have_count(tiles.count())
    assert page.locator("studio-suggestions [aria-pressed=true]").count() == 0

    frames = studio.frames
    tiles.first.click()
    expect(tiles.first).to_have_attribute("aria-pressed", "true")
    studio.wait_for_a_frame(frames)
    assert (studio.frame() != painted).any()
    expect(page.locator(".toast")).to_have_count(0)

    frames = studio.frames
    page.keyboard.press("Control+z")
    studio.wait_for_a_frame(frames)
    assert (studio.frame() == painted).all()
    expect(tiles.first).to_have_attribute("aria-pressed", "false")
    page.close()


def test_models_without_a_library_offer_no_suggestions(open_page, site):
    studio = StudioPage(open_page(url=site.url))
    expect(studio.page.locator("#suggest")).to_be_visible()
    studio.page.locator("#model").select_option("avatars-64")
    expect(studio.page.locator("#suggest")).to_be_hidden()
    studio.page.close()

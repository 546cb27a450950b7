"""A project that the Studio saved does to other photos what it does in the Studio."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tests.browser.studio_page import StudioPage, pixels

from stylemapgan import zoo

STROKE = [(0.4, 0.7), (0.6, 0.7)]
"""Over the mouth."""


@pytest.fixture
def portrait(tmp_path) -> Path:
    """A sample portrait on a larger plain canvas."""
    face = Image.open(zoo.sample_pictures("faces-128")[0]).convert("RGB").resize((600, 600))
    scene = Image.new("RGB", (1000, 800), face.getpixel((2, 2)))  # pyright: ignore[reportArgumentType]
    scene.paste(face, (200, 150))
    path = tmp_path / "portrait.png"
    scene.save(path)
    return path


def test_a_project_applied_to_its_own_photo_gives_what_the_studio_shows(
    open_page, portrait, tmp_path
):
    studio = StudioPage(open_page())
    studio.upload_source(portrait)
    studio.choose_reference(3)
    studio.drag(STROKE)
    result = studio.result()
    project, photos, out = tmp_path / "project.json", tmp_path / "photos", tmp_path / "out"
    studio.download("save-project").save_as(project)
    photos.mkdir()
    (photos / portrait.name).write_bytes(portrait.read_bytes())
    command = [sys.executable, "-m", "stylemapgan", "apply", project, photos, out]
    subprocess.run([*command, "--workers", "1"], check=True, capture_output=True)
    applied = pixels((out / portrait.name).read_bytes())
    assert applied.shape == result.shape
    before = pixels(portrait.read_bytes())
    assert np.abs(result.astype(int) - before).max() > 20  # the edit shows
    np.testing.assert_allclose(applied.astype(int), result.astype(int), atol=3)

"""`suggest` ranks an encoded collection, and shows what its references would make."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from stylemapgan import images

pytest.importorskip("pyarrow")


@pytest.fixture
def library(run, photos, model, tmp_path) -> Path:
    """Six pictures, encoded; the first is one of the photos."""
    folder = tmp_path / "collection"
    folder.mkdir()
    random = np.random.default_rng(0)
    (folder / "own.png").write_bytes(Path(photos[0]).read_bytes())
    for number in range(5):
        pixels = random.integers(0, 256, (4, 4, 3), np.uint8)
        Image.fromarray(pixels).resize((32, 32)).save(folder / f"{number}.png")
    encoded = run(
        *("encode", folder, tmp_path / "encoded", "--model", model),
        *("--find", "middle", "--workers", 1),
    )
    assert (encoded.code, encoded.err) == (0, "")
    return tmp_path / "encoded"


@pytest.fixture
def suggest(run, photos, model, library):
    def suggest_for(*arguments: object):
        return run("suggest", photos[0], "--index", library, "--model", model, *arguments)

    return suggest_for


def test_references_are_listed_best_first_without_the_photo_itself(suggest, library, tmp_path):
    outcome = suggest("--box", "8,8,16,16", "--json", "found.json", "--top", 3)
    assert (outcome.code, outcome.err) == (0, "")
    lines = [line.split() for line in outcome.out.splitlines() if line[:4].strip().isdigit()]
    found = json.loads(Path("found.json").read_text())
    assert [line[-1] for line in lines] == [each["photo"] for each in found]
    assert len(found) == 3
    assert "own.png" not in [each["photo"] for each in found]
    scores = [each["score"] for each in found]
    assert scores == sorted(scores, reverse=True)
    for each in found:
        assert each["score"] == pytest.approx(0.1 * each["change"] - each["seam"])
    width = images.read("suggest.png").shape[-1]
    assert width > 4 * 192  # the source and three references


def test_the_sheet_shows_the_photos_if_it_is_told_where_they_are(suggest, tmp_path):
    box = ("--box", "8,8,16,16")
    assert suggest(*box, "-o", "decoded.png").code == 0
    shown = suggest(*box, "-o", "photos.png", "--photos", tmp_path / "collection")
    assert (shown.code, shown.err) == (0, "")
    assert Path("decoded.png").read_bytes() != Path("photos.png").read_bytes()
    elsewhere = suggest(*box, "--photos", tmp_path / "encoded")
    assert elsewhere.code == 2


def test_a_library_of_another_model_is_refused(run, photos, library):
    outcome = run(
        *("suggest", photos[0], "--index", library, "--box", "8,8,16,16"), "--model", "hands-64"
    )
    assert outcome.code == 2
    assert "encode the photos again" in outcome.err


def test_exactly_one_region_is_needed_and_parts_only_where_the_model_has_some(suggest):
    for arguments in ([], ["--box", "8,8,16,16", "--part", "nose"]):
        outcome = suggest(*arguments)
        assert outcome.code == 2
        assert "Give one region to replace" in outcome.err
    assert "has no parts" in suggest("--part", "nose").err
    assert "has no directions" in suggest("--box", "8,8,16,16", "--toward", "smile").err

"""The server suggests references out of a library, ready for edits."""

from pathlib import Path

import numpy as np
import pytest
from running_site import png

from stylemapgan.cli.main import main
from stylemapgan.config.engine import EngineConfig
from stylemapgan.editing.chosen_model import ChosenModel
from stylemapgan.editing.encoding import EncodeConfig, encode_photos
from stylemapgan.editing.photo import FullPhoto, Square
from stylemapgan.editing.suggesting import Query, SuggestConfig, open_library, suggest
from stylemapgan.errors import ConfigError
from stylemapgan.images import box_mask
from stylemapgan.server.server_config import ServerConfig

pytest.importorskip("pyarrow")

BOX = {"box": [8, 8, 16, 16]}


@pytest.fixture(scope="module")
def library(tmp_path_factory, tiny_model) -> Path:
    """A folder with `photos`, and with `encoded`, what `encode` made of them."""
    folder = tmp_path_factory.mktemp("library")
    (folder / "photos").mkdir()
    for seed in range(6):
        (folder / "photos" / f"{seed}.png").write_bytes(png(40, 36, seed=seed))
    model = ChosenModel(name=str(tiny_model), engine_config=EngineConfig())
    config = EncodeConfig(find="middle")
    encode_photos(folder / "photos", folder / "encoded", model, config)
    return folder


@pytest.fixture(scope="module")
def site(start, library):
    places = {"library": str(library / "encoded"), "library_photos": str(library / "photos")}
    with start(**places) as running:
        yield running


def ask(site, **body):
    return site.http.post("/api/v1/suggestions", json=body)


def test_suggestions_are_those_of_the_library_and_edits_can_name_them(site, library):
    source = site.encoded(png(40, 36, seed=3), find="middle")
    answer = ask(site, source=source["id"], mask=BOX, top=4)
    assert answer.status_code == 200, answer.text
    found = answer.json()["suggestions"]

    opened = open_library(library / "encoded", site.editor)
    square = Square(**source["square"])
    stylemap = site.editor.encode(FullPhoto.read(png(40, 36, seed=3)).crop(square, 32))
    mask = box_mask((8, 8, 16, 16), 32)
    expected = suggest(opened, Query(stylemap=stylemap, mask=mask), SuggestConfig(top=4))
    assert [each["name"] for each in found] == [each.photo.name for each in expected]
    assert "3.png" not in [each["name"] for each in found]
    np.testing.assert_allclose(
        [each["score"] for each in found], [each.score for each in expected], rtol=1e-3
    )

    first = found[0]["stylemap"]
    assert first["square"] == {"x": 20, "y": 18, "side": 36, "rotation": 0}
    part = {"reference": first["id"], "mask": BOX}
    for view in ("raw", "pasted"):
        body = {"source": source["id"], "parts": [part], "view": view, "size": 32}
        assert site.http.post("/api/v1/edit", json=body).status_code == 200
    picture = site.http.get(f"/api/v1/stylemaps/{first['id']}/photo")
    assert picture.status_code == 200


def test_only_the_model_of_the_library_has_one(start, library, tiny_model):
    with start(library=str(library / "encoded"), models=("hands-64",)) as site:
        models = site.http.get("/api/v1/models").json()["models"]
        assert [model["has_library"] for model in models] == [True, False]
        body = {"model": "hands-64", "seed": 1}
        other = site.http.post("/api/v1/stylemaps/random", json=body).json()["id"]
        refused = ask(site, source=other, mask=BOX)
        assert (refused.status_code, refused.json()["error"]["code"]) == (422, "other_model")
        ours = site.random(1)["id"]
        (first, *_) = ask(site, source=ours, mask=BOX).json()["suggestions"]
        assert first["stylemap"]["photo"] is None  # the server was not told where photos are
        shown = site.http.get(f"/api/v1/stylemaps/{first['stylemap']['id']}/photo")
        assert shown.status_code == 200


def test_what_cannot_be_is_refused_with_a_reason(site):
    source = site.random(2)["id"]
    for body, status, code in (
        ({"source": "0" * 32, "mask": BOX}, 404, "unknown_stylemap"),
        ({"source": source, "mask": {"box": [0, 0, 99, 9]}}, 422, "unfit_picture"),
        ({"source": source, "mask": {"part": "nose"}}, 422, "unknown_part"),
        ({"source": source, "mask": BOX, "toward": "smile"}, 404, "unknown_direction"),
        ({"source": source, "mask": BOX, "top": 33}, 422, "unfit_request"),
    ):
        answer = ask(site, **body)
        assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)


def test_a_server_without_a_library_says_so(start):
    with start() as site:
        answer = ask(site, source=site.random(1)["id"], mask=BOX)
        assert answer.json()["error"]["code"] == "no_library"
        assert "--library" in answer.json()["error"]["message"]


def test_a_library_that_no_model_has_encoded_ends_the_start_with_one_line(library, capsys):
    place = str(library / "encoded")
    arguments = ("serve", "--port", "0", "--model", "hands-64", "--library", place)
    assert main([*arguments, "--models", "hands-128"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "encode the photos again" in line


def test_photos_without_a_library_are_refused():
    with pytest.raises(ConfigError, match="needs a library"):
        ServerConfig(library_photos="photos")

"""Operators see what happens: ids, lines, numbers, and nothing of anybody's photos."""

import json
import logging

import pytest
from running_site import png
from test_live import wait_until

from stylemapgan.server.observability import JsonLines
from stylemapgan.server.served_model import ServedModel


def test_a_request_id_is_taken_over_or_made_up(site):
    assert (
        site.http.get("/healthz", headers={"X-Request-ID": "a.b-1"}).headers["x-request-id"]
        == "a.b-1"
    )
    made = [site.http.get("/healthz").headers["x-request-id"] for _ in range(2)]
    assert len(set(made)) == 2
    for odd in ("with space", "x" * 100, '"quoted"'):
        assert (
            site.http.get("/nowhere", headers={"X-Request-ID": odd}).headers["x-request-id"] != odd
        )


def test_every_request_is_one_line_of_json(site, caplog):
    formatter = JsonLines()
    with caplog.at_level(logging.INFO, logger="stylemapgan.server"):
        site.http.get("/api/v1/models?secret=1", headers={"X-Request-ID": "mine"})
        wait_until(
            lambda: bool(_lines_about("/api/v1/models", caplog))
        )  # it comes after the response
    (record,) = _lines_about("/api/v1/models", caplog)
    line = formatter.format(record)
    assert "\n" not in line
    fields = json.loads(line)
    assert (fields["method"], fields["path"], fields["status"]) == ("GET", "/api/v1/models", 200)
    assert fields["milliseconds"] > 0
    assert "secret" not in line


def _lines_about(path: str, caplog: pytest.LogCaptureFixture) -> list[logging.LogRecord]:
    return [r for r in caplog.records if getattr(r, "fields", {}).get("path") == path]


def test_numbers_count_by_route_and_not_by_id(site):
    photo = site.upload(png()).json()["id"]
    site.http.get(f"/api/v1/photos/{photo}/image")
    site.http.get("/made-up-path")
    site.http.request("BREW", "/made-up-path")
    lines = site.http.get("/metrics").text
    assert 'route="/api/v1/photos/{photo}/image"' in lines
    assert photo not in lines
    assert "made-up" not in lines
    assert "BREW" not in lines
    assert 'stylemapgan_requests_total{method="POST",route="/api/v1/photos",status="201"}' in lines
    assert "stylemapgan_photos 1.0" in lines


def test_a_mistake_of_ours_is_told_without_what_it_was(site, monkeypatch, caplog):
    def broken(*_: object) -> None:
        raise ZeroDivisionError("a secret")

    monkeypatch.setattr(ServedModel, "sample", broken)
    with caplog.at_level(logging.ERROR):
        answer = site.http.post(
            "/api/v1/stylemaps/random",
            json={"model": site.model},
            headers={"X-Request-ID": "broken-1"},
        )
    assert answer.status_code == 500
    assert answer.json()["error"]["code"] == "internal"
    assert "broken-1" in answer.json()["error"]["message"]
    assert "secret" not in answer.text
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "ZeroDivisionError" in caplog.text


def test_the_server_is_ready_once_its_model_is(site):
    assert site.http.get("/readyz").json() == {"status": "ready"}


def test_the_interface_describes_itself(site):
    document = site.http.get("/api/v1/openapi.json").json()
    paths = document["paths"]
    for path in ("/models", "/photos", "/stylemaps", "/edit", "/blend", "/export", "/interpolate"):
        assert f"/api/v1{path}" in paths
    edit = paths["/api/v1/edit"]["post"]
    assert set(edit["responses"]["200"]["content"]) == {
        *("application/json", "image/png", "image/webp", "image/jpeg")
    }
    assert document["components"]["schemas"]["EditRequest"]["example"]["view"] == "pasted"


@pytest.mark.parametrize("path", ["/docs", "/redoc"])
def test_there_is_no_page_that_loads_scripts_from_elsewhere(site, path):
    assert site.http.get(path).status_code == 404

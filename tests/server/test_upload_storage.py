"""What was uploaded stays, whatever happens at the same time and to the folder it lies in."""

import errno
import os
import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from running_site import Site, png

from stylemapgan.server.expiring_store import ExpiringStore
from stylemapgan.server.server_config import ServerConfig
from stylemapgan.server.upload_folder import UploadFolder
from stylemapgan.server.workspace import Workspace


@pytest.fixture
def workspace(tiny_model):
    here = Workspace(ServerConfig(model=str(tiny_model), models=()))
    yield here
    here.close()


def empty(store: ExpiringStore) -> None:
    for name in list(store._entries):
        store.forget(name)


def folder_of(site: Site) -> Path:
    return next(iter(site.workspace.upload_folder.folders()))


def image_of(site: Site, photo: str) -> httpx.Response:
    return site.http.get(f"/api/v1/photos/{photo}/image")


def test_the_same_bytes_uploaded_twice_at_once_stay(workspace, monkeypatch):
    photos = workspace.service.photos
    both_are_written = threading.Barrier(2)
    put = photos.files.put

    def put_together(*arguments):
        both_are_written.wait()
        return put(*arguments)

    monkeypatch.setattr(photos.files, "put", put_together)
    with ThreadPoolExecutor(2) as threads:
        added = [threads.submit(photos.add, png(), name, "client") for name in ("one", "two")]
        ids = {each.result().id for each in added}

    (photo_id,) = ids
    empty(photos.decoded)
    assert photos.read(photo_id).size == (32, 32)
    (folder,) = workspace.upload_folder.folders()
    assert list(folder.iterdir()) == [photos.get(photo_id).path]


def test_a_photo_uploaded_again_while_it_is_read_is_read(workspace, monkeypatch):
    photos = workspace.service.photos
    photo_id = photos.add(png(), "one", "client").id
    empty(photos.decoded)
    get = photos.files.get

    def get_just_before_another_upload(name):
        kept = get(name)
        monkeypatch.setattr(photos.files, "get", get)
        photos.add(png(), "two", "client")
        empty(photos.decoded)
        return kept

    monkeypatch.setattr(photos.files, "get", get_just_before_another_upload)
    assert photos.read(photo_id).size == (32, 32)


def test_a_deleted_folder_is_made_again(start):
    with start() as site:
        lost = site.encoded(png(seed=1))
        decoded = site.workspace.service.photos.decoded
        shutil.rmtree(folder_of(site))
        empty(decoded)

        for answer in (
            image_of(site, lost["photo"]),
            site.http.get(f"/api/v1/stylemaps/{lost['id']}/photo"),
            site.http.post("/api/v1/export", json={"source": lost["id"]}),
        ):
            assert answer.status_code == 404
            assert answer.json()["error"]["code"] == "unknown_photo"
            assert answer.json()["error"]["message"].endswith("without use; upload again.")
        assert site.http.get("/readyz").json() == {"status": "ready"}
        photo = site.upload(png(seed=1))
        assert photo.status_code == 201
        empty(decoded)
        assert image_of(site, photo.json()["id"]).status_code == 200
        folder = folder_of(site)
        if os.name == "posix":
            assert folder.stat().st_mode & 0o077 == 0
    assert not folder.exists()


def test_a_file_that_cannot_be_read_is_asked_for_again(start):
    with start() as site:
        photo = site.upload(png()).json()["id"]
        empty(site.workspace.service.photos.decoded)
        path = site.workspace.service.photos.get(photo).path
        path.unlink()
        path.mkdir()
        assert image_of(site, photo).status_code == 404
        assert site.upload(png()).json()["id"] == photo
        assert image_of(site, photo).status_code == 200


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EACCES])
def test_a_full_disk_is_one_line_and_the_server_says_that_it_is_not_ready(
    start, monkeypatch, number
):
    def full(*_: object) -> int:
        raise OSError(number, os.strerror(number))

    with start() as site:
        kept = site.upload(png(seed=1)).json()["id"]
        with monkeypatch.context() as broken:
            broken.setattr(Path, "write_bytes", full)
            refused = site.upload(png(seed=2))
            assert refused.status_code == 507
            error = refused.json()["error"]
            assert error["code"] == "not_stored"
            assert os.strerror(number) in error["message"]
            assert "\n" not in error["message"]
            ready = site.http.get("/readyz")
            assert ready.status_code == 503
            assert ready.json()["status"] == "no storage"
            assert os.strerror(number) in ready.json()["reason"]
            assert image_of(site, kept).status_code == 200  # what was there stays
        assert site.http.get("/readyz").status_code == 200
        assert site.upload(png(seed=2)).status_code == 201
        assert len(list(folder_of(site).iterdir())) == 2


def test_what_was_half_written_takes_no_room(monkeypatch):
    write = Path.write_bytes

    def write_half(path: Path, content: bytes) -> int:
        write(path, content[:10])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    uploaded = UploadFolder()
    monkeypatch.setattr(Path, "write_bytes", write_half)
    with pytest.raises(Exception, match="1 MB"):
        uploaded.write("name", bytes(1_000_000))
    (folder,) = uploaded.folders()
    assert not list(folder.iterdir())
    uploaded.close()
    assert not folder.exists()


def test_the_interface_lists_the_answers_of_a_full_disk(site):
    document = site.http.get("/api/v1/openapi.json").json()
    assert "507" in document["paths"]["/api/v1/photos"]["post"]["responses"]
    assert "503" in document["paths"]["/readyz"]["get"]["responses"]

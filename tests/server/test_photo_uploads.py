"""PhotoStore come in, stay a while, and leave no trace; what is no photo stays outside."""

import hashlib
import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from running_site import picture, png

from stylemapgan import zoo

SAMPLES = Path(__file__).parent.parent / "data" / "pictures"
"""HEIC files; see the README beside them."""


def as_array(content: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(content)).convert("RGB"))


def bmp(seed: int) -> bytes:
    file = io.BytesIO()
    picture(64, 64, seed).save(file, "BMP")
    return file.getvalue()


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few hundred bytes that claims to hold millions of pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = zlib.compress(bytes(1000), 9)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")
    )


def test_a_photo_gets_the_hash_of_its_bytes_as_its_id(site):
    content = png(40, 24)
    answer = site.upload(content, name="my hand.png")

    assert answer.status_code == 201
    assert answer.json() == {
        "id": hashlib.sha256(content).hexdigest()[:32],
        "width": 40,
        "height": 24,
        "name": "my hand.png",
    }
    assert site.upload(content).json()["id"] == answer.json()["id"]


def test_a_preview_is_upright_and_small(site):
    exif = Image.Exif()
    exif[0x0112] = 6  # turn by 90 degrees clockwise to see it upright
    file = io.BytesIO()
    picture(60, 30).save(file, "PNG", exif=exif)
    photo = site.upload(file.getvalue()).json()
    assert (photo["width"], photo["height"]) == (30, 60)

    preview = site.http.get(f"/api/v1/photos/{photo['id']}/image", params={"size": 40})

    assert preview.headers["content-type"] == "image/png"
    shown = Image.open(io.BytesIO(preview.content))
    assert shown.size == (20, 40)
    whole = site.http.get(f"/api/v1/photos/{photo['id']}/image", params={"size": 2048})
    np.testing.assert_array_equal(as_array(whole.content), np.rot90(np.asarray(picture(60, 30)), 3))


def test_photos_of_phones_are_taken_as_they_are(site):
    heic = (SAMPLES / "phone.heic").read_bytes()
    avif, deep = io.BytesIO(), io.BytesIO()
    picture(60, 30).save(avif, "AVIF", quality=90)
    ramp = np.linspace(0, 1, 60, dtype=np.float32)[None].repeat(30, axis=0)
    Image.fromarray(ramp).save(deep, "TIFF")
    uploads = (
        (heic, "image/heic", (192, 128)),
        (heic, "application/octet-stream", (192, 128)),  # browsers do not know the kind
        (avif.getvalue(), "image/avif", (60, 30)),
        (deep.getvalue(), "image/tiff", (60, 30)),
    )
    for content, kind, size in uploads:
        photo = site.upload(content, kind, name="IMG_0001").json()
        assert (photo["width"], photo["height"]) == size
        shown = as_array(site.http.get(f"/api/v1/photos/{photo['id']}/image").content)
        assert shown.max() > 220
        answer = site.http.post(
            "/api/v1/stylemaps", json={"photo": photo["id"], "model": site.model}
        )
        assert answer.status_code == 201


def test_a_heic_of_too_many_pixels_is_refused_unread(site):
    heic = (SAMPLES / "phone.heic").read_bytes()
    at = heic.rindex(struct.pack(">II", 128, 192))  # of the whole, as stored: turned
    answer = site.upload(heic[:at] + struct.pack(">II", 9_000, 9_000) + heic[at + 8 :])
    assert answer.status_code == 422
    assert "limit is 50 million" in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    ("content", "kind", "status", "words"),
    [
        (b"", "image/png", 422, "empty"),
        (b"<html><body>hello</body></html>", "image/png", 422, "web page"),
        (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "image/svg+xml", 422, "not supported"),
        (png(300, 300)[:2000], "image/png", 422, "damaged"),
        (bomb(60_000, 60_000), "image/png", 422, "million pixels"),
        (bomb(9_000, 9_000), "image/png", 422, "limit is 50 million"),
        (png(1, 5_000), "image/png", 422, "each side needs at least 16"),
        (b"%PDF-1.7 ...", "application/pdf", 415, "Content-Type"),
        (png(), "application/x-www-form-urlencoded", 415, "Content-Type"),
        (bytes(1000), "image/jpeg", 422, "not supported"),
    ],
    ids=[
        *("empty", "html", "svg", "truncated", "bomb", "large", "narrow"),
        *("pdf", "form", "zeros"),
    ],
)
def test_what_is_no_fit_picture_is_refused_in_one_line(site, content, kind, status, words):
    answer = site.upload(content, kind)
    assert answer.status_code == status
    error = answer.json()["error"]
    assert set(error) == {"code", "message"}
    assert words in error["message"]
    assert "\n" not in error["message"]


@pytest.mark.parametrize(
    "name",
    ["../../../etc/passwd", "..\\..\\boot.ini", "a/b/../c.png", "\x00\n\r", "x" * 200],
    ids=["unix", "windows", "dots", "control", "long"],
)
def test_names_of_files_lose_their_folders_and_tricks(site, name):
    kept = site.upload(png(seed=1), name=name).json()["name"]
    assert 0 < len(kept) <= 80
    assert not set(kept) & set("/\\\x00\r\n")
    assert not kept.startswith(".")


@pytest.mark.parametrize(
    "path",
    [
        "photos/..%2f..%2fsecret/image",
        "photos/%00/image",
        "photos/" + "0" * 31 + "/image",
        "photos/" + "Z" * 32 + "/image",
        "models/..%2f..%2fx/samples/y.png",
        "models/hands-64/samples/..%2fdemo.toml",
        "models/hands-64/samples/demo.toml",
        "stylemaps/../../etc",
        "stylemaps/%2e%2e%2f",
    ],
)
def test_path_tricks_are_refused(site, path):
    answer = site.http.get(f"/api/v1/{path}")
    assert answer.status_code in (404, 422)
    assert answer.json()["error"]["message"]


def test_static_files_stay_inside_their_folder(site):
    for path in ("/static/../app.py", "/static/%2e%2e/app.py", "/static/..%2fapp.py"):
        assert site.http.get(path).status_code == 404


def test_a_photo_goes_when_nobody_uses_it_and_takes_its_file_along(start):
    now = [0.0]
    with start(clock=lambda: now[0], keep_minutes=10.0) as site:
        photo = site.upload(png()).json()["id"]
        path = site.workspace.service.photos.get(photo).path
        assert path.exists()
        now[0] = 9 * 60.0
        assert site.http.get(f"/api/v1/photos/{photo}/image").status_code == 200
        now[0] = 18 * 60.0
        assert site.http.get(f"/api/v1/photos/{photo}/image").status_code == 200
        now[0] = 29 * 60.0
        gone = site.http.get(f"/api/v1/photos/{photo}/image")
        assert gone.status_code == 404
        assert gone.json()["error"]["code"] == "unknown_photo"
        site.workspace.service.forget_expired()
        assert not path.exists()


def test_the_disk_holds_no_more_than_its_limit_and_nothing_in_the_end(start):
    photos = [bmp(seed) for seed in range(6)]  # all equally long
    limit = 2.5 * len(photos[0])
    with start(disk_megabytes=limit / 1e6, client_share=1.0) as site:
        ids = [site.upload(content).json()["id"] for content in photos]
        folder: Path = site.workspace.service.photos.get(ids[-1]).path.parent
        there = list(folder.iterdir())
        assert {path.name.partition("-")[0] for path in there} == set(ids[-2:])
        assert sum(path.stat().st_size for path in there) <= limit
    assert not folder.exists()


def test_a_photo_beyond_a_clients_share_is_refused(start):
    content = png(64, 64)
    with start(disk_megabytes=len(content) / 1e6, client_share=0.5) as site:
        answer = site.upload(content)
        assert answer.status_code == 413
        assert "more than one client may store" in answer.json()["error"]["message"]


def test_a_photo_that_is_unpacked_no_more_is_unpacked_again(start):
    with start(memory_megabytes=0.001) as site:
        content = png(100, 80)
        photo = site.upload(content).json()["id"]
        shown = site.http.get(f"/api/v1/photos/{photo}/image")
        np.testing.assert_array_equal(as_array(shown.content), as_array(content))
        assert len(site.workspace.service.photos.decoded) == 0


def test_samples_can_be_edited_like_photos(start):
    with start(models=("hands-64",)) as site:
        path = "/api/v1/models/hands-64/samples/027_5.png"
        picture = site.http.get(path)
        assert picture.headers["content-type"] == "image/png"
        photo = site.http.post(path)
        assert photo.status_code == 201
        assert photo.json()["name"] == "027_5.png"
        assert photo.json()["id"] == hashlib.sha256(picture.content).hexdigest()[:32]


def test_a_sample_photograph_is_seen_in_its_known_square(start):
    with start(models=("faces-128",)) as site:
        sample = site.http.post("/api/v1/models/faces-128/samples/005_neutral.webp").json()
        body = {"model": "faces-128", "photo": sample["id"]}
        square = site.http.post("/api/v1/stylemaps", json=body).json()["square"]
        whole = site.http.post("/api/v1/stylemaps", json={**body, "find": "middle"}).json()[
            "square"
        ]
    assert square == vars(zoo.square_of(zoo.sample_folder("faces-128") / "005_neutral.webp"))
    assert (whole["x"], whole["side"]) == (675, 1350)


def test_models_name_the_credit_that_their_samples_need(start):
    with start(models=("faces-128", "hands-64")) as site:
        models = site.http.get("/api/v1/models").json()["models"]
    credit = {model["name"]: model["sample_credit"] for model in models}
    assert "Face Research Lab London Set" in credit["faces-128"]
    assert "CC BY 4.0" in credit["faces-128"]
    assert credit["hands-64"] is None

"""A folder full of everything that can go wrong prepares without a crash."""

import csv
import io
import os
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from prepared_pictures import noisy_picture, smooth_noise

from stylemapgan.data.preparing import PrepareConfig, Prepared, prepare
from stylemapgan.data.preparing.forms import safe_names
from stylemapgan.data.sources import open_source
from stylemapgan.images import read_pixels

SIZE = 32
LONG = "very-long-" * 24 + ".png"


def chunk(kind: bytes, content: bytes) -> bytes:
    """Build a part of a PNG file."""
    checksum = struct.pack(">I", zlib.crc32(kind + content))
    return struct.pack(">I", len(content)) + kind + content + checksum


def png_that_claims(width: int, height: int) -> bytes:
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(bytes(1000)))


def cmyk_jpeg() -> bytes:
    buffer = io.BytesIO()
    Image.new("CMYK", (64, 64), (0, 255, 255, 0)).save(buffer, "JPEG", quality=95)  # red
    return buffer.getvalue()


def sixteen_bit_png() -> bytes:
    buffer = io.BytesIO()
    ramp = np.tile(np.linspace(0, 65535, 64).astype(np.uint16), (64, 1))
    Image.fromarray(ramp).save(buffer, "PNG")
    return buffer.getvalue()


def animation() -> bytes:
    buffer = io.BytesIO()
    frames = [Image.new("RGB", (64, 64), colour) for colour in ("blue", "lime", "red")]
    frames[0].save(buffer, "GIF", save_all=True, append_images=frames[1:], duration=50)
    return buffer.getvalue()


def jpeg(seed: int) -> bytes:
    buffer = io.BytesIO()
    smooth_noise(seed, 64, 64).save(buffer, "JPEG")
    return buffer.getvalue()


@pytest.fixture(scope="module")
def hostile(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("hostile")
    deep = folder / "sub"
    deep.mkdir()
    (folder / "a folder.jpg").mkdir()
    contents = {
        "truncated.jpg": jpeg(1)[:700],
        "empty.png": b"",
        "page.jpg": b"<!DOCTYPE html><html><body>404 Not Found</body></html>",
        "bomb.png": png_that_claims(30_000, 30_000),
        "cmyk.jpg": cmyk_jpeg(),
        "sixteen.png": sixteen_bit_png(),
        "animation.gif": animation(),
        "renamed.png": animation(),
        "tiny.png": noisy_picture(2, 2, 2),
        "small.png": noisy_picture(3, 15, 40),
        "写真 ñandú 😀.png": noisy_picture(4, 48, 48),
        LONG: noisy_picture(5, 48, 48),
        "Same.png": noisy_picture(6, 48, 48),
        "same.jpg": jpeg(7),
        "v1.2.png": noisy_picture(8, 48, 48),
        'a:b*"c?.png': noisy_picture(9, 48, 48),
        "a folder.jpg/inside.png": noisy_picture(10, 48, 48),
        "a folder.png": noisy_picture(11, 48, 48),
        "fine.jpg": jpeg(12),
        "phone.heic": b"not read",
        ".hidden.png": noisy_picture(13, 48, 48),
        "notes.txt": b"no picture",
    }
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    (folder / os.fsdecode(b"latin-\xe9.png")).write_bytes(noisy_picture(14, 48, 48))
    (deep / "loop").symlink_to(folder, target_is_directory=True)
    (folder / "itself.png").symlink_to("itself.png")
    (folder / "dangling.png").symlink_to("nowhere.png")
    os.mkfifo(folder / "pipe.png")
    locked = folder / "locked.png"
    locked.write_bytes(noisy_picture(15, 48, 48))
    locked.chmod(0)
    return folder


KEPT = {
    "cmyk.png",
    "sixteen.png",
    "renamed.png",
    "写真 ñandú 😀.png",
    "Same.png",
    "v1_2.png",
    "a_b__c_.png",
    "a folder.jpg/inside.png",
    "a folder.png",
    "fine.png",
    "latin-_.png",
}
"""Besides the one with the long name, and the second of two that differ only in case."""
REASONS = {
    "truncated.jpg": "damaged",
    "empty.png": "empty (0 bytes)",
    "page.jpg": "looks like a web page",
    "bomb.png": "million pixels; make it smaller",
    "tiny.png": "has only 2x2 pixels; each side needs at least 16",
    "small.png": "has only 15x40 pixels",
    "itself.png": "cannot be read: ",
    "dangling.png": "does not exist",
    "pipe.png": "not a regular file",
    "animation.gif": "format not supported in folders (JPEG, PNG",
    "phone.heic": "format not supported (JPEG, PNG, WebP, AVIF, HEIC",
}


@pytest.fixture(scope="module")
def prepared(hostile, tmp_path_factory) -> tuple[Path, Prepared]:
    out = tmp_path_factory.mktemp("out") / "prepared"
    return out, prepare(hostile, out, PrepareConfig(size=SIZE, validation=0.0), workers=1)


def reasons(out: Path) -> dict[str, str]:
    with (out / "skipped.csv").open(encoding="utf-8") as file:
        return {row["file"]: row["reason"] for row in csv.DictReader(file)}


@pytest.mark.parametrize("name", REASONS)
def test_a_skipped_file_is_explained(prepared, name):
    assert REASONS[name] in reasons(prepared[0])[name]


def test_nothing_else_is_skipped(prepared):
    is_locked = os.geteuid() != 0  # root reads everything
    assert reasons(prepared[0]).keys() == REASONS.keys() | ({"locked.png"} if is_locked else set())


def test_a_locked_file_is_explained(prepared):
    if os.geteuid() == 0:
        pytest.skip("root reads everything")
    assert reasons(prepared[0])["locked.png"] == "cannot be read: Permission denied."


def test_all_good_pictures_are_there_once(prepared):
    out, result = prepared
    names = set(open_source(out / "train").names)
    assert names > KEPT
    others = {name.partition("-")[0] for name in names - KEPT - {"locked.png"}}
    assert others == {"very", "same"}
    assert result.parts["train"] == len(names)
    assert all(len(name.encode()) < 255 for name in names)
    assert result.found == len(names) + len(reasons(out))


def test_printing_colours_become_screen_colours(prepared):
    red, green, blue = read_pixels(prepared[0] / "train" / "cmyk.png")[16, 16].tolist()
    assert red > 200
    assert max(green, blue) < 80


def test_sixteen_bits_become_the_eight_highest(prepared):
    row = read_pixels(prepared[0] / "train" / "sixteen.png")[16, :, 0].astype(int)
    np.testing.assert_allclose(row, np.linspace(0, 255, SIZE), atol=4)


def test_of_an_animation_the_first_picture_counts(prepared):
    assert read_pixels(prepared[0] / "train" / "renamed.png")[3, 3].tolist() == [0, 0, 255]


@pytest.mark.parametrize("into", ["zip", "shards"])
def test_archives_take_the_names_too(hostile, prepared, tmp_path, into):
    settings = PrepareConfig(size=SIZE, validation=0.0, into=into)
    prepare(hostile, tmp_path / "out", settings, workers=2)
    place = next(path for path in (tmp_path / "out").iterdir() if path.suffix in (".zip", ".tar"))
    names = {name.removeprefix("train-000000.tar/") for name in open_source(place).names}
    assert names == set(open_source(prepared[0] / "train").names)


def test_the_page_speaks_of_every_reason(prepared):
    pytest.importorskip("jinja2")
    page = (prepared[0] / "report.html").read_text(encoding="utf-8")
    for reason in ("looks like a web page", "million pixels", "not a regular file"):
        assert reason in page
    assert "://" not in page.replace("http://www.w3.org/", "")


def test_names_differ_whatever_they_were():
    names = ["a.png", "A.PNG", "a.jpg", "a", "x/" * 300 + "b.png", "c" * 300, "d/..e.png", "/f.png"]
    safe = safe_names(names, ".png")
    assert safe[0] == "a.png"
    assert len({name.casefold() for name in safe}) == len(names)
    assert all(len(name.encode()) < 512 for name in safe)
    assert not any(part.startswith(".") for name in safe for part in name.split("/"))
    assert safe[-1] == "f.png"


def test_a_file_never_takes_the_name_of_a_folder():
    assert safe_names(["a.png/b.jpg", "a.jpg"], ".png")[0] == "a.png/b.png"
    assert safe_names(["a.png/b.jpg", "a.jpg"], ".png")[1].startswith("a-")

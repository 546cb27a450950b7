"""Whatever a damaged file holds, it is read or refused in one line."""

import struct
import zlib
from collections.abc import Callable
from io import BytesIO

import numpy as np
import pytest
from odd_pictures import CORNERS, SAMPLES, tiff
from PIL import Image

from stylemapgan.editing.photo import FullPhoto
from stylemapgan.errors import ImageError
from stylemapgan.images import read_pixels
from stylemapgan.images.colour import PixelError
from stylemapgan.images.formats import check_boxes

SCENE = Image.fromarray(CORNERS.repeat(24, axis=0).repeat(24, axis=1))
RAMP = np.linspace(0, 1, 64, dtype="<f4")[None].repeat(48, axis=0)
BREAKS = 40
"""Broken copies of each file."""


def saved(format_name: str, picture: Image.Image = SCENE, **settings) -> bytes:
    file = BytesIO()
    picture.save(file, format_name, **settings)
    return file.getvalue()


WHOLE = {
    "phone.heic": (SAMPLES / "phone.heic").read_bytes(),
    "alpha.heic": (SAMPLES / "alpha.heic").read_bytes(),
    "second-is-primary.heic": (SAMPLES / "second-is-primary.heic").read_bytes(),
    "ten-bits-grey.heic": (SAMPLES / "ten-bits-grey.heic").read_bytes(),
    "plain.avif": saved("AVIF", speed=10),
    "alpha.avif": saved("AVIF", SCENE.convert("RGBA"), speed=10),
    "moving.avif": saved("AVIF", save_all=True, append_images=[SCENE.rotate(90)], speed=10),
    "float.tif": tiff(RAMP),
    "sixteen.tif": tiff((RAMP * 65535).astype(">u2")),
    "lzw.tif": saved("TIFF", compression="tiff_lzw"),
    "jpeg.tif": saved("TIFF", compression="jpeg"),
    "plain.jpg": saved("JPEG"),
    "plain.png": saved("PNG"),
    "plain.webp": saved("WEBP"),
}


def broken_copies(content: bytes, seed: int) -> list[bytes]:
    """Cut the file short, or change up to eight of its bytes, mostly near its head."""
    random = np.random.default_rng(seed)
    copies = [content[: int(random.integers(1, len(content)))] for _ in range(BREAKS // 4)]
    while len(copies) < BREAKS:
        changed = bytearray(content)
        reach = len(changed) if random.random() < 0.5 else min(len(changed), 400)
        for place in random.integers(0, reach, int(random.integers(1, 9))):
            changed[place] ^= 1 << int(random.integers(8))
        copies.append(bytes(changed))
    return copies


def complaint(read: Callable[[bytes], object], content: bytes) -> str | None:
    """What an error says; anything but an ImageError comes through."""
    try:
        read(content)
    except ImageError as error:
        return str(error)
    return None


@pytest.mark.parametrize("name", WHOLE)
def test_broken_copies_are_read_or_refused_in_one_line(name):
    assert complaint(read_pixels, WHOLE[name]) is None
    copies = broken_copies(WHOLE[name], seed=len(name))
    said = [complaint(read, copy) for copy in copies for read in (read_pixels, FullPhoto.read)]
    complaints = [each for each in said if each is not None]
    assert complaints
    assert all(each.startswith("The picture") and "\n" not in each for each in complaints)


def test_a_heic_whose_contents_have_no_readable_names_does_not_end_the_process():
    content = WHOLE["phone.heic"]
    at = content.index(b"Exif\0")
    broken = content[:at] + b"Ex\xe9f" + content[at + 4 :]  # one bit of the word Exif
    assert "its list of contents is not text" in str(complaint(read_pixels, broken))
    check_boxes(content)


@pytest.mark.parametrize("length", [0, 1, 5, 1000])
def test_names_are_checked_however_long_a_list_says_it_is(length):
    entry = struct.pack(">I4sIHH4s", 20, b"infe", 2 << 24, 1, 0, b"Ex\xe9f")
    wide = struct.pack(">I4sIIH4s", 22, b"infe", 3 << 24, 1, 0, b"Ex\xe9f")
    for each in (entry, wide):
        with pytest.raises(PixelError, match="not text"):
            check_boxes(struct.pack(">I4sQ", length, b"meta", 16 + len(each)) + each)


def chunk(kind: bytes, content: bytes, is_whole: bool = True) -> bytes:
    """A part of a PNG file, with a wrong checksum if it is to be broken."""
    checksum = zlib.crc32(kind + content) ^ (0 if is_whole else 1)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", checksum)


def png(**broken: bytes) -> bytes:
    """A grey PNG of 8x8 pixels, parts of it replaced."""
    parts = {
        "signature": b"\x89PNG\r\n\x1a\n",
        "head": chunk(b"IHDR", struct.pack(">IIBBBBB", 8, 8, 8, 0, 0, 0, 0)),
        "pixels": chunk(b"IDAT", zlib.compress((b"\0" + b"\xff" * 8) * 8)),
        "end": chunk(b"IEND", b""),
    }
    return b"".join((parts | broken).values())


def head(depth: int, colour: int) -> bytes:
    return chunk(b"IHDR", struct.pack(">IIBBBBB", 8, 8, depth, colour, 0, 0, 0))


AS_IN_PNGSUITE = {
    "xs1": png(signature=b"\x88PNG\r\n\x1a\n"),
    "xs2": png(signature=b"\x89QNG\r\n\x1a\n"),
    "xs4": png(signature=b"\x89PNC\r\n\x1a\n"),
    "xs7": png(signature=b"\x89PNG\r\n\x1b\n"),
    "xcr": png().replace(b"\r\n\x1a\n", b"\r\r\n\x1a\r\n"),
    "xlf": png().replace(b"\r\n\x1a\n", b"\n\x1a\n"),
    "xhd": png(head=chunk(b"IHDR", struct.pack(">IIBBBBB", 8, 8, 8, 0, 0, 0, 0), is_whole=False)),
    "xdt": png(pixels=b""),
    "xc1": png(head=head(8, 1)),
    "xc9": png(head=head(8, 9)),
    "xd0": png(head=head(0, 2)),
    "xd3": png(head=head(3, 2)),
    "xd9": png(head=head(99, 2)),
}


@pytest.mark.parametrize("name", AS_IN_PNGSUITE)
def test_pngs_broken_as_those_of_pngsuite_are_refused_in_one_line(name):
    assert read_pixels(png()).any()
    said = complaint(read_pixels, AS_IN_PNGSUITE[name])
    assert said is not None
    assert "\n" not in said
    assert ("is damaged" in said) == (not name.startswith(("xs", "xcr", "xlf")))


def test_a_wrong_checksum_over_whole_pixels_does_not_spoil_a_picture():
    pixels = zlib.compress((b"\0" + b"\xff" * 8) * 8)  # which has a checksum of its own
    broken = png(pixels=chunk(b"IDAT", pixels, is_whole=False))
    np.testing.assert_array_equal(read_pixels(broken), read_pixels(png()))

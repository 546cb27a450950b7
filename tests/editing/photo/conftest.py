"""Photos as cameras make them, drawn here."""

import struct
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image

from stylemapgan.editing.photo import FullPhoto

WHITE = (0.9642, 1.0, 0.8249)
"""The ICC's white, D50."""
WIDE = ((0.6097, 0.3111, 0.0195), (0.2053, 0.6257, 0.0609), (0.1492, 0.0632, 0.7446))
"""Adobe RGB's red, green and blue, adapted to D50."""


@pytest.fixture(scope="session")
def wide_profile() -> bytes:
    """A colour profile with more vivid primaries than sRGB's and a gamma of 2.2."""

    def xyz(values: tuple[float, float, float]) -> bytes:
        return b"XYZ \0\0\0\0" + struct.pack(">3i", *(round(value * 65536) for value in values))

    name = b"desc" + bytes(4) + struct.pack(">I", 5) + b"Wide\0" + bytes(78)
    gamma = b"curv" + bytes(4) + struct.pack(">IH", 1, round(2.2 * 256)) + bytes(2)
    tags = [(b"desc", name), (b"cprt", b"text" + bytes(4) + b"none\0\0\0\0"), (b"wtpt", xyz(WHITE))]
    tags += [
        (key + b"XYZ", xyz(values)) for key, values in zip((b"r", b"g", b"b"), WIDE, strict=True)
    ]
    tags += [(key + b"TRC", gamma) for key in (b"r", b"g", b"b")]
    table, body = b"", b""
    start = 128 + 4 + 12 * len(tags)
    for key, content in tags:
        table += key + struct.pack(">II", start + len(body), len(content))
        body += content + bytes(-len(content) % 4)
    header = struct.pack(
        ">I4sI4s4s4s", start + len(body), b"", 0x02400000, b"mntr", b"RGB ", b"XYZ "
    )
    header += struct.pack(">6H", 2026, 1, 1, 0, 0, 0) + b"acsp" + bytes(28)
    header += struct.pack(">3i", *(round(value * 65536) for value in WHITE))
    return header.ljust(128, b"\0") + struct.pack(">I", len(tags)) + table + body


@pytest.fixture
def random() -> np.random.Generator:
    return np.random.default_rng(0)


@pytest.fixture(scope="session")
def scenery() -> Callable[[int, int], Image.Image]:
    """A function that draws hills of colour with grain, of some width and height."""

    def draw(width: int, height: int) -> Image.Image:
        random = np.random.default_rng(1)
        coarse = random.integers(40, 216, (7, 9, 3), dtype=np.uint8)
        smooth = Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC)
        grain = random.integers(0, 12, (256, 256, 3), dtype=np.uint8)
        tiles = np.tile(grain, (height // 256 + 1, width // 256 + 1, 1))[:height, :width]
        return Image.fromarray(np.minimum(np.asarray(smooth), 240) + tiles)

    return draw


@pytest.fixture(scope="session")
def small_photo(scenery) -> FullPhoto:
    return FullPhoto(pixels=scenery(300, 200))

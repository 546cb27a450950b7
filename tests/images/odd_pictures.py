"""Files that no encoder at hand makes: HEIC samples, and TIFFs of any kind of number."""

import struct
from pathlib import Path

import numpy as np

SAMPLES = Path(__file__).parent.parent / "data" / "pictures"
"""HEIC files; see the README beside them."""
CORNERS = np.array([[[230, 20, 20], [20, 200, 20]], [[20, 20, 220], [240, 240, 240]]], np.uint8)
"""The scene of four colours that several samples show."""
KINDS = {"u": 1, "i": 2, "f": 3}
"""NumPy's kind of number → TIFF's."""


def tiff(
    samples: np.ndarray, photometric: int = 1, bits: int | None = None, packed: bytes | None = None
) -> bytes:
    """Write an uncompressed TIFF by hand: (height, width) or (height, width, 3), any endianness.

    Args:
        samples: The numbers; their type and byte order are the file's.
        photometric: 0 white is zero, 1 black is zero, 2 RGB.
        bits: Of a sample, if not those of the array's type.
        packed: The bytes of the pixels, if not those of the array.
    """
    order = ">" if samples.dtype.byteorder == ">" else "<"
    depth = bits or 8 * samples.dtype.itemsize
    content = samples.tobytes() if packed is None else packed
    channels = samples.shape[2] if samples.ndim == 3 else 1
    extra = 8 + 12 * 10 + 6  # behind the only directory: depths of several channels
    entries = [
        (256, 3, 1, samples.shape[1]),
        (257, 3, 1, samples.shape[0]),
        (258, 3, channels, depth if channels == 1 else extra),
        (259, 3, 1, 1),
        (262, 3, 1, photometric),
        (273, 4, 1, extra + 2 * channels),
        (277, 3, 1, channels),
        (278, 3, 1, samples.shape[0]),
        (279, 4, 1, len(content)),
        (339, 3, 1, KINDS[samples.dtype.kind]),
    ]
    head = (b"MM\0*" if order == ">" else b"II*\0") + struct.pack(order + "IH", 8, len(entries))
    for tag, kind, count, value in entries:
        layout = "HHIHH" if kind == 3 and count == 1 else "HHII"  # short values lie to the left
        padding = (0,) if layout == "HHIHH" else ()
        head += struct.pack(order + layout, tag, kind, count, value, *padding)
    depths = struct.pack(f"{order}{channels}H", *[depth] * channels)
    return head + struct.pack(order + "I", 0) + depths + content

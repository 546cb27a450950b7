"""Look through a HEIC file's boxes before its decoder does."""

import struct

from stylemapgan.images.depth import PixelError


def check_boxes(content: bytes) -> None:
    """Refuse files whose lists of contents name things in no alphabet.

    The decoder takes these names for text, and up to its version 1.4 ends the whole process if
    they are not.

    Source: ISO/IEC 14496-12, sections 4.2 (boxes), 8.11.1 (`meta`) and 8.11.6 (`infe`).

    Args:
        content: The file's bytes.

    Raises:
        PixelError: A name is no text.
    """
    start = 0
    while start < len(content):
        kind, end = _box_at(content, start)
        if kind == b"meta":
            _check_names(content[start:end])
        start = end


def _box_at(content: bytes, start: int) -> tuple[bytes, int]:
    """Read the kind of a box and where it ends; what makes no sense counts as a last list."""
    if len(content) - start < 16:
        return b"meta", len(content)
    length, kind, long_length = struct.unpack_from(">I4sQ", content, start)
    if length == 0:  # up to the file's end
        return kind, len(content)
    if length == 1:
        length = long_length
    if length < 8:
        return b"meta", len(content)
    return kind, min(start + length, len(content))


def _check_names(meta: bytes) -> None:
    """Check every entry of a list of contents, wherever it lies within the box."""
    place = meta.find(b"infe")
    while place >= 0:
        (length,) = struct.unpack_from(">I", meta, place - 4) if place >= 4 else (0,)
        version = meta[place + 4] if place + 4 < len(meta) else 0
        first = place + (14 if version >= 3 else 12)  # behind flags, number and protection
        names = meta[first : max(first + 4, place - 4 + length)]
        try:
            names.decode("utf-8")
        except UnicodeDecodeError:
            raise PixelError("is damaged: its list of contents is no text.") from None
        place = meta.find(b"infe", place + 4)

"""Samples of a video's frame and RGB: the same colours there and back.

Files store brightness and two differences of colour, the latter often for every other pixel only.
Going to RGB and back rounds and blurs, so an edited frame takes over the source's own samples
wherever the edit changes nothing.
"""

import numpy as np
from jaxtyping import Bool, UInt8

from stylemapgan.editing.clips.pyav import Video, import_av

TAGS = ("colorspace", "color_range", "color_primaries", "color_trc")
"""What streams and frames say about their colours, in FFmpeg's numbers."""
LIMITED_RANGE, FULL_RANGE = 1, 2
"""Samples from 16 to 235, and from 0 to 255."""
MATRICES = {1: 1, 4: 4, 5: 5, 6: 5, 7: 7, 9: 9, 10: 9}
"""A frame's `colorspace` → the same of FFmpeg's converter."""
BT_709, BT_601 = 1, 5
HD_HEIGHT = 720
"""From this height on, a frame without a `colorspace` is taken to follow BT.709."""

Pixels = UInt8[np.ndarray, "height width 3"]


def to_rgb(frame: Video) -> Pixels:
    """Turn a decoded frame into RGB."""
    rgb = frame.reformat(
        format="rgb24",
        src_colorspace=None if frame.format.is_rgb else matrix_of(frame),
        src_color_range=range_of(frame),
        dst_color_range=FULL_RANGE,
    )
    return rgb.to_ndarray()


def from_rgb(pixels: Pixels, form: str, matrix: int, limits: int) -> Video:
    """Turn RGB into a frame.

    Args:
        pixels: RGB.
        form: FFmpeg's name of the way samples are stored.
        matrix: As `matrix_of` gives it.
        limits: As `range_of` gives it.
    """
    frame = import_av().VideoFrame.from_ndarray(np.ascontiguousarray(pixels), "rgb24")
    return frame.reformat(
        format=form, dst_colorspace=matrix, src_color_range=FULL_RANGE, dst_color_range=limits
    )


def like_source(edited: Pixels, source: Video, before: Pixels, form: str) -> Video:
    """Turn an edited frame into samples that are the source's own where pixels are unchanged.

    Args:
        edited: The source with an edit.
        source: The decoded frame.
        before: The same as RGB.
        form: FFmpeg's name of the way samples are stored.
    """
    limits = range_of(source)
    fresh = from_rgb(edited, form, matrix_of(source), limits)
    kept = source.reformat(format=form, src_color_range=limits, dst_color_range=limits)
    changed = (edited != before).any(axis=-1)
    for new, old in zip(fresh.planes, kept.planes, strict=True):
        samples = _view(new, fresh)
        is_kept = ~_shrunk(changed, *samples.shape)
        np.copyto(samples, _view(old, kept), where=is_kept)
    for tag in TAGS:
        setattr(fresh, tag, getattr(source, tag))
    return fresh


def matrix_of(frame: Video) -> int:
    """Find what relates a frame's samples to RGB, as a number of FFmpeg's converter."""
    usual = BT_709 if min(frame.width, frame.height) >= HD_HEIGHT else BT_601
    return MATRICES.get(frame.colorspace, usual)


def range_of(frame: Video) -> int:
    """Find the range of a frame's samples."""
    is_full = frame.color_range == FULL_RANGE or frame.format.name.startswith("yuvj")
    return FULL_RANGE if is_full or frame.format.is_rgb else LIMITED_RANGE


def _view(plane: Video, frame: Video) -> np.ndarray:
    """View a plane's samples."""
    kind = np.dtype(np.uint16 if frame.format.components[0].bits > 8 else np.uint8)
    row = plane.line_size // kind.itemsize
    return np.frombuffer(plane, kind).reshape(-1, row)[: plane.height, : plane.width]


def _shrunk(
    changed: Bool[np.ndarray, "height width"], rows: int, columns: int
) -> Bool[np.ndarray, "{rows} {columns}"]:
    """Tell for each sample of a coarser plane whether any pixel under it changed."""
    height, width = changed.shape
    down, across = -(-height // rows), -(-width // columns)
    padded = np.pad(changed, ((0, rows * down - height), (0, columns * across - width)))
    return np.asarray(padded.reshape(rows, down, columns, across).any(axis=(1, 3)))

"""Where the points of a picture go from one frame to another: optical flow."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import numpy as np
from jaxtyping import Float32, Shaped, UInt8

from stylemapgan.errors import MissingExtraError

LONGEST = 384
"""Pixels of the longer side beyond which flow is found in shrunk pictures."""
SMALLEST = 16
"""Pixels of the shorter side below which there is too little to see motion in."""

Pixels = UInt8[np.ndarray, "height width 3"]
Flow = Float32[np.ndarray, "height width 2"]
"""Where a point goes, less where it is: to the right and down, in pixels."""


def find_flow(now: Pixels, then: Pixels) -> Flow:
    """Find where each point of a picture is in another one; zeros in pictures below `SMALLEST`.

    Raises:
        MissingExtraError: OpenCV is not installed.

    Source: Kroeger et al., Fast Optical Flow using Dense Inverse Search, ECCV 2016.
    """
    height, width = now.shape[:2]
    scale = min(1.0, LONGEST / max(height, width))
    size = round(width * scale), round(height * scale)
    if min(size) < SMALLEST:
        return np.zeros((height, width, 2), np.float32)
    cv2 = import_opencv()
    finder = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_FAST)
    greys = [cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY) for picture in (now, then)]
    if scale < 1:
        greys = [cv2.resize(grey, size, interpolation=cv2.INTER_AREA) for grey in greys]
    with _one_thread(cv2):
        flow = finder.calc(*greys, None)
    if scale == 1:
        return flow
    return cv2.resize(flow, (width, height), interpolation=cv2.INTER_LINEAR) / np.float32(scale)


def bring_back(
    then: Shaped[np.ndarray, "height width 3"], flow: Flow
) -> Float32[np.ndarray, "height width 3"]:
    """Show at each point what another picture has where the flow takes that point.

    Bilinear; beyond the picture its edge repeats.
    """
    cv2 = import_opencv()
    rows, columns = np.indices(flow.shape[:2], np.float32)
    return cv2.remap(
        then.astype(np.float32),
        columns + flow[..., 0],
        rows + flow[..., 1],
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )


def blur(plane: Float32[np.ndarray, "height width"]) -> Float32[np.ndarray, "height width"]:
    """Average each point with those up to two pixels away."""
    return import_opencv().blur(plane, (5, 5))


@contextmanager
def _one_thread(cv2: Any) -> Iterator[None]:
    """Let OpenCV compute in one thread: it finds flow stripe by stripe, one for each thread."""
    before = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        yield
    finally:
        cv2.setNumThreads(before)


def import_opencv() -> Any:
    """Import OpenCV.

    Raises:
        MissingExtraError: It is not installed.
    """
    try:
        return import_module("cv2")
    except ModuleNotFoundError:
        raise MissingExtraError("OpenCV", "video") from None

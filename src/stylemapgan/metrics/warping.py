"""How steady clips are: whether what moves keeps its looks, and what stands still stands still.

The warping error of a clip compares each frame with the next one, brought back along the true
motion. A source has such an error of its own, of noise and of resampling; what an edit adds is the
excess.

Source: Lai et al., Learning Blind Video Temporal Consistency, ECCV 2018, the flow warping error.
Images are in [0, 1], and the squared differences of red, green and blue are added up.
"""

from collections.abc import Iterable
from itertools import pairwise

import numpy as np
from jaxtyping import Bool, Float, UInt8

Frame = UInt8[np.ndarray, "height width 3"]
Flow = Float[np.ndarray, "2 height width"]
"""Where a point goes, less where it is: down and to the right, in pixels."""
Region = Bool[np.ndarray, "height width"]


def warping_error(
    frames: Iterable[Frame], flows: Iterable[Flow], regions: Iterable[Region]
) -> float:
    """Average the warping errors between consecutive frames.

    Args:
        frames: Of a clip, one by one; at least two.
        flows: From each frame to the next.
        regions: Which pixels of each frame count; those whose point leaves the picture never do.
    """
    triples = zip(pairwise(frames), flows, regions, strict=False)
    errors = [_error(now, then, flow, region) for (now, then), flow, region in triples]
    return float(np.mean(errors))


def flicker(sources: Iterable[Frame], results: Iterable[Frame], regions: Iterable[Region]) -> float:
    """Average how much an edit's change of a clip differs from frame to frame, in levels of 255.

    It is 0 where an edit changes nothing, or changes all frames alike.

    Args:
        sources: Frames of the clip; at least two.
        results: The same frames, edited.
        regions: Which pixels of each pair of frames count.
    """
    changes = (
        result.astype(np.float64) - source for source, result in zip(sources, results, strict=True)
    )
    return float(
        np.mean(
            [
                np.abs(then - now)[region].mean() if region.any() else 0.0
                for (now, then), region in zip(pairwise(changes), regions, strict=False)
            ]
        )
    )


def _error(now: Frame, then: Frame, flow: Flow, region: Region) -> float:
    rows, columns = np.indices(region.shape)
    down, right = rows + flow[0], columns + flow[1]
    height, width = region.shape
    counts = region & (down >= 0) & (right >= 0) & (down <= height - 1) & (right <= width - 1)
    if not counts.any():
        return 0.0
    warped = _bilinear(then, down[counts], right[counts])
    return float(np.square((now[counts] - warped) / 255).sum(axis=-1).mean())


def _bilinear(
    frame: Frame, down: Float[np.ndarray, " points"], right: Float[np.ndarray, " points"]
) -> Float[np.ndarray, "points 3"]:
    top = np.clip(np.floor(down).astype(int), 0, max(0, frame.shape[0] - 2))
    left = np.clip(np.floor(right).astype(int), 0, max(0, frame.shape[1] - 2))
    y, x = (down - top)[:, None], (right - left)[:, None]
    bottom, end = np.minimum(top + 1, frame.shape[0] - 1), np.minimum(left + 1, frame.shape[1] - 1)
    above = (1 - x) * frame[top, left] + x * frame[top, end]
    below = (1 - x) * frame[bottom, left] + x * frame[bottom, end]
    return (1 - y) * above + y * below

"""What an editor does, one work at a time, under a watch."""

import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from jaxtyping import Float64
from torch import Tensor

from stylemapgan.editing import operations
from stylemapgan.evaluation.context import EvaluationContext

WORKS: Mapping[str, str] = {
    "encode": "from the photo to its stylemap",
    "embed": "from the photo to w_plus, its resized stylemaps: encode and resize",
    "decode": "from a stylemap to the picture: resize and synthesize",
    "edit": "blending the w_plus of two embedded photos by a mask, without a picture yet",
    "edit and show": "from the w_plus of two embedded photos to the edited picture: edit and "
    "synthesize, all that an edit of photos costs that are embedded already",
}
"""What is timed; photos, stylemaps, masks and w_plus lie in the editor's own arrays."""

Milliseconds = Float64[np.ndarray, " runs"]


def works(context: EvaluationContext, count: int) -> dict[str, Callable[[], Any]]:
    """Prepare every work on so many pictures, each edited with the next one's lower half."""
    editor, size = context.editor, context.editor.image_size
    rows = np.arange(count + 1) % len(context.data)
    pictures = editor.as_array(context.data.images(rows))
    photos, references = pictures[:count], pictures[1:]
    stylemaps = editor.encode(photos)
    ours, theirs = editor.resize(stylemaps), editor.resize(editor.encode(references))
    half = np.zeros((1, 1, size, size), dtype=np.float32)
    half[..., size // 2 :, :] = 1
    mask = editor.as_mask(half)

    def edit() -> operations.WPlus:
        return operations.blend_w_plus(ours, theirs, mask)

    return {
        "encode": lambda: editor.encode(photos),
        "embed": lambda: editor.resize(editor.encode(photos)),
        "decode": lambda: editor.decode(stylemaps),
        "edit": edit,
        "edit and show": lambda: editor.synthesize(edit()),
    }


def time_runs(work: Callable[[], Any], runs: int, warm_up: int) -> Milliseconds:
    """Time a work again and again, each time until its result is there.

    Args:
        work: To do.
        runs: How often.
        warm_up: How often before the watch starts.
    """
    for _ in range(warm_up):
        _finish(work())
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        _finish(work())
        times.append(1_000 * (time.perf_counter() - start))
    return np.array(times)


def _finish(made: Any) -> None:
    """Wait for an accelerator, which goes on computing after a call is back."""
    first = made[0]  # of a batch, or of w_plus
    if isinstance(first, Tensor) and first.device.type != "cpu":
        torch.accelerator.synchronize(first.device)

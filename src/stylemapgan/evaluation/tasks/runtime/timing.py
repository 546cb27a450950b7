"""What a method does, one step at a time: how long, how many operations, how much memory."""

import re
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float64
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode  # there is no public name for it
from torch.utils.flop_counter import flop_registry

from stylemapgan.evaluation.context import EvaluationContext
from stylemapgan.evaluation.tasks.local_editing.local_edits import paste
from stylemapgan.methods.abstract import AbstractMethod, Latent

ENCODING: Mapping[str, str] = {
    "encode": "from the photo to its latent",
    "embed": "from the photo to all that edits need of it: encode and prepare",
    "decode": "from the latent to the picture",
}
"""Steps that methods of one encoding have in common."""
EDITING: Mapping[str, str] = {
    "edit": "from two embedded photos and a mask to the edited latent, without decoding it",
    "edit and show": "from two embedded photos and a mask to the edited picture: all that an edit "
    "costs once photos are embedded",
}
STEPS: Mapping[str, str] = {**ENCODING, **EDITING}
"""What is timed; photos, latents and masks lie in the method's own arrays."""
MEBIBYTE = 2**20
CLEAR_REFS, STATUS = Path("/proc/self/clear_refs"), Path("/proc/self/status")
RESET_PEAK = "5"
"""What Linux expects in `clear_refs`: man 5 proc."""

Milliseconds = Float64[np.ndarray, " runs"]


def steps_of(
    context: EvaluationContext, method: AbstractMethod, count: int
) -> dict[str, Callable[[], Any]]:
    """Prepare every step on some pictures, each edited with the next one's lower half."""
    size = context.image_size
    rows = np.arange(count + 1) % len(context.data)
    photos = context.data.images(rows[:count])
    maps = context.maps_for(method, rows[:count])
    latent = method.encode(photos, maps)
    following = context.encode_tested(method, rows[1:])
    source, reference = method.prepare(latent), method.prepare(following)
    mask = np.zeros((1, 1, size, size), dtype=np.float32)
    mask[..., size // 2 :, :] = 1
    edit, timed = paste(reference, mask), method.for_timing()
    steps: dict[str, Callable[[], Any]] = {
        "encode": lambda: timed.encode(photos, maps),
        "embed": lambda: timed.prepare(timed.encode(photos, maps)),
        "decode": lambda: timed.decode(latent),
        "edit": lambda: timed.edit(source, edit),
        "edit and show": lambda: timed.decode(timed.edit(source, edit)),
    }
    needed = STEPS if method.can("reconstructs") else EDITING
    return {name: step for name, step in steps.items() if name in needed}


def time_runs(step: Callable[[], Any], runs: int, warm_up: int) -> Milliseconds:
    """Time a step repeatedly, each time until its result is there.

    Args:
        step: What to do.
        runs: How often.
        warm_up: How often before timing starts.
    """
    for _ in range(warm_up):
        _finish(step())
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        _finish(step())
        times.append(1_000 * (time.perf_counter() - start))
    return np.array(times)


def count_operations(step: Callable[[], Any]) -> int:
    """Count the floating-point operations that PyTorch does in a step; 0 if it does none.

    A multiplication and its addition are two; only matrix products and convolutions count.
    """
    with _OperationCounter() as counter:
        step()
    return counter.operations


class _OperationCounter(TorchDispatchMode):
    """Counts like `FlopCounterMode`, whose hooks on modules fail in inference mode."""

    def __init__(self) -> None:
        super().__init__()
        self.operations = 0

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        formula: Callable[..., int] | None = flop_registry.get(func.overloadpacket)
        if formula is None:
            with self:
                made = func.decompose(*args, **kwargs)
            if made is not NotImplemented:
                return made
        out = func(*args, **kwargs)
        if formula is not None:
            self.operations += formula(*args, **kwargs, out_val=out)
        return out


def reset_peak() -> bool:
    """Start the memory peak anew; False where the system cannot, and it stays the process's."""
    try:
        CLEAR_REFS.write_text(RESET_PEAK)
    except OSError:
        return False
    return True


def peak_mebibytes() -> float | None:
    """Find the largest resident set so far; None where the system does not say."""
    if STATUS.exists():
        found = re.search(r"VmHWM:\s+(\d+) kB", STATUS.read_text())
        return int(found[1]) * 1024 / MEBIBYTE if found else None
    try:
        import resource
    except ModuleNotFoundError:  # Windows
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak * (1 if sys.platform == "darwin" else 1024) / MEBIBYTE


def _finish(made: Any) -> None:
    """Wait for an accelerator, which still computes when a call returns."""
    arrays = made.arrays.values() if isinstance(made, Latent) else [made]
    first = next(iter(arrays))
    if isinstance(first, Tensor) and first.device.type != "cpu":
        torch.accelerator.synchronize(first.device)

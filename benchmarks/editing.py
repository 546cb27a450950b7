"""Editing speed: encode a photo, decode a stylemap, a whole edit."""

from collections.abc import Callable

import torch

from benchmarks.modes import MODES, peak_memory, settle_on
from benchmarks.timing import Effort, Timing, alternate
from stylemapgan.checkpoints.networks import Networks
from stylemapgan.config import preset
from stylemapgan.editing.editor import Editor
from stylemapgan.models import Encoder, Generator

OPERATIONS = ("encode", "decode", "edit")


def time_editing(name: str, device: str, effort: Effort) -> dict[tuple[str, str], Timing]:
    """Time the operations on one photo, in turn with each other and in both modes.

    Args:
        name: The preset.
        device: Where to compute.
        effort: When to stop.

    Returns:
        A timing for each pair of mode and operation.
    """
    works = {
        (mode, operation): work
        for mode in MODES
        for operation, work in _operations(_untrained_editor(name, mode, device)).items()
    }
    return alternate(works, effort, settle_on(device))


def memory_of_editing(name: str, device: str, mode: str) -> float:
    """Measure the peak memory of a process that only edits, in MiB."""
    edit = _operations(_untrained_editor(name, mode, device))["edit"]
    edit()
    edit()
    return peak_memory(device)


def _untrained_editor(name: str, mode: str, device: str) -> Editor:
    """Make an editor with random weights, which take as long as trained ones."""
    model = preset(name).model
    torch.manual_seed(0)
    networks = Networks(generator=Generator(model).eval(), encoder=Encoder(model).eval())
    return Editor(networks, device=device, precision=MODES[mode])


def _operations(editor: Editor) -> dict[str, Callable[[], object]]:
    """List the operations, on random pixels. The edit is everything from two photos to a result."""
    size = editor.image_size
    source, reference = editor.as_array(torch.rand(2, 1, 3, size, size) * 2 - 1)
    mask = editor.as_array(torch.zeros(1, 1, size, size))
    mask[..., : size // 2, : size // 2] = 1
    stylemap = editor.encode(source)
    return {
        "encode": lambda: editor.encode(source),
        "decode": lambda: editor.decode(stylemap),
        "edit": lambda: editor.blend_w_plus(source, reference, mask),
    }

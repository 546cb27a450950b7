"""`python -m benchmarks.paper_size`: export and edit with networks of the paper's size.

Weights are random, which takes as long as trained ones. Every engine runs in a separate process, to
measure its peak memory. Processor time, summed over all threads, is printed besides the time on
the clock, because other programs on the machine hardly change it.
"""

import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.isolation import apart, process_peak

PRESETS = ("paper-256", "paper-1024-light")
ENGINES = ("PyTorch", "ONNX Runtime")
OPERATIONS = ("start", "encode", "decode", "edit")
ROUNDS = 2
"""Measured runs of each operation, after a warm-up run."""


@dataclass(frozen=True, kw_only=True)
class Spent:
    """Median times of an operation, in seconds."""

    clock: float
    processor: float


def export_model(preset: str, folder: Path) -> tuple[Spent, float]:
    """Write a model file and its ONNX files; return the time and the peak memory in MiB."""
    import torch

    from stylemapgan import checkpoints
    from stylemapgan.checkpoints.networks import pack
    from stylemapgan.config import preset as find
    from stylemapgan.interop.onnx_export import export
    from stylemapgan.models import Encoder, Generator

    config = find(preset).model
    torch.manual_seed(0)
    model = {"images_seen": 0, "licence": "", "data": "", "half": True}
    packed = pack(config, Generator(config), Encoder(config), **model)
    checkpoints.write(folder / "model.safetensors", packed)
    names = ("encoder", "mapping", "resizer", "modulation", "synthesis")
    spent = measured(lambda: export(packed, folder / "onnx", None, names=names))
    return spent, process_peak()


def edit_with(engine: str, folder: Path) -> tuple[dict[str, Spent], float]:
    """Open a model, encode, decode and edit; return each time and the peak memory in MiB."""
    from stylemapgan.editing import open_editor

    path = folder / ("model.safetensors" if engine == "PyTorch" else "onnx")
    begin = time.perf_counter(), time.process_time()
    editor = open_editor(path, engine="torch" if engine == "PyTorch" else "onnx")
    size = editor.image_size
    random = np.random.default_rng(0)
    photos = [
        editor.as_array(random.uniform(-1, 1, (1, 3, size, size)).astype(np.float32))
        for _ in range(2)
    ]
    mask = np.zeros((1, 1, size, size), np.float32)
    mask[..., : size // 2, : size // 2] = 1
    weight = editor.as_array(mask)
    stylemap = editor.encode(photos[0])
    editor.decode(stylemap)
    spent = {"start": Spent(**_since(*begin))}
    works: dict[str, Callable[[], object]] = {
        "encode": lambda: editor.encode(photos[0]),
        "decode": lambda: editor.decode(stylemap),
        "edit": lambda: editor.blend_w_plus(photos[0], photos[1], weight),
    }
    for name, work in works.items():
        runs = [measured(work) for _ in range(ROUNDS)]
        spent[name] = Spent(
            clock=float(np.median([run.clock for run in runs])),
            processor=float(np.median([run.processor for run in runs])),
        )
    return spent, process_peak()


def measured(work: Callable[[], object]) -> Spent:
    """Time one run."""
    begin = time.perf_counter(), time.process_time()
    work()
    return Spent(**_since(*begin))


def _since(clock: float, processor: float) -> dict[str, float]:
    return {
        "clock": time.perf_counter() - clock,
        "processor": time.process_time() - processor,
    }


def main(presets: tuple[str, ...]) -> None:
    """Print a table in Markdown; seconds on the clock, and of the processor in brackets."""
    print(f"| preset | engine | {' | '.join(OPERATIONS)} | peak memory, MiB |")
    print(f"| --- | --- | {'---: | ' * len(OPERATIONS)}---: |")
    for preset in presets:
        with tempfile.TemporaryDirectory() as scratch:
            exported, peak = apart(export_model, preset, Path(scratch))
            rows = [(engine, *apart(edit_with, engine, Path(scratch))) for engine in ENGINES]
        for engine, spent, memory in rows:
            cells = [_shown(spent[name]) for name in OPERATIONS]
            print(f"| `{preset}` | {engine} | {' | '.join(cells)} | {memory:.0f} |", flush=True)
        print(f"{preset}: exported in {_shown(exported)} s, {peak:.0f} MiB", file=sys.stderr)


def _shown(spent: Spent) -> str:
    return f"{spent.clock:.1f} ({spent.processor:.1f})"


if __name__ == "__main__":
    main(tuple(sys.argv[1:]) or PRESETS)

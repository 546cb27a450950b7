"""Speed of the engines: eager PyTorch in float32 and bf16, compiled PyTorch, ONNX Runtime."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from benchmarks.modes import MODES
from benchmarks.timing import Effort, Timing, alternate
from stylemapgan.checkpoints import Checkpoint, to_half
from stylemapgan.checkpoints.networks import Networks, build, pack
from stylemapgan.config import preset
from stylemapgan.config.training import Precision
from stylemapgan.editing.abstract import AbstractEditor
from stylemapgan.editing.editor import Editor
from stylemapgan.editing.onnx_editor import OnnxEditor
from stylemapgan.interop.onnx_export import export
from stylemapgan.models import Encoder, Generator

ONNX = "onnxruntime float32"
NEEDED = ("encoder", "mapping", "resizer", "modulation", "synthesis")
"""Networks that an edit needs."""


@dataclass(frozen=True, kw_only=True)
class EngineResult:
    """Time of one engine for one photo."""

    preset: str
    device: str
    engine: str
    encode_ms: Timing
    decode_ms: Timing


def compare_engines(name: str, effort: Effort, *, compiles: bool) -> list[EngineResult]:
    """Time encoding a photo and decoding a stylemap on the CPU, all engines in turn.

    Args:
        name: The preset; weights are random and stored in float16.
        effort: When to stop.
        compiles: Also measure `torch.compile`, which takes minutes to compile.
    """
    with tempfile.TemporaryDirectory() as folder:
        editors = _editors(name, Path(folder) / "exported", compiles=compiles)
        works = {}
        for engine, editor in editors.items():
            photo = editor.as_array(_photo(editor.image_size))
            stylemap = editor.encode(photo)
            works[engine, "encode"] = lambda editor=editor, photo=photo: editor.encode(photo)
            works[engine, "decode"] = lambda editor=editor, w=stylemap: editor.decode(w)
        timings = alternate(works, effort, lambda: None)
    return [
        EngineResult(
            preset=name,
            device="cpu",
            engine=engine,
            encode_ms=timings[engine, "encode"],
            decode_ms=timings[engine, "decode"],
        )
        for engine in editors
    ]


def export_random(name: str, folder: Path) -> Checkpoint:
    """Write ONNX files of a preset's networks with random weights."""
    model = preset(name).model
    torch.manual_seed(0)
    checkpoint = to_half(
        pack(model, Generator(model), Encoder(model), images_seen=0, licence="", data="")
    )
    export(checkpoint, folder, _photo(model.image_size), names=NEEDED)
    return checkpoint


def _editors(name: str, folder: Path, *, compiles: bool) -> dict[str, AbstractEditor]:
    checkpoint = export_random(name, folder)
    editors: dict[str, AbstractEditor] = {
        f"eager {mode}": Editor(build(checkpoint), precision=precision)
        for mode, precision in MODES.items()
    }
    if compiles:
        for mode, precision in MODES.items():
            editors[f"compiled {mode}"] = _compiled(build(checkpoint), precision)
    return editors | {ONNX: OnnxEditor.load(folder, threads=torch.get_num_threads())}


def _compiled(networks: Networks, precision: Precision) -> Editor:
    generator = networks.generator
    for network in (networks.encoder, generator.resizer, generator.synthesis):
        network.compile()
    return Editor(networks, precision=precision)


def _photo(size: int) -> np.ndarray:
    return np.random.default_rng(0).uniform(-1, 1, (1, 3, size, size)).astype(np.float32)

"""Open a model with the engine that suits it."""

from pathlib import Path

from stylemapgan import zoo
from stylemapgan.config.engine import Engine
from stylemapgan.config.training import Precision
from stylemapgan.editing.abstract import AbstractEditor
from stylemapgan.errors import CheckpointError, EditError


def open_editor(
    name_or_path: str | Path,
    *,
    engine: Engine = "auto",
    device: str = "cpu",
    precision: Precision = "auto",
    threads: int | None = None,
) -> AbstractEditor:
    """Open a bundled model by its name, or any model by its path.

    Args:
        name_or_path: A bundled name, a model file, or a folder that `stylemapgan export` wrote.
        engine: ONNX computes on the CPU in float32 and needs no PyTorch; auto uses it if the model
            has ONNX files, unless another device or bf16-mixed is given.
        device: Where to compute.
        precision: Arithmetic; auto is float32 for ONNX, and the fastest on the device for PyTorch.
        threads: How many compute on the CPU; else OMP_NUM_THREADS, else one for each core. PyTorch
            then keeps this number for the whole process.

    Raises:
        CheckpointError: The model is missing, or its files are damaged.
        EditError: The engine cannot use the device or the precision.
        MissingExtraError: PyTorch is needed and not installed.
    """
    folder = zoo.find_onnx(name_or_path)
    is_plain = device == "cpu" and precision != "bf16-mixed"
    if engine == "onnx" and not is_plain:
        raise EditError(
            f"The engine onnx computes in float32 on the CPU, not in {precision} on {device}: "
            "choose the engine torch."
        )
    if engine == "onnx" and folder is None:
        raise CheckpointError(
            f"{name_or_path} has no ONNX files: write them with `stylemapgan export`, and give "
            "their folder as the model."
        )
    if engine == "torch" and folder is not None and folder == Path(name_or_path):
        raise CheckpointError(
            f"{name_or_path} holds ONNX files, which PyTorch does not run: choose the engine onnx, "
            "or give the .safetensors file they came from."
        )
    if folder is not None and is_plain and engine != "torch":
        from stylemapgan.editing import OnnxEditor

        return OnnxEditor.load(name_or_path, threads)
    from stylemapgan.editing import Editor

    if threads is not None:
        import torch

        torch.set_num_threads(threads)
    return Editor.load(name_or_path, device=device, precision=precision)

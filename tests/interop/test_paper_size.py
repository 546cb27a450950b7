"""Networks of the paper's size: import, export, blend, in reasonable memory."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from released_format import released

from stylemapgan.checkpoints import read
from stylemapgan.config import preset
from stylemapgan.editing import Editor, OnnxEditor
from stylemapgan.models import Encoder, Generator

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]
MEBIBYTE = 2**20
PROGRAM = """
import sys
from stylemapgan.cli.main import main
from stylemapgan.evaluation.tasks.runtime.timing import peak_mebibytes
code = main(sys.argv[2:])
open(sys.argv[1], "w").write(str(peak_mebibytes()))
sys.exit(code)
"""


def run(folder: Path, *arguments: object) -> float:
    """Run a command in a process of its own, and return its peak memory in MiB."""
    command = [sys.executable, "-c", PROGRAM, "peak.txt", *map(str, arguments)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return float((folder / "peak.txt").read_text())


@pytest.fixture(scope="module", params=["paper-256", "paper-1024-light"])
def imported(request, tmp_path_factory) -> Path:
    """A folder with the file model.safetensors, imported from random weights."""
    folder = tmp_path_factory.mktemp(request.param)
    torch.manual_seed(0)
    config = preset(request.param).model
    torch.save(released(config, Generator(config), Encoder(config)), folder / "released.pt")
    run(folder, "import", "released.pt", "-o", "model.safetensors", "--half")
    (folder / "released.pt").unlink()
    return folder


def test_a_released_checkpoint_is_imported_exported_and_blended(imported):
    checkpoint = read(imported / "model.safetensors")
    size = checkpoint.config.image_size
    used = [array.size for name, array in checkpoint.tensors.items() if "discriminator" not in name]
    weights = 4 * sum(used) / MEBIBYTE  # in float32
    del checkpoint

    assert run(imported, "export", "model.safetensors", "onnx") < allowed(size, weights)

    pictures = np.random.default_rng(0).integers(0, 256, (2, size, size, 3), dtype=np.uint8)
    for index, pixels in enumerate(pictures):
        Image.fromarray(pixels).save(imported / f"{index}.png")
    box = ("--box", f"0,0,{size // 2},{size}")
    peak = run(imported, "blend", "0.png", "1.png", *box, "--model", "onnx", "-o", "out.png")
    assert peak < allowed(size, weights)
    with Image.open(imported / "out.png") as result:
        assert result.size == (size, size)

    source, reference = (pictures.transpose(0, 3, 1, 2)[:, None] / 127.5 - 1).astype(np.float32)
    mask = np.zeros((1, 1, size, size), np.float32)
    mask[..., : size // 2] = 1
    found = OnnxEditor.load(imported / "onnx").blend_w_plus(source, reference, mask)
    with torch.inference_mode():
        editor = Editor.load(imported / "model.safetensors", precision="32-true")
        expected = editor.blend_w_plus(*map(torch.from_numpy, (source, reference, mask)))
    difference = np.abs(found - expected.numpy()).max()
    assert difference < 1e-3 * expected.numpy().std()


def allowed(size: int, weights: float) -> float:
    """Most MiB that a command may take: the modulations of one picture come on top of weights."""
    return 3 * weights + 2048 * (size / 256 if size > 256 else 1)

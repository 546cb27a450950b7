"""`refine` writes what it found and says how far the error fell."""

import os
import re
import signal
import subprocess
import sys

import numpy as np
import pytest
from safetensors.numpy import load_file
from torch import nn
from torch.nn.modules.module import register_module_forward_hook

from stylemapgan import images
from stylemapgan.cli.main import main
from stylemapgan.editing import Editor
from stylemapgan.images.levels import to_bytes
from stylemapgan.models.synthesis import SynthesisNetwork


@pytest.fixture
def editor(model) -> Editor:
    return Editor.load(model, precision="32-true")


def told(out: str) -> tuple[float, float, int]:
    found = re.search(r"error ([\d.]+) before, ([\d.]+) after (\d+) steps", out)
    assert found, out
    return float(found[1]), float(found[2]), int(found[3])


def test_picture_stylemap_and_sheet_are_written(run, model, editor, photos):
    outcome = run(
        "refine", photos[0], "--steps", 6, "--perceptual", 0, "--model", model,
        "--sheet", "sheet.png", "--stylemap", "w.safetensors",
    )  # fmt: skip

    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out.endswith("wrote refined.png\nwrote w.safetensors\nwrote sheet.png\n")
    before, after, steps = told(outcome.out)
    assert steps == 6
    assert after < before
    photo = images.read(photos[0], 32)
    stylemap = editor.as_array(load_file("w.safetensors")["stylemap"])
    errors = [
        float(np.mean((np.asarray(picture) - photo) ** 2))
        for picture in (editor.reconstruct(photo), editor.decode(stylemap))
    ]
    assert errors == pytest.approx([before, after], abs=2e-5)
    written = to_bytes(images.read("refined.png"))
    np.testing.assert_array_equal(written, to_bytes(editor.decode(stylemap)))
    assert images.read("sheet.png").shape[-1] > 3 * 192


def test_places_that_take_no_stylemap_are_refused_before_any_work(run, model, photos):
    outcome = run("refine", photos[0], "--model", model, "--stylemap", "w.npz")
    assert outcome.code == 2
    assert outcome.err.splitlines() == [
        "error: w.npz cannot be written: files of stylemaps end in .safetensors."
    ]


def test_settings_that_make_no_sense_take_one_line(run, model, photos):
    outcome = run("refine", photos[0], "--model", model, "--steps", 0)
    assert outcome.code == 2
    assert "Refining takes 1 to 10,000 steps, got 0" in outcome.err
    assert outcome.err.count("\n") == 1


def test_ctrl_c_keeps_the_best_so_far(model, photos, capsys):
    synthesised: list[nn.Module] = []

    def interrupt(module: nn.Module, *_: object) -> None:
        if isinstance(module, SynthesisNetwork):
            synthesised.append(module)
            if len(synthesised) == 20:
                os.kill(os.getpid(), signal.SIGINT)

    previous = signal.getsignal(signal.SIGINT)
    with register_module_forward_hook(interrupt):
        code = main(
            ["refine", photos[0], "--steps", "10000", "--patience", "10000", "--perceptual", "0",
             "--model", str(model)]
        )  # fmt: skip
    out = capsys.readouterr().out
    assert code == 0
    assert signal.getsignal(signal.SIGINT) is previous
    assert re.search(r"Stopped after \d+ of 10000 steps; the best is kept\.", out)
    before, after, steps = told(out)
    assert 0 < steps < 10_000
    assert after <= before
    assert images.read("refined.png").shape == (1, 3, 32, 32)


def test_without_pytorch_the_command_says_what_to_install(tmp_path):
    script = (
        "import sys\n"
        "class Missing:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.split('.')[0] == 'torch':\n"
        "            raise ModuleNotFoundError(\"No module named 'torch'\", name='torch')\n"
        "sys.meta_path.insert(0, Missing())\n"
        "from stylemapgan.cli.main import main\n"
        "assert main(['refine', '--help']) == 0\n"
        "sys.exit(main(['refine', 'photo.png']))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert done.stderr.splitlines() == [
        "error: This needs PyTorch, which is not installed: pip install 'stylemapgan[train]'"
    ]

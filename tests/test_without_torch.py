"""A plain install edits and serves without PyTorch, and without any other extra."""

import json
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from stylemapgan import zoo

EXTRAS = (
    "torch",
    "lightning_fabric",
    "onnx",
    "onnxscript",
    "scipy",
    "sklearn",
    "cv2",
    "jinja2",
    "matplotlib",
    "tensorboard",
    "beartype",
)
"""What a plain install does not bring."""

PROGRAM = """
import sys
sys.modules.update(dict.fromkeys({extras!r}))  # importing them fails from here on
{work}
"""


def run_without_extras(work: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", PROGRAM.format(extras=EXTRAS, work=work)],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
    )


PHOTOS = [str(path) for path in zoo.sample_pictures(zoo.BUNDLED[0])[:2]]
COMMANDS = {
    "blend": ["blend", *PHOTOS, "--box", "16,0,32,64", "-o", "blend.png"],
    "transplant": [
        "transplant", *PHOTOS, "--box", "16,8,16,16", "--shift", "4,4", "-o", "transplant.png",
    ],
    "generate": ["generate", "--count", "2", "-o", "generate.png"],
    "interpolate": ["interpolate", *PHOTOS, "--steps", "3", "-o", "interpolate.png"],
    "mix": ["mix", *PHOTOS, "-o", "mix.png"],
    "reconstruct": ["reconstruct", *PHOTOS, "-o", "reconstruct.png"],
}  # fmt: skip


def test_commands_edit_with_the_bundled_model(tmp_path):
    work = f"""
from stylemapgan.cli.main import main
for arguments in {list(COMMANDS.values())!r}:
    assert main(arguments) == 0, arguments
assert main(["info", "--machine"]) == 0
"""
    done = run_without_extras(work, tmp_path)
    assert done.returncode == 0, done.stderr
    assert "ONNX Runtime, on the processor in float32" in done.stdout
    assert {path.stem for path in tmp_path.iterdir()} == COMMANDS.keys()


def test_an_edit_is_applied_to_many_photos(tmp_path):
    part = {"reference": PHOTOS[0], "mask": {"box": [16, 0, 32, 64]}}
    (tmp_path / "edit.json").write_text(json.dumps({"parts": [part]}))
    (tmp_path / "photos").mkdir()
    for photo in PHOTOS:
        shutil.copy(photo, tmp_path / "photos")
    arguments = ["apply", "edit.json", "photos", "out", "--find", "middle", "--workers", "1"]
    work = f"""
from stylemapgan.cli.main import main
assert main({arguments!r}) == 0
assert main({[*arguments[:2], "photos", "faces", *arguments[-2:]]!r}) == 2
"""
    done = run_without_extras(work, tmp_path)
    assert done.returncode == 0, done.stderr
    written = {path.name for path in (tmp_path / "out").iterdir()}
    assert written == {*(Path(photo).name for photo in PHOTOS), "manifest.csv", "apply.json"}
    assert done.stderr.endswith("pip install 'stylemapgan[faces]'\n")


@pytest.mark.skipif(find_spec("stylemapgan.server") is None, reason="there is no server yet")
def test_the_server_is_imported(tmp_path):
    done = run_without_extras("import stylemapgan.server", tmp_path)
    assert done.returncode == 0, done.stderr


def test_whoever_asks_for_pytorch_is_told_how_to_get_it(tmp_path):
    work = """
from stylemapgan.cli.main import main
sys.exit(main(["generate", "--engine", "torch"]))
"""
    done = run_without_extras(work, tmp_path)
    assert done.returncode == 2
    assert done.stderr == (
        "error: This needs PyTorch, which is not installed: pip install 'stylemapgan[train]'\n"
    )

"""Nothing leaves the machine: ONNX Runtime's telemetry is off on every path."""

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from stylemapgan.editing import onnx_sessions

ROOT = Path(__file__).parents[2]
EDITS = """
import sys
from stylemapgan import OnnxEditor, images, zoo
from stylemapgan.cli.main import main
photos = zoo.sample_pictures("hands-64")[:2]
editor = OnnxEditor.load("hands-64")
editor.decode(editor.encode(images.read(photos[0])))
sys.exit(main(["blend", *map(str, photos), "--box", "16,0,32,64", "-o", "blend.png"]))
"""


def files_written_at_home(program: str, folder: Path, *tracer: str) -> list[str]:
    """Run a program as a new user would; list what it wrote, but for its working folder."""
    home, here = folder / "home", folder / "here"
    home.mkdir()
    here.mkdir()
    places = {"HOME": "home", "XDG_CACHE_HOME": "home/.cache", "TMPDIR": "home"}
    environment = {**os.environ, **{name: str(folder / place) for name, place in places.items()}}
    environment.pop(onnx_sessions.OPT_OUT, None)
    subprocess.run([*tracer, sys.executable, "-c", program], cwd=here, env=environment, check=True)
    return sorted(str(path.relative_to(home)) for path in home.rglob("*"))


def test_editing_writes_nothing_at_home_and_asks_no_network(tmp_path):
    strace, trace = shutil.which("strace"), tmp_path / "trace"
    tracer = [strace, "-f", "-e", "trace=network", "-o", str(trace)] if strace else []
    assert files_written_at_home(EDITS, tmp_path, *tracer) == []
    assert [path.name for path in (tmp_path / "here").iterdir()] == ["blend.png"]
    if strace:
        assert [line for line in trace.read_text().splitlines() if "AF_INET" in line] == []


def test_the_test_above_would_notice(tmp_path):
    if not files_written_at_home("import onnxruntime", tmp_path):
        pytest.skip("this ONNX Runtime has no telemetry")


def test_only_one_module_imports_onnx_runtime():
    found = [
        path.relative_to(ROOT).as_posix()
        for folder in ("src", "tests", "benchmarks")
        for path in (ROOT / folder).rglob("*.py")
        if "onnxruntime" in imported_packages(path)
    ]
    assert found == ["src/stylemapgan/editing/onnx_sessions.py"]
    assert f"{onnx_sessions.OPT_OUT}=1" in (ROOT / "Dockerfile").read_text()
    assert os.environ[onnx_sessions.OPT_OUT] == "1"


def imported_packages(path: Path) -> set[str]:
    nodes = list(ast.walk(ast.parse(path.read_text("utf-8"))))
    names = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)]
    return {name.split(".")[0] for name in names}

"""`stylemapgan import` writes a model and its licence, or nothing."""

from pathlib import Path

import pytest

from stylemapgan import checkpoints
from stylemapgan.cli.main import main

RELEASED = Path(__file__).parents[1] / "data/golden/c_full_32_4_instancenorm.pt"


def test_import_prints_and_keeps_the_licence(tmp_path, capsys):
    model = tmp_path / "m.safetensors"
    assert main(["import", str(RELEASED), "--output", str(model)]) == 0
    assert "licence of these weights: CC BY-NC 4.0 (non-commercial)" in capsys.readouterr().out
    assert checkpoints.read(model).licence == "CC BY-NC 4.0 (non-commercial)"


def test_half_precision_makes_half_the_file(tmp_path):
    full, half = tmp_path / "full.safetensors", tmp_path / "half.safetensors"
    assert main(["import", str(RELEASED), "-o", str(full)]) == 0
    assert main(["import", str(RELEASED), "-o", str(half), "--half"]) == 0
    assert half.stat().st_size < 0.6 * full.stat().st_size


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"<html>Not found</html>", "web page"),
        (RELEASED.read_bytes()[:100_000], "incomplete"),
    ],
)
def test_a_file_that_cannot_be_imported_costs_one_line_and_leaves_no_output(
    tmp_path, capsys, content, reason
):
    released = tmp_path / "released.pt"
    released.write_bytes(content)

    assert main(["import", str(released), "-o", str(tmp_path / "m.safetensors")]) == 2

    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith(f"error: {released}")
    assert reason in printed.err
    assert printed.err.count("\n") == 1
    assert list(tmp_path.iterdir()) == [released]

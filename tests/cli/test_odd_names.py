"""Names that are no Unicode, in every place a user gives; users without a home."""

import csv
import json
import os
import tempfile
import tomllib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from stylemapgan.checkpoints.file import read_tensors, write_tensors
from stylemapgan.cli.main import main
from stylemapgan.config import RunConfig, read_toml, to_toml
from stylemapgan.config.run_config import DataConfig
from stylemapgan.config.user_folders import cache_folder
from stylemapgan.data import open_photos
from stylemapgan.errors import StorageError

CAFE = os.fsdecode(b"caf\xe9")
"""A name in Latin-1."""
TINY = ["--preset", "tiny-32", "--images", "4", "--batch", "4", "--perceptual-network", "none"]


@pytest.fixture
def cafe(tmp_path, monkeypatch) -> Path:
    """A working folder, a cache and photos of such names."""
    folder = tmp_path / CAFE
    try:
        (folder / CAFE).mkdir(parents=True)
    except OSError:
        pytest.skip("this disk takes Unicode only")
    for index in range(4):
        pixels = np.random.default_rng(index).integers(0, 255, (40, 40, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / CAFE / f"{CAFE}-{index}.png")
    monkeypatch.chdir(folder)
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
    return folder


def texts(folder: Path) -> dict[str, str]:
    """Read every file of text; what is no UTF-8 fails."""
    kinds = {".toml", ".json", ".jsonl", ".csv", ".html"}
    return {
        str(path.relative_to(folder)): path.read_text("utf-8")
        for path in folder.rglob("*")
        if path.suffix in kinds
    }


def test_prepare_unpack_and_edit(cafe, model):
    Path(f"{CAFE}.safetensors").write_bytes(model.read_bytes())
    one, other, ours = f"{CAFE}/{CAFE}-0.png", f"{CAFE}/{CAFE}-1.png", f"{CAFE}.safetensors"
    into_zip = ["--size", "32", "--into", "zip", "--workers", "1"]
    for command in (
        ["prepare", CAFE, f"zipped-{CAFE}", *into_zip],
        ["blend", one, other, "--box", "4,4,8,8", "--model", ours, "-o", f"blend-{CAFE}.png"],
    ):
        assert main(command) == 0, command
    assert len(open_photos(f"zipped-{CAFE}/train.zip", 32)) == 3
    assert len(open_photos(CAFE, 32)) == 4
    assert Path(f"blend-{CAFE}.png").is_file()
    assert texts(cafe)


@pytest.mark.slow
def test_train_resume_and_report(cafe):
    run = f"run-{CAFE}"
    for command in (["train", CAFE, *TINY, "--run", run], ["train", "--resume", run]):
        assert main(command) == 0, command
    assert main(["report", run]) == 0
    written = texts(cafe)
    assert r"caf\udce9" in written[f"{run}/config.toml"]
    assert r"caf\udce9" in written[f"{run}/report.html"]


@pytest.mark.slow
def test_evaluate_and_compare(cafe, model):
    Path(f"{CAFE}.safetensors").write_bytes(model.read_bytes())
    evaluated = f"measured-{CAFE}"
    measure = ["--tasks", "reconstruction", "--output"]
    for command in (
        ["evaluate", f"{CAFE}.safetensors", CAFE, *measure, evaluated],
        ["evaluate", f"{CAFE}.safetensors", CAFE, *measure, f"again-{CAFE}"],
        ["compare", evaluated, f"again-{CAFE}", "--output", f"compared-{CAFE}"],
    ):
        assert main(command) == 0, command
    written = texts(cafe)
    assert r"caf\udce9" in written[f"{evaluated}/report.html"]
    assert json.loads(written[f"{evaluated}/evaluation.json"])["subject"]["data"]["name"] == CAFE
    rows = list(csv.DictReader(written[f"{evaluated}/tasks/reconstruction.csv"].splitlines()))
    assert rows[0]["row"] == r"caf\udce9-0.png"


def test_mistakes_with_such_names_are_one_line(cafe, capsys):
    for command in (["train", f"none-{CAFE}"], ["info", f"none-{CAFE}"], ["report", CAFE]):
        assert main(command) == 2
        said = capsys.readouterr().err
        assert r"caf\udce9" in said
        assert said.count("\n") == 1


@pytest.mark.parametrize("name", [CAFE, r"C:\udce9\x", "a\\\\udce9", r"\\udce9", CAFE + r"\udce9"])
def test_settings_give_back_the_very_name(name, tmp_path):
    config = RunConfig(data=DataConfig(photos=name))
    path = tmp_path / "config.toml"
    path.write_text(to_toml(config), encoding="utf-8")
    assert read_toml(path) == config
    if name == r"C:\udce9\x":
        assert tomllib.loads(to_toml(config))["data"]["photos"] == name


def test_facts_inside_files_are_spelled_out(tmp_path):
    path = tmp_path / "w.safetensors"
    write_tensors(path, "stylemaps", {"a": np.zeros(2)}, {"model": CAFE})
    assert read_tensors(path, "stylemaps", 10**6)[1] == {"model": r"caf\udce9"}


def test_a_user_without_home_and_name_has_a_cache_of_their_own(tmp_path, monkeypatch):
    pwd = pytest.importorskip("pwd", reason="users have names here")

    def unknown(user: int) -> None:
        raise KeyError(user)

    monkeypatch.setattr(pwd, "getpwuid", unknown)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    for variable in ("HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(variable, raising=False)
    folder = tmp_path / f"stylemapgan-{os.getuid()}"
    assert cache_folder() == cache_folder() == folder
    assert folder.stat().st_mode & 0o077 == 0
    if os.getuid() == 0:
        os.chown(folder, 1234, 1234)
        with pytest.raises(StorageError, match="belongs to another user: set HOME or XDG_CACHE"):
            cache_folder()

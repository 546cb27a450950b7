"""What the documentation says is so."""

import re
import runpy
import shlex
from pathlib import Path

import numpy as np
import pytest

import stylemapgan
from stylemapgan import images
from stylemapgan.cli.main import COMMANDS, main

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")
SHORT = ["--images", "8", "--perceptual-network", "none"]
"""Added to the README's training command, which would take hours."""


@pytest.fixture
def desk(tmp_path, monkeypatch) -> Path:
    """A folder with the pictures that the README's examples name."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    random = np.random.default_rng(0)
    for name in (
        "one.jpg",
        "other.jpg",
        "pictures/a.png",
        "pictures/b.png",
        "other-pictures/c.png",
    ):
        Path(name).parent.mkdir(exist_ok=True)
        images.write(Path(name), random.uniform(-1, 1, (1, 3, 80, 80)).astype(np.float32))
    return tmp_path


def commands() -> list[list[str]]:
    blocks = re.findall(r"```sh\n(.*?)```", README, flags=re.DOTALL)
    lines = "".join(blocks).splitlines()
    return [shlex.split(line)[1:] for line in lines if line.startswith("stylemapgan ")]


def test_the_commands_of_the_readme_work(desk):
    assert len(commands()) == 4
    for arguments in commands():
        extra = SHORT if "--preset" in arguments else []
        assert main([*arguments, *extra]) == 0
    assert (desk / "blend.png").exists()
    assert (desk / "pasted.png").exists()
    assert (desk / "runs/mine/snapshots/000000008.safetensors").exists()


def test_the_python_of_the_readme_works(desk):
    (program,) = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)
    exec(program, {})  # our own README
    assert (desk / "blend.png").exists()


def test_the_readme_names_every_command():
    missing = [name for name in COMMANDS if f"`{name}`" not in README]
    assert not missing


def test_the_reference_names_all_of_the_public_interface():
    reference = (ROOT / "docs/reference/python.md").read_text("utf-8")
    assert not [name for name in stylemapgan.__all__ if f"`{name}`" not in reference]


def test_the_settings_page_is_what_make_settings_writes():
    program = runpy.run_path(str(ROOT / "docs/reference/settings.py"))
    assert (ROOT / "docs/reference/settings.md").read_text("utf-8") == program["page"]()


def test_links_in_the_documentation_lead_somewhere():
    for page in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]:
        for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text("utf-8")):
            if not target.startswith("http"):
                assert (page.parent / target).exists(), f"{page.name}: {target}"

"""What the documentation says is so."""

import re
import runpy
import shlex
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import stylemapgan
from stylemapgan import images
from stylemapgan.cli.main import COMMANDS, main
from stylemapgan.config import DataConfig, ModelConfig, TrainConfig

ROOT = Path(__file__).parents[1]
SHORT = ["--images", "8", "--perceptual-network", "none"]
"""Added to the README's training command, which would take hours."""
SERVERS = ("studio", "serve")
"""Commands that run until somebody stops them."""


@pytest.fixture
def desk(tmp_path, monkeypatch) -> Path:
    """A folder with the pictures that the README's examples name."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    random = np.random.default_rng(0)
    for name in (
        "one.jpg",
        "other.jpg",
        "hand.jpg",
        "pictures/a.png",
        "pictures/b.png",
        "other-pictures/c.png",
    ):
        Path(name).parent.mkdir(exist_ok=True)
        images.write(Path(name), random.uniform(-1, 1, (1, 3, 80, 80)).astype(np.float32))
    return tmp_path


def blocks(page: str, language: str) -> list[str]:
    text = (ROOT / page).read_text("utf-8")
    return re.findall(rf"```{language}\n(.*?)```", text, flags=re.DOTALL)


def commands(page: str) -> list[list[str]]:
    lines = "".join(blocks(page, "sh")).splitlines()
    found = [shlex.split(line)[1:] for line in lines if line.startswith("stylemapgan ")]
    return [arguments for arguments in found if arguments[0] not in SERVERS]


def test_the_commands_of_the_readme_work(desk):
    assert len(commands("README.md")) == 3
    for arguments in commands("README.md"):
        extra = SHORT if "--preset" in arguments else []
        assert main([*arguments, *extra]) == 0
    assert (desk / "pasted.png").exists()
    assert (desk / "runs/mine/snapshots/000000008.safetensors").exists()


def test_the_first_edits_work(desk):
    assert len(commands("docs/start.md")) == 2
    for arguments in commands("docs/start.md"):
        assert main(arguments) == 0
    assert (desk / "blend.png").exists()
    assert (desk / "pasted.png").exists()


@pytest.mark.parametrize(
    ("page", "written"),
    [
        ("README.md", "blend.png"),
        ("docs/start.md", "blend.png"),
        ("docs/reference/python.md", "edited.png"),
        ("docs/guides/edit.md", "edited.png"),
        ("docs/guides/own-photos.md", "edited.png"),
        ("docs/guides/directions.md", "open.png"),
        ("docs/guides/provenance.md", "generated.png"),
        pytest.param("docs/guides/refine.md", "refined.png", marks=pytest.mark.slow),
    ],
)
def test_the_python_of_a_page_works(desk, page, written):
    (program,) = blocks(page, "python")
    exec(program, {})  # our own page
    assert (desk / written).exists()


def test_the_first_pages_name_every_command():
    page = (ROOT / "docs/start.md").read_text("utf-8")
    assert not [name for name in COMMANDS if f"| `{name}` |" not in page]


def generator(name: str) -> dict[str, Any]:
    return runpy.run_path(str(ROOT / f"docs/generate/{name}.py"))


def test_the_reference_documents_all_of_the_public_interface():
    program = generator("public_names")
    undocumented = program["undocumented"]
    assert undocumented(program["reference"]()) == []
    assert undocumented("") == [name for name in stylemapgan.__all__ if name != "__version__"]


def test_the_configuration_page_names_every_field():
    tables = generator("configuration")["tables"]()
    for kind in (ModelConfig, TrainConfig, DataConfig):
        assert not [each.name for each in fields(kind) if each.name not in tables]


def test_the_command_line_page_has_every_command():
    page = generator("command_line")["commands"]()
    assert not [name for name in COMMANDS if f"\n## {name}\n" not in f"\n{page}"]


def test_the_http_page_has_every_request():
    page = generator("http_requests")["requests"]()
    assert "### `POST /edit`" in page
    assert "| `strength` | number, at least 0, at most 1 |" in page
    links = set(re.findall(r"\]\(#(\w+)\)", page))
    assert links <= {name.lower() for name in re.findall(r"^### (\w+)$", page, re.MULTILINE)}


def test_links_in_the_documentation_lead_somewhere():
    for page in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]:
        for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text("utf-8")):
            if not target.startswith("http"):
                assert (page.parent / target).exists(), f"{page.name}: {target}"

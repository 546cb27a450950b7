"""What the documentation says is so."""

import re
import runpy
import shlex
import tomllib
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import stylemapgan
from stylemapgan import images
from stylemapgan.checkpoints.method_file import MethodCheckpoint, write_method
from stylemapgan.cli.main import COMMANDS, command_line, main
from stylemapgan.config import DataConfig, ModelConfig, TrainConfig, preset
from stylemapgan.methods.backbone.recipe import BACKBONE
from stylemapgan.training.recipe import new_state

ROOT = Path(__file__).parents[1]
SHORT = ["--images", "8", "--perceptual-network", "none"]
"""Added to the README's training command, which would take hours."""
PAGES = ["README.md", *(str(path.relative_to(ROOT)) for path in sorted(ROOT.glob("docs/**/*.md")))]


@pytest.fixture
def working_folder(tmp_path, monkeypatch) -> Path:
    """A folder with the pictures that the README's examples name."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    random = np.random.default_rng(0)
    for name in (
        "one.jpg",
        "other.jpg",
        "hand.jpg",
        "portrait.jpg",
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
    text = "".join(blocks(page, "sh")).replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line.startswith("stylemapgan ")]
    return [shlex.split(line, comments=True)[1:] for line in lines]


@pytest.mark.parametrize(
    "page",
    [page for page in PAGES if commands(page)],
)
def test_the_commands_of_a_page_exist(page, monkeypatch):
    monkeypatch.setenv("STYLEMAPGAN_TOKEN", "sixteen-or-more-letters")
    for arguments in commands(page):
        command_line().parse_args(arguments, exit_on_error=False, print_error=False)


def test_the_commands_of_the_readme_work(working_folder):
    assert len(commands("README.md")) == 3
    for arguments in commands("README.md"):
        extra = SHORT if "--preset" in arguments else []
        assert main([*arguments, *extra]) == 0
    assert (working_folder / "pasted.png").exists()
    assert (working_folder / "runs/mine/snapshots/000000008.safetensors").exists()


def test_the_first_edits_work(working_folder):
    assert len(commands("docs/start.md")) == 3
    for arguments in commands("docs/start.md"):
        if arguments != ["studio"]:  # which runs until somebody stops it
            assert main(arguments) == 0
    assert (working_folder / "blend.png").exists()
    assert (working_folder / "pasted.png").exists()


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
def test_the_python_of_a_page_works(working_folder, page, written):
    (program,) = blocks(page, "python")
    exec(program, {})  # our own page
    assert (working_folder / written).exists()


def test_the_python_about_the_vector_backbone_works():
    program, _ = blocks("docs/concepts/rivals.md", "python")
    names: dict[str, Any] = {}
    exec(program, names)  # our own page
    assert names["edited"].shape == (1, 3, 32, 32)


def test_the_python_about_editing_in_style_works(working_folder):
    _, program = blocks("docs/concepts/rivals.md", "python")
    config = preset("vector-tiny-32")
    state = new_state(BACKBONE, config, torch.device("cpu"))
    packed = BACKBONE.pack(config, state)
    assert isinstance(packed, MethodCheckpoint)
    write_method(Path("backbone.safetensors"), packed)
    names: dict[str, Any] = {}
    exec(program, names)  # our own page
    assert names["edited"].shape == (1, 3, 32, 32)


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


def test_the_house_style_lists_the_layers_that_the_linter_enforces():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    contracts = project["tool"]["importlinter"]["contracts"]
    (contract,) = (each for each in contracts if each["type"] == "layers")
    (table,) = re.findall(
        r"## Layers\n\n```text\n(.*?)```", (ROOT / "STYLE.md").read_text("utf-8"), re.S
    )
    rows = [line[:45].split() for line in table.splitlines()]  # the second column explains
    assert rows == [layer.split(" | ") for layer in contract["layers"]]

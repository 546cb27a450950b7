"""What all tests share."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # before torch is imported
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before NumPy is
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")  # before anything imports ONNX Runtime
if "PYTEST_XDIST_WORKER" in os.environ:  # workers share the cores
    os.environ.setdefault("OMP_NUM_THREADS", "1")

import pytest
from filelock import FileLock

if os.environ.get("STYLEMAPGAN_CHECK_SHAPES", "1") == "1":  # a third of the time
    from jaxtyping import install_import_hook

    install_import_hook("stylemapgan", "beartype.beartype")

if TYPE_CHECKING:  # loaded in fixtures: the process that hands out tests needs none of it
    from stylemapgan.checkpoints import Checkpoint

FACES = Path(
    os.environ.get("STYLEMAPGAN_FACES", Path(__file__).parents[2] / "shared" / "data" / "faces")
)
HANDS = Path(
    os.environ.get("STYLEMAPGAN_HANDS", Path(__file__).parents[2] / "shared" / "data" / "hands")
)


@pytest.fixture(autouse=True)
def _same_randomness_every_time() -> None:
    import torch

    torch.manual_seed(0)


@pytest.fixture(scope="session")
def build_once(tmp_path_factory) -> Callable[[str, Callable[[Path], object]], Path]:
    """Build a folder for all workers: the first that asks builds it, the others wait for it."""
    shared: Path = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent  # that of all workers

    def build(name: str, write: Callable[[Path], object]) -> Path:
        folder, unfinished = shared / name, shared / f"{name}.part"
        with FileLock(shared / f"{name}.lock"):
            if not folder.exists():
                write(unfinished)
                unfinished.rename(folder)
        return folder

    return build


@pytest.fixture(scope="session")
def tiny_checkpoint() -> Checkpoint:
    """Networks with random weights, as small as they get."""
    import torch

    from stylemapgan.checkpoints.networks import pack
    from stylemapgan.config import preset
    from stylemapgan.models import Encoder, Generator

    torch.manual_seed(0)
    config = preset("tiny-32").model
    return pack(
        config,
        Generator(config),
        Encoder(config),
        images_seen=77,
        licence="Apache-2.0",
        data="Fotos von Händen",
    )


@pytest.fixture(scope="session")
def exported_tiny(tiny_checkpoint, build_once) -> Path:
    """A folder with `networks`, the checkpoint as ONNX files, and with how exact they are."""
    import numpy as np

    from stylemapgan.interop.onnx_export import export

    def write(folder: Path) -> None:
        folder.mkdir()
        photos = np.random.default_rng(0).uniform(-1, 1, (3, 3, 32, 32)).astype(np.float32)
        written = export(tiny_checkpoint, folder / "networks", photos)
        errors = {network.name: network.error for network in written}
        (folder / "errors.json").write_text(json.dumps(errors))

    return build_once("exported-tiny", write)


@pytest.fixture(scope="session")
def portraits() -> list[Path]:
    """Aligned portraits of adults, which fill their pictures as the face model expects."""
    if not (FACES / "val").is_dir():
        pytest.skip(f"the portraits are not at {FACES}; set STYLEMAPGAN_FACES to run this")
    return sorted((FACES / "val").glob("*.jpg"))


@pytest.fixture(scope="session")
def hands() -> Path:
    """The photos of hands: a folder with `train`, `val` and `labels.csv`."""
    if not (HANDS / "val").is_dir():
        pytest.skip(f"the photos of hands are not at {HANDS}; set STYLEMAPGAN_HANDS to run this")
    return HANDS


@pytest.fixture(scope="session")
def backbone_model(tmp_path_factory) -> Path:
    """The file of a vector backbone with random weights; it opens Editing in Style, too."""
    import torch

    from stylemapgan.checkpoints.method_file import MethodCheckpoint, write_method
    from stylemapgan.config import preset
    from stylemapgan.methods.backbone.recipe import BACKBONE
    from stylemapgan.training.recipe import new_state

    torch.manual_seed(0)
    config = preset("vector-tiny-32")
    packed = BACKBONE.pack(config, new_state(BACKBONE, config, torch.device("cpu")))
    assert isinstance(packed, MethodCheckpoint)
    path = tmp_path_factory.mktemp("backbone") / "backbone.safetensors"
    write_method(path, packed)
    return path


@pytest.fixture
def colour_model(tmp_path, monkeypatch) -> Path:
    """The file of a method that halves the mean colours of photos; the method is registered."""
    from mean_colour import write_mean_colour
    from stylemapgan.methods.registry import TRAINED_METHODS

    monkeypatch.setitem(TRAINED_METHODS, "mean-colour", ("mean_colour:MeanColour",))
    path = tmp_path / "colours.safetensors"
    write_mean_colour(path, 0.5)
    return path

"""What all tests share."""

import os
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # before torch is imported
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before NumPy is
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")  # before anything imports ONNX Runtime
if "PYTEST_XDIST_WORKER" in os.environ:  # workers share the cores
    os.environ.setdefault("OMP_NUM_THREADS", "1")

import pytest
from filelock import FileLock
from jaxtyping import install_import_hook

install_import_hook("stylemapgan", "beartype.beartype")  # shapes are checked as tests run

import torch

HANDS = Path(
    os.environ.get("STYLEMAPGAN_HANDS", Path(__file__).parents[2] / "shared" / "data" / "hands")
)


@pytest.fixture(autouse=True)
def _same_randomness_every_time() -> None:
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
def hands() -> Path:
    """The photos of hands: a folder with `train`, `val` and `labels.csv`."""
    if not (HANDS / "val").is_dir():
        pytest.skip(f"the photos of hands are not at {HANDS}; set STYLEMAPGAN_HANDS to run this")
    return HANDS

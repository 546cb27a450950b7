"""Golden fixtures: outputs of the reference networks, and the checkpoints they came from."""

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

TESTS = Path(__file__).parents[1]
SHIPPED = TESTS / "data/golden"
LARGER = Path(os.environ.get("STYLEMAPGAN_GOLDEN", TESTS.parents[1] / "shared/golden"))
PATHS = (
    LARGER / "a_full_64_8_layernorm.pt",
    SHIPPED / "b_light_32_8_layernorm.pt",
    SHIPPED / "c_full_32_4_instancenorm.pt",
)


@dataclass(frozen=True)
class Golden:
    released: Path
    """A checkpoint in the released format."""
    arrays: dict[str, np.ndarray]
    """What its networks computed."""


@pytest.fixture(params=PATHS, ids=lambda path: path.stem, scope="session")
def golden(request) -> Golden:
    released: Path = request.param
    if not released.exists():
        pytest.skip(f"{released.name} is not here: set STYLEMAPGAN_GOLDEN to its folder")
    with np.load(released.with_suffix(".npz")) as arrays:
        return Golden(released, dict(arrays))

"""Networks with random weights, as small as they get."""

from pathlib import Path

import pytest

from stylemapgan.checkpoints.networks import Networks, build


@pytest.fixture(scope="session")
def networks(tiny_checkpoint) -> Networks:
    return build(tiny_checkpoint)


@pytest.fixture(scope="session")
def exported(exported_tiny) -> Path:
    """The same networks as a folder of ONNX files."""
    return exported_tiny / "networks"

"""Networks with random weights, as small as they get."""

import pytest
import torch

from stylemapgan.checkpoints.networks import Networks
from stylemapgan.config import preset
from stylemapgan.models import Encoder, Generator


@pytest.fixture(scope="session")
def networks() -> Networks:
    torch.manual_seed(0)
    config = preset("tiny-32").model
    return Networks(generator=Generator(config).eval(), encoder=Encoder(config).eval())

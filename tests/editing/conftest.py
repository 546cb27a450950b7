"""Networks with random weights, as small as they get."""

from pathlib import Path

import numpy as np
import pytest
import torch

from stylemapgan.checkpoints.networks import Networks, pack
from stylemapgan.config import preset
from stylemapgan.interop.onnx_export import export
from stylemapgan.models import Encoder, Generator
from stylemapgan.zoo import ONNX_NETWORKS


@pytest.fixture(scope="session")
def networks() -> Networks:
    torch.manual_seed(0)
    config = preset("tiny-32").model
    return Networks(generator=Generator(config).eval(), encoder=Encoder(config).eval())


@pytest.fixture(scope="session")
def exported(networks, build_once) -> Path:
    """The same networks as a folder of ONNX files."""
    packed = pack(
        networks.generator.config,
        networks.generator,
        networks.encoder,
        images_seen=0,
        licence="",
        data="",
    )
    photos = np.random.default_rng(0).uniform(-1, 1, (4, 3, 32, 32)).astype(np.float32)
    names = ONNX_NETWORKS[:-1]  # all that editing needs
    return build_once("exported", lambda folder: export(packed, folder, photos, names=names))

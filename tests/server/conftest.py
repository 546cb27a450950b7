"""A server with a tiny model."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from running_site import Site, run_site

from stylemapgan.checkpoints import write
from stylemapgan.checkpoints.networks import pack
from stylemapgan.config import preset
from stylemapgan.models import Encoder, Generator
from stylemapgan.server.server_config import ServerConfig


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory) -> Path:
    torch.manual_seed(0)
    config = preset("tiny-32").model
    path = tmp_path_factory.mktemp("server-model") / "tiny.safetensors"
    networks = Generator(config), Encoder(config)
    write(path, pack(config, *networks, images_seen=1, licence="Apache-2.0", data="Nothing"))
    return path


@pytest.fixture(scope="session")
def config(tiny_model) -> ServerConfig:
    return ServerConfig(port=0, model=str(tiny_model), models=())


@pytest.fixture(scope="module")
def site(config) -> Iterator[Site]:
    with run_site(config) as running:
        yield running


@pytest.fixture(scope="module")
def start(config) -> Callable[..., Any]:
    """Start a server with a changed configuration."""

    def start_site(clock: Callable[[], float] = time.monotonic, **changes: Any):
        return run_site(replace(config, **changes), clock)

    return start_site

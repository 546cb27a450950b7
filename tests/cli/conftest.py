"""A tiny model with random weights, photos, and a way to run commands."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from stylemapgan.checkpoints import write
from stylemapgan.checkpoints.networks import pack
from stylemapgan.cli.main import main
from stylemapgan.config import preset
from stylemapgan.models import Encoder, Generator


@pytest.fixture(scope="session")
def model(tmp_path_factory) -> Path:
    torch.manual_seed(0)
    config = preset("tiny-32").model
    path = tmp_path_factory.mktemp("model") / "tiny.safetensors"
    checkpoint = pack(
        config,
        Generator(config),
        Encoder(config),
        images_seen=1234,
        licence="Apache-2.0",
        data="Nothing at all",
    )
    write(path, checkpoint)
    return path


@pytest.fixture
def photos(tmp_path, monkeypatch) -> list[str]:
    """Three photos of different sizes, alone in a folder that becomes the working folder."""
    monkeypatch.chdir(tmp_path)
    names = ["photo-0.png", "photo-1.png", "photo-2.png"]
    for index, (width, height) in enumerate([(64, 48), (40, 80), (32, 32)]):
        ramp = np.linspace(0, 255, width * height).reshape(height, width)
        pixels = np.stack([np.roll(ramp, 9 * index * c, axis=1) for c in (0, 1, 2)], axis=-1)
        Image.fromarray(pixels.astype(np.uint8)).save(names[index])
    return names


@dataclass
class Outcome:
    code: int
    out: str
    err: str


@pytest.fixture
def run(capsys) -> Callable[..., Outcome]:
    def run_command(*arguments: object) -> Outcome:
        code = main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return Outcome(code, captured.out, captured.err)

    return run_command

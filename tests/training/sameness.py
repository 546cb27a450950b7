"""Compare what runs ended with, bit by bit."""

import dataclasses
from pathlib import Path
from typing import Any

import torch

from stylemapgan.checkpoints import read


def assert_same(one: Any, other: Any, place: str = "state") -> None:
    """Compare nested dictionaries and lists of tensors and numbers, bit by bit."""
    if isinstance(one, torch.Tensor):
        assert torch.equal(one, other), place
    elif isinstance(one, dict):
        assert one.keys() == other.keys(), place
        for key in one:
            assert_same(one[key], other[key], f"{place}.{key}")
    elif isinstance(one, list | tuple):
        for index, (a, b) in enumerate(zip(one, other, strict=True)):
            assert_same(a, b, f"{place}[{index}]")
    else:
        assert one == other, place


def assert_same_model(one: Path, other: Path) -> None:
    """Compare the last snapshots of two runs, bit by bit."""
    first, second = (read(max((run / "snapshots").iterdir())) for run in (one, other))
    assert dataclasses.replace(first, tensors={}) == dataclasses.replace(second, tensors={})
    assert first.tensors.keys() == second.tensors.keys()
    for name, tensor in first.tensors.items():
        assert tensor.tobytes() == second.tensors[name].tobytes(), name

"""FID's Inception has the structure of its public weights, its own pooling and the clean resize."""

import dataclasses
import hashlib
import math
from pathlib import Path

import numpy as np
import pytest
import torch

from stylemapgan.errors import DataError
from stylemapgan.features import inception
from stylemapgan.features.inception import (
    FIDInception,
    InceptionA,
    InceptionC,
    InceptionE,
    clean_resize,
    load_inception,
)
from stylemapgan.metrics.clouds import inception_features

STEM = """
Conv2d_1a_3x3 3 32 3 3
Conv2d_2a_3x3 32 32 3 3
Conv2d_2b_3x3 32 64 3 3
Conv2d_3b_1x1 64 80 1 1
Conv2d_4a_3x3 80 192 3 3
"""
A = """
branch1x1 {into} 64 1 1
branch5x5_1 {into} 48 1 1
branch5x5_2 48 64 5 5
branch3x3dbl_1 {into} 64 1 1
branch3x3dbl_2 64 96 3 3
branch3x3dbl_3 96 96 3 3
branch_pool {into} {other} 1 1
"""
B = """
branch3x3 {into} 384 3 3
branch3x3dbl_1 {into} 64 1 1
branch3x3dbl_2 64 96 3 3
branch3x3dbl_3 96 96 3 3
"""
C = """
branch1x1 {into} 192 1 1
branch7x7_1 {into} {other} 1 1
branch7x7_2 {other} {other} 1 7
branch7x7_3 {other} 192 7 1
branch7x7dbl_1 {into} {other} 1 1
branch7x7dbl_2 {other} {other} 7 1
branch7x7dbl_3 {other} {other} 1 7
branch7x7dbl_4 {other} {other} 7 1
branch7x7dbl_5 {other} 192 1 7
branch_pool {into} 192 1 1
"""
D = """
branch3x3_1 {into} 192 1 1
branch3x3_2 192 320 3 3
branch7x7x3_1 {into} 192 1 1
branch7x7x3_2 192 192 1 7
branch7x7x3_3 192 192 7 1
branch7x7x3_4 192 192 3 3
"""
E = """
branch1x1 {into} 320 1 1
branch3x3_1 {into} 384 1 1
branch3x3_2a 384 384 1 3
branch3x3_2b 384 384 3 1
branch3x3dbl_1 {into} 448 1 1
branch3x3dbl_2 448 384 3 3
branch3x3dbl_3a 384 384 1 3
branch3x3dbl_3b 384 384 3 1
branch_pool {into} 192 1 1
"""
BLOCKS = {
    "Mixed_5b": (A, 192, 32), "Mixed_5c": (A, 256, 64), "Mixed_5d": (A, 288, 64),
    "Mixed_6a": (B, 288, 0),
    "Mixed_6b": (C, 768, 128), "Mixed_6c": (C, 768, 160),
    "Mixed_6d": (C, 768, 160), "Mixed_6e": (C, 768, 192),
    "Mixed_7a": (D, 768, 0),
    "Mixed_7b": (E, 1280, 0), "Mixed_7c": (E, 2048, 0),
}  # fmt: skip
"""Kind of block, channels that go in, width that is the block's own."""
BRANCHES_OF_A = (64, 64, 96)
"""Channels of the branches before the pool."""


def published_shapes() -> dict[str, tuple[int, ...]]:
    """Names and shapes of the public file, from the tables above: (out, in, height, width)."""
    lines = STEM.split("\n") + [
        f"{block}.{line.format(into=into, other=other)}"
        for block, (table, into, other) in BLOCKS.items()
        for line in table.strip().split("\n")
    ]
    shapes: dict[str, tuple[int, ...]] = {}
    for line in filter(None, lines):
        name, *numbers = line.split()
        into, out, height, width = map(int, numbers)
        shapes[f"{name}.conv.weight"] = (out, into, height, width)
        for each in ("weight", "bias", "running_mean", "running_var"):
            shapes[f"{name}.bn.{each}"] = (out,)
    return shapes | {"fc.weight": (1008, 2048), "fc.bias": (1008,)}


@pytest.fixture(scope="module")
def network() -> FIDInception:
    torch.manual_seed(0)
    return FIDInception()


def test_names_and_shapes_are_those_of_the_public_file(network):
    found = {name: tuple(value.shape) for name, value in network.state_dict().items()
             if not name.endswith("num_batches_tracked")}  # fmt: skip
    assert found == published_shapes()
    assert len([name for name in found if name.endswith("conv.weight")]) == 94


def test_parameters_are_as_many_as_the_architecture_has(network):
    expected = sum(
        math.prod(shape) for name, shape in published_shapes().items() if "running" not in name
    )
    assert expected == 23_850_960  # torchvision's 27,161,264, no auxiliary head, 8 more classes
    assert expected == 27_161_264 - (98_304 + 256 + 2_457_600 + 1_536 + 769_000) + 8 * 2049
    assert sum(parameter.numel() for parameter in network.parameters()) == expected


def test_every_block_sees_the_resolution_of_the_paper(network):
    seen = {}
    hooks = [
        module.register_forward_hook(
            lambda _, __, out, name=name: seen.update({name: (out.shape[1], out.shape[2])})
        )
        for name, module in network.named_children()
        if name != "fc"
    ]
    features = network(torch.rand(1, 3, 299, 299) * 255)
    for hook in hooks:
        hook.remove()
    assert features.shape == (1, 2048)
    assert list(seen.values()) == [
        (32, 149), (32, 147), (64, 147), (80, 73), (192, 71),
        (256, 35), (288, 35), (288, 35), (768, 17),
        (768, 17), (768, 17), (768, 17), (768, 17),
        (1280, 8), (2048, 8), (2048, 8),
    ]  # fmt: skip


def pooled_by(block: InceptionA | InceptionC | InceptionE, before: int) -> torch.Tensor:
    """What a block's pool makes of 1…9, seen through a pool branch that passes a channel on."""
    branch = block.branch_pool
    with torch.no_grad():
        for parameter in block.parameters():
            parameter.zero_()
        branch.conv.weight[0, 0] = 1
        branch.bn.weight[0] = math.sqrt(1 + 1e-3)  # undoes the division by the deviation
    ramp = torch.zeros(1, branch.conv.in_channels, 3, 3)
    ramp[0, 0] = torch.arange(1.0, 10.0).view(3, 3)
    return block.eval()(ramp)[0, before]


MEANS = torch.tensor([[3.0, 3.5, 4.0], [4.5, 5.0, 5.5], [6.0, 6.5, 7.0]])
"""Of 4, 6 or 9 neighbours that lie inside: the corner is (1 + 2 + 4 + 5) / 4."""
LARGEST = torch.tensor([[5.0, 6.0, 6.0], [8.0, 9.0, 9.0], [8.0, 9.0, 9.0]])


def test_means_at_the_border_leave_the_padding_out_and_the_last_pool_is_a_maximum(network):
    first, middle = InceptionA(192, pooled=32), InceptionC(768, middle=128)
    torch.testing.assert_close(pooled_by(first, sum(BRANCHES_OF_A)), MEANS)
    torch.testing.assert_close(pooled_by(middle, 3 * 192), MEANS)
    for name, expected in (("Mixed_7b", MEANS), ("Mixed_7c", LARGEST)):
        block = InceptionE(8, pool=getattr(network, name).pool)
        torch.testing.assert_close(pooled_by(block, 320 + 4 * 384), expected)


def test_pictures_are_scaled_as_the_tensorflow_graph_does(network):
    seen = []
    hook = network.Conv2d_1a_3x3.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    levels = torch.zeros(1, 3, 299, 299)
    levels[0, 1], levels[0, 2] = 128.0, 255.0
    network(levels)
    hook.remove()
    assert seen[0][0, :, 0, 0].tolist() == [-1.0, 0.0, 127 / 128]


def bicubic(distance: float) -> float:
    """Keys' kernel with a = -0.5, which Pillow uses."""
    x = abs(distance)
    if x < 1:
        return 1.5 * x**3 - 2.5 * x**2 + 1
    return -0.5 * x**3 + 2.5 * x**2 - 4 * x + 2 if x < 2 else 0.0


def resize_row(row: np.ndarray, length: int) -> np.ndarray:
    """Antialiased bicubic, value by value: the kernel widens with the scale when shrinking."""
    scale = len(row) / length
    stretch = max(scale, 1.0)
    resized = []
    for at in range(length):
        centre = (at + 0.5) * scale
        weights = [bicubic((j + 0.5 - centre) / stretch) for j in range(len(row))]
        resized.append(sum(w * v for w, v in zip(weights, row, strict=True)) / sum(weights))
    return np.array(resized)


@pytest.mark.parametrize("side", [64, 640])
def test_the_clean_resize_is_an_antialiased_bicubic_one(side):
    levels = np.random.default_rng(0).integers(40, 216, (2, side))
    pictures = np.broadcast_to(levels[:, None, None, :], (2, 3, side, side)) / 127.5 - 1
    resized = clean_resize(pictures.astype(np.float32))
    assert resized.shape == (2, 3, 299, 299)
    expected = np.stack([resize_row(row, 299) for row in levels.astype(float)])
    found = resized[:, 1, 100]
    np.testing.assert_allclose(found, np.clip(expected, 0, 255), atol=0.01)
    assert np.abs(found - np.rint(found)).max() > 0.3  # nothing is rounded after


def test_the_clean_resize_of_pictures_in_range_keeps_to_it():
    edges = np.where(np.indices((1, 3, 32, 32))[3] % 8 < 4, -1.0, 1.0).astype(np.float32)
    resized = clean_resize(edges)
    assert (resized.min(), resized.max()) == (0, 255)


def test_pictures_are_rounded_to_bytes_before_the_clean_resize():
    levels = np.random.default_rng(0).integers(1, 255, (1, 3, 32, 32))
    whole, between = levels / 127.5 - 1, (levels + 0.3) / 127.5 - 1
    resized = clean_resize(whole.astype(np.float32))
    np.testing.assert_array_equal(clean_resize(between.astype(np.float32)), resized)


def test_features_do_not_depend_on_how_pictures_are_batched(network):
    pictures = torch.rand(3, 3, 40, 40) * 2 - 1
    together = inception_features(network, [pictures])
    apart = inception_features(network, pictures.split(2))
    assert together.shape == (3, 2048)
    np.testing.assert_allclose(together, apart, rtol=1e-4, atol=1e-5)


def publish(path: Path, weights: dict[str, torch.Tensor], monkeypatch) -> None:
    """Save weights as their authors did, in the format of that time."""
    torch.save(weights, path, _use_new_zipfile_serialization=False)
    content = path.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    changed = dataclasses.replace(inception.FID_INCEPTION, size=len(content), sha256=digest)
    monkeypatch.setattr(inception, "FID_INCEPTION", changed)


@pytest.mark.parametrize("with_counters", [True, False])
def test_public_weights_end_up_in_the_right_places(network, tmp_path, monkeypatch, with_counters):
    weights = {name: value for name, value in network.state_dict().items()
               if with_counters or "num_batches" not in name}  # fmt: skip
    publish(tmp_path / "any-name.pth", weights, monkeypatch)
    loaded = load_inception([tmp_path / "any-name.pth"]).state_dict()
    assert loaded.keys() == network.state_dict().keys()
    assert all(torch.equal(loaded[name], value) for name, value in weights.items())


def test_without_a_connection_the_offline_way_is_named(web, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    missing = dataclasses.replace(inception.FID_INCEPTION, url=f"{web.address}/nowhere.pth")
    monkeypatch.setattr(inception, "FID_INCEPTION", missing)
    with pytest.raises(DataError) as error:
        load_inception()
    message = str(error.value)
    assert "\n" not in message
    for part in (missing.name, missing.url, str(tmp_path), "--weights", "EfficientNet-Lite0"):
        assert part in message


def test_the_weights_downloaded_are_the_public_ones():
    asked = inception.FID_INCEPTION
    assert asked.name == "pt_inception-2015-12-05-6726825d.pth"
    assert asked.url.endswith(f"/mseitzer/pytorch-fid/releases/download/fid_weights/{asked.name}")
    assert asked.sha256.startswith("6726825d")  # its author put it into the name
    assert len(asked.sha256) == 64

"""LPIPS has the structure of its public weights, and computes what they mean."""

import hashlib
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from stylemapgan.errors import DataError
from stylemapgan.features import load_distance, perceptual
from stylemapgan.features.perceptual import LPIPS, MEAN, STD, VGG16Features, load_lpips
from stylemapgan.features.weights import PublicWeights

CONVOLUTIONS = {
    0: (64, 3), 2: (64, 64),
    5: (128, 64), 7: (128, 128),
    10: (256, 128), 12: (256, 256), 14: (256, 256),
    17: (512, 256), 19: (512, 512), 21: (512, 512),
    24: (512, 512), 26: (512, 512), 28: (512, 512),
}  # fmt: skip
"""Positions and widths of the convolutions in torchvision's `vgg16().features`."""


WIDTHS = (64, 128, 256, 512, 512)


@pytest.fixture(scope="module")
def simple() -> LPIPS:
    """LPIPS whose VGG passes the red channel on, beside a channel that is always 1."""
    distance = LPIPS()
    with torch.no_grad():
        for layer in distance.network.features:
            if isinstance(layer, nn.Conv2d):
                assert layer.bias is not None
                layer.weight.zero_()
                layer.weight[0, 0, 1, 1] = 1.0
                layer.bias.zero_()
                layer.bias[1] = 1.0
        for stage, weights in enumerate(distance.channel_weights):
            weights.zero_()
            weights[0], weights[1] = 1.0 + stage, 0.5
    return distance


def test_names_and_shapes_are_torchvisions():
    expected = {}
    for position, (out, into) in CONVOLUTIONS.items():
        expected[f"features.{position}.weight"] = (out, into, 3, 3)
        expected[f"features.{position}.bias"] = (out,)
    state = VGG16Features().state_dict()
    assert {name: tuple(value.shape) for name, value in state.items()} == expected
    assert sum(value.numel() for value in state.values()) == 14_714_688


def test_features_come_from_the_end_of_each_stage():
    features = VGG16Features()(torch.zeros(1, 3, 32, 32))
    shapes = [(each.shape[1], each.shape[2]) for each in features]
    assert shapes == [(64, 32), (128, 16), (256, 8), (512, 4), (512, 2)]
    assert all((each >= 0).all() for each in features)  # after the ReLU


def test_the_distance_agrees_with_one_computed_by_hand(simple):
    one, other = torch.rand(2, 2, 3, 16, 16) * 2 - 1
    expected = []
    for a, b in zip(one.double().numpy(), other.double().numpy(), strict=True):
        red = [np.maximum((each[0] - MEAN[0]) / STD[0], 0) for each in (a, b)]
        total = 0.0
        for stage in range(5):
            length = [np.sqrt(each**2 + 1) for each in red]
            first = (red[0] / length[0] - red[1] / length[1]) ** 2
            second = (1 / length[0] - 1 / length[1]) ** 2
            total += ((1 + stage) * first + 0.5 * second).mean()
            side = len(red[0]) // 2
            red = [each.reshape(side, 2, side, 2).max(axis=(1, 3)) for each in red if side]
        expected.append(total)
    np.testing.assert_allclose(simple(one, other).numpy(), expected, rtol=1e-5)


def test_equal_pictures_have_distance_0_and_gradients_flow(simple):
    pictures = (torch.rand(2, 3, 16, 16) * 2 - 1).requires_grad_()
    assert simple(pictures, pictures.detach()).tolist() == [0.0, 0.0]
    simple(pictures, pictures.detach().flip(0)).sum().backward()
    assert pictures.grad is not None
    assert (pictures.grad[:, 0].abs().sum(dim=(1, 2)) > 0).all()
    assert not any(parameter.requires_grad for parameter in simple.parameters())


def publish(folder: Path, name: str, weights: dict[str, torch.Tensor]) -> PublicWeights:
    """Save weights as their authors would."""
    torch.save(weights, folder / name)
    content = (folder / name).read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    return PublicWeights(name, f"https://nowhere.invalid/{name}", len(content), digest)


def test_public_weights_end_up_in_the_right_places(tmp_path, monkeypatch):
    authors = LPIPS()
    vgg16 = authors.network.state_dict() | {"classifier.6.bias": torch.zeros(1000)}
    linear = {
        f"lin{stage}.model.1.weight": torch.rand(1, width, 1, 1)
        for stage, width in enumerate(WIDTHS)
    }
    monkeypatch.setattr(perceptual, "VGG16", publish(tmp_path, "vgg16.pth", vgg16))
    monkeypatch.setattr(perceptual, "LPIPS_VGG", publish(tmp_path, "linear.pth", linear))

    for loaded in (load_lpips([tmp_path]), load_distance("lpips-vgg16", tmp_path)):
        assert isinstance(loaded, LPIPS)
        for name, value in authors.network.state_dict().items():
            assert torch.equal(loaded.network.state_dict()[name], value)
        for stage, weights in enumerate(loaded.channel_weights):
            assert torch.equal(weights, linear[f"lin{stage}.model.1.weight"].flatten())


def test_the_weights_downloaded_are_the_public_ones():
    assert perceptual.VGG16.name == "vgg16-397923af.pth"
    assert perceptual.VGG16.sha256.startswith("397923af")  # torchvision puts it into the name
    assert len(perceptual.LPIPS_VGG.sha256) == 64


def test_the_error_names_the_offline_way_of_who_asks(web, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(
        perceptual, "VGG16", PublicWeights("vgg16.pth", f"{web.address}/", 10, "0" * 64)
    )
    with pytest.raises(DataError, match="or use --perceptual-network efficientnet-lite0, which"):
        load_distance("lpips-vgg16")
    with pytest.raises(DataError, match="or name it with --weights; the distance in features"):
        load_lpips()

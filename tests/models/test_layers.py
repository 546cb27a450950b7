"""Layers compute what their papers' formulas say, written out naively."""

import math
from collections.abc import Callable
from typing import TypeVar

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from stylemapgan.models.discriminator import append_minibatch_stddev
from stylemapgan.models.layers import EqualizedConv2d, EqualizedLinear, activate
from stylemapgan.models.resample import BLUR, DownConv2d, UpConv2d, blur

Layer = TypeVar("Layer", bound=torch.nn.Module)
ROOT_2 = math.sqrt(2)


def normal(*shape: int) -> Tensor:
    return torch.randn(shape, dtype=torch.float64)


def shaken(layer: Layer) -> Layer:
    """Move every parameter away from its start value, in float64."""
    with torch.no_grad():
        for parameter in layer.double().parameters():
            parameter.add_(torch.randn_like(parameter))
    return layer


def kernel(gain: float = 1.0) -> Tensor:
    line = torch.tensor(BLUR, dtype=torch.float64)
    return torch.outer(line, line) * gain / line.sum() ** 2


def naive_convolution(x: Tensor, weight: Tensor, stride: int = 1) -> Tensor:
    """Correlate, one output position after another, without padding."""
    size = weight.shape[-1]
    rows, columns = ((length - size) // stride + 1 for length in x.shape[-2:])
    result = x.new_zeros(x.shape[0], weight.shape[0], rows, columns)
    for row in range(rows):
        for column in range(columns):
            y, z = row * stride, column * stride
            patch = x[:, :, y : y + size, z : z + size]
            result[:, :, row, column] = torch.einsum("nihw,oihw->no", patch, weight)
    return result


def naive_blur(x: Tensor, padding: tuple[int, int], gain: float = 1.0) -> Tensor:
    before, after = padding
    channels = x.shape[1]
    diagonal = torch.eye(channels, dtype=x.dtype)[:, :, None, None] * kernel(gain)
    return naive_convolution(F.pad(x, (before, after, before, after)), diagonal)


def naive_transposed_convolution(x: Tensor, weight: Tensor) -> Tensor:
    """Add a copy of the kernel for every input position, two apart."""
    size = weight.shape[-1]
    rows, columns = (2 * (length - 1) + size for length in x.shape[-2:])
    result = x.new_zeros(x.shape[0], weight.shape[0], rows, columns)
    for row in range(x.shape[-2]):
        for column in range(x.shape[-1]):
            added = torch.einsum("ni,oihw->nohw", x[:, :, row, column], weight)
            result[:, :, 2 * row : 2 * row + size, 2 * column : 2 * column + size] += added
    return result


@pytest.mark.parametrize("kernel_size", [1, 3])
def test_an_equalised_convolution_scales_its_weights_by_their_fan_in(kernel_size):
    layer = shaken(EqualizedConv2d(5, 4, kernel_size, gain=ROOT_2))
    weight, bias = layer.parameters()
    x = normal(2, 5, 6, 7)
    side = kernel_size // 2
    scaled = weight / math.sqrt(5 * kernel_size**2)
    expected = naive_convolution(F.pad(x, (side,) * 4), scaled) + bias[:, None, None]
    torch.testing.assert_close(layer(x), expected * ROOT_2)


def test_an_equalised_linear_layer_is_slowed_down_by_its_multiplier():
    layer = shaken(EqualizedLinear(5, 4, learning_rate_multiplier=0.01))
    weight, bias = layer.parameters()
    x = normal(3, 5)
    expected = x @ (weight * 0.01 / math.sqrt(5)).T + bias * 0.01
    torch.testing.assert_close(layer(x), expected)


@pytest.mark.parametrize("multiplier", [1.0, 0.01])
def test_weights_start_such_that_the_variance_stays(multiplier):
    layer = EqualizedLinear(500, 500, gain=ROOT_2, learning_rate_multiplier=multiplier)
    activated = activate(layer(torch.randn(500, 500)))
    assert activated.square().mean().item() == pytest.approx(1 + 0.2**2, rel=0.1)


def test_the_gain_may_go_before_the_activation():
    x = normal(100)
    torch.testing.assert_close(activate(x * ROOT_2), F.leaky_relu(x, 0.2) * ROOT_2)


@pytest.mark.parametrize("padding", [(1, 1), (2, 1), (2, 2)])
def test_blur_matches_a_naive_loop(padding):
    x = normal(2, 3, 5, 6)
    torch.testing.assert_close(blur(x, padding=padding, gain=4.0), naive_blur(x, padding, gain=4.0))


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("size", [7, 8])
@pytest.mark.parametrize("padding", [(1, 1), (2, 1), (2, 2)])
def test_gradients_of_the_blur_are_those_of_an_ordinary_convolution(layout, stride, size, padding):
    def ordinary_blur(x: Tensor) -> Tensor:
        weight = kernel().expand(3, 1, 4, 4)
        return F.conv2d(F.pad(x, (*padding, *padding)), weight, stride=stride, groups=3)

    def gradients(filtered: Callable[[Tensor], Tensor]) -> list[Tensor]:
        (first,) = torch.autograd.grad(filtered(x).pow(3).sum(), x, create_graph=True)
        return [first, *torch.autograd.grad(first.pow(2).sum(), x)]

    x = normal(2, 3, size, size).contiguous(memory_format=layout).requires_grad_()
    ours = gradients(lambda x: blur(x, padding=padding, stride=stride))
    assert all(each.is_contiguous(memory_format=layout) for each in ours)
    torch.testing.assert_close(ours, gradients(ordinary_blur))


def test_blur_keeps_the_mean_of_a_flat_image():
    flat = torch.full((1, 2, 8, 8), 0.7)
    torch.testing.assert_close(blur(flat, padding=(0, 0)), flat[:, :, :5, :5])


@pytest.mark.parametrize(("kernel_size", "padding"), [(3, (1, 1)), (1, (2, 2))])
def test_up_convolution_is_a_transposed_convolution_a_blur_and_a_bias(kernel_size, padding):
    layer = shaken(UpConv2d(3, 4, kernel_size))
    weight, bias = layer.parameters()
    x = normal(2, 3, 4, 5)
    scaled = weight / math.sqrt(3 * kernel_size**2)
    grown = naive_transposed_convolution(x, scaled)
    expected = naive_blur(grown, padding, gain=4.0) + bias[:, None, None]
    assert expected.shape == (2, 4, 8, 10)
    torch.testing.assert_close(layer(x), expected)


@pytest.mark.parametrize(("kernel_size", "padding"), [(3, (2, 2)), (1, (1, 1))])
def test_down_convolution_is_a_blur_and_a_convolution_with_stride_2(kernel_size, padding):
    layer = shaken(DownConv2d(3, 4, kernel_size))
    weight, bias = layer.parameters()
    x = normal(2, 3, 8, 6)
    scaled = weight / math.sqrt(3 * kernel_size**2)
    blurred = naive_blur(x, padding)
    expected = naive_convolution(blurred, scaled, stride=2) + bias[:, None, None]
    assert expected.shape == (2, 4, 4, 3)
    torch.testing.assert_close(layer(x), expected)


@pytest.mark.parametrize("layer_class", [UpConv2d, DownConv2d])
def test_resampling_without_bias_keeps_a_flat_image_flat(layer_class):
    layer = layer_class(1, 1, kernel_size=1, bias=False)
    with torch.no_grad():
        layer.weight.fill_(1.0)
    inside = layer(torch.full((1, 1, 8, 8), 0.7))[..., 1:-1, 1:-1]
    torch.testing.assert_close(inside, torch.full_like(inside, 0.7))


def test_one_convolution_equals_a_grouped_one_with_a_copy_of_the_weights_for_every_image():
    layer = shaken(EqualizedConv2d(3, 4, kernel_size=3, bias=False))
    x = normal(5, 3, 6, 6)
    copies = layer.scaled_weight().repeat(5, 1, 1, 1)  # (5 * 4, 3, 3, 3)
    grouped = F.conv2d(x.reshape(1, 15, 6, 6), copies, padding=1, groups=5)
    torch.testing.assert_close(layer(x), grouped.reshape(5, 4, 6, 6))


@pytest.mark.parametrize("batch", [1, 3, 4, 8, 12])
def test_minibatch_stddev_matches_a_naive_loop(batch):
    x = normal(batch, 3, 2, 4)
    group = min(batch, 4)
    groups = batch // group
    found = append_minibatch_stddev(x)

    torch.testing.assert_close(found[:, :3], x)
    for image in range(batch):
        members = x[image % groups :: groups]
        deviations = [
            math.sqrt(position.var(correction=0).item() + 1e-8)
            for position in members.reshape(group, -1).unbind(1)
        ]
        expected = torch.full((2, 4), sum(deviations) / len(deviations)).double()
        torch.testing.assert_close(found[image, 3], expected, rtol=1e-5, atol=1e-7)


def test_minibatch_stddev_refuses_a_batch_that_does_not_divide():
    with pytest.raises(ValueError, match="6 images does not divide into groups of 4"):
        append_minibatch_stddev(torch.zeros(6, 1, 4, 4))

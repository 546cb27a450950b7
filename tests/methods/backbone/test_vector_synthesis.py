"""The synthesis network modulates channels by vectors, adds noise, and can be interrupted."""

import dataclasses
import math

import pytest
import torch
from torch import Tensor

from stylemapgan.config.presets import VECTOR_TINY_32
from stylemapgan.methods.backbone import Style, VectorSynthesis
from stylemapgan.methods.backbone.modulation import AffineStyle, modulate
from stylemapgan.methods.backbone.synthesis import StyledLayer
from stylemapgan.models.layers import EqualizedConv2d

LAYERS = VECTOR_TINY_32.layers
SIDES = [4, 4, 8, 8, 16, 16, 32, 32]
WIDTHS = [16, 16, 16, 16, 12, 12, 8, 8]


@pytest.fixture
def synthesis() -> VectorSynthesis:
    """In float64, with noise that shows."""
    network = VectorSynthesis(VECTOR_TINY_32).double()
    for layer in network.layers:
        torch.nn.init.normal_(layer.get_parameter("noise_strength"))
    return network


@pytest.fixture
def w_plus() -> Tensor:
    return torch.randn(3, LAYERS, 8, dtype=torch.double)


@pytest.fixture
def noise(synthesis) -> list[Tensor]:
    return [each.double() for each in synthesis.fixed_noise(seed=1)]


def naive_affine(affine: AffineStyle, w: list[float]) -> tuple[list[float], list[float]]:
    """Compute scales and shifts of one image, number by number."""
    weight, bias = affine.linear.weight.tolist(), affine.linear.bias.tolist()
    values = [
        sum(a * b for a, b in zip(row, w, strict=True)) / math.sqrt(len(w)) + offset
        for row, offset in zip(weight, bias, strict=True)
    ]
    channels = len(values) // 2
    return values[:channels], values[channels:]


def naive_adain(plane: list[list[float]], scale: float, shift: float) -> list[list[float]]:
    """Normalise one channel of one image, then scale and shift it."""
    values = [value for row in plane for value in row]
    mean = sum(values) / len(values)
    variance = sum((value - mean) ** 2 for value in values) / len(values)
    deviation = math.sqrt(variance + 1e-5)
    return [[(value - mean) / deviation * scale + shift for value in row] for row in plane]


def test_modulation_is_adain_with_an_affine_map_of_w():
    affine = AffineStyle(5, 6).double()
    affine.linear.bias.data += torch.randn(12)
    features = 3 + 2 * torch.randn(2, 6, 4, 5, dtype=torch.double)
    w = torch.randn(2, 5, dtype=torch.double)
    found = modulate(features, affine(w))
    for image in range(2):
        scales, shifts = naive_affine(affine, w[image].tolist())
        for channel in range(6):
            plane = features[image, channel].tolist()
            expected = naive_adain(plane, scales[channel], shifts[channel])
            torch.testing.assert_close(
                found[image, channel], torch.tensor(expected, dtype=torch.double)
            )


def test_an_empty_style_only_normalises():
    features = 3 + 2 * torch.randn(2, 6, 4, 4)
    scale, shift = AffineStyle(5, 6)(torch.zeros(2, 5))
    assert torch.equal(scale, torch.ones(2, 6, 1, 1))
    assert torch.equal(shift, torch.zeros(2, 6, 1, 1))
    normalised = modulate(features, Style(scale, shift))
    mean, variance = normalised.mean((2, 3)), normalised.var((2, 3), correction=0)
    torch.testing.assert_close(mean, torch.zeros(2, 6), atol=1e-5, rtol=0)
    torch.testing.assert_close(variance, torch.ones(2, 6), atol=1e-4, rtol=0)


def test_a_style_may_be_a_map_that_styles_each_position_by_itself():
    features = torch.randn(2, 6, 4, 4)
    ours, theirs = (Style(torch.randn(2, 6, 1, 1), torch.randn(2, 6, 1, 1)) for _ in range(2))
    left = torch.zeros(1, 1, 4, 4)
    left[..., :2] = 1
    mixed = Style(*(a * left + b * (1 - left) for a, b in zip(ours, theirs, strict=True)))
    found = modulate(features, mixed)
    torch.testing.assert_close(found[..., :2], modulate(features, ours)[..., :2])
    torch.testing.assert_close(found[..., 2:], modulate(features, theirs)[..., 2:])


@pytest.mark.parametrize("noises", [1, 2])
def test_a_layer_is_convolution_noise_activation_and_modulation(noises):
    convolution = EqualizedConv2d(3, 2, kernel_size=1, bias=False)
    layer = StyledLayer(convolution, 2).double()
    torch.nn.init.normal_(layer.noise_strength)
    features = torch.randn(2, 3, 4, 4, dtype=torch.double)
    noise = torch.randn(noises, 1, 4, 4, dtype=torch.double)
    style = Style(*torch.randn(2, 2, 2, 1, 1, dtype=torch.double))
    found = layer(features, style, noise)

    weight, strengths = convolution.weight[:, :, 0, 0].tolist(), layer.noise_strength.tolist()
    for image in range(2):
        pixels, grain = features[image].tolist(), noise[image % noises, 0].tolist()
        for channel in range(2):
            plane = [
                [
                    sum(weight[channel][c] * pixels[c][y][x] for c in range(3)) / math.sqrt(3)
                    + strengths[channel] * grain[y][x]
                    for x in range(4)
                ]
                for y in range(4)
            ]
            active = [[value if value > 0 else 0.2 * value for value in row] for row in plane]
            scale, shift = style.scale[image, channel].item(), style.shift[image, channel].item()
            expected = naive_adain(active, scale, shift)
            torch.testing.assert_close(
                found[image, channel], torch.tensor(expected, dtype=torch.double)
            )


def test_features_are_the_activations_after_each_layer(synthesis, w_plus, noise):
    shapes = [tuple(each.shape) for each in synthesis.features(w_plus, noise)]
    assert shapes == [(3, width, side, side) for width, side in zip(WIDTHS, SIDES, strict=True)]


def test_the_image_is_a_linear_map_of_the_last_activations(synthesis, w_plus, noise):
    last = synthesis.features(w_plus, noise)[-1]
    weight = synthesis.to_rgb.weight[:, :, 0, 0] / math.sqrt(8)
    expected = torch.einsum("oc,nchw->nohw", weight, last)
    torch.testing.assert_close(synthesis(w_plus, noise), expected)


@pytest.mark.parametrize("number", range(LAYERS + 1))
def test_going_on_from_any_layer_gives_the_image_of_the_whole_pass(
    synthesis, w_plus, noise, number
):
    styles = synthesis.styles(w_plus)
    before = [synthesis.start(3), *synthesis.activations(styles, noise)][number]
    found = synthesis.continue_from(before, number, styles, noise)
    assert torch.equal(found, synthesis(w_plus, noise))


@pytest.mark.parametrize("number", range(1, LAYERS))
def test_going_on_from_blended_activations_equals_blending_within_the_pass(
    synthesis, w_plus, noise, number
):
    """Blend at one layer: once with the two calls, once in a loop over all layers."""
    source, reference = w_plus[:1], w_plus[1:2]
    styles = synthesis.styles(source)
    theirs = synthesis.features(reference, noise)[number - 1]
    ours = synthesis.features(source, noise)[number - 1]
    mask = torch.rand(1, 1, *ours.shape[-2:], dtype=torch.double)
    blended = (1 - mask) * ours + mask * theirs

    features = synthesis.start(1)
    for each in range(LAYERS):
        features = synthesis.through_layer(each, features, styles[each], noise)
        if each == number - 1:
            features = (1 - mask) * features + mask * theirs
    expected = synthesis.to_rgb(features)

    found = synthesis.continue_from(blended, number, styles, noise)
    torch.testing.assert_close(found, expected)
    assert not torch.equal(found, synthesis(source, noise))


def test_a_style_changes_its_own_layer_and_the_later_ones(synthesis, w_plus, noise):
    before = synthesis.features(w_plus, noise)
    for number in range(LAYERS):
        changed = w_plus.clone()
        changed[:, number] += 1
        same = [
            torch.equal(a, b)
            for a, b in zip(before, synthesis.features(changed, noise), strict=True)
        ]
        assert same == [True] * number + [False] * (LAYERS - number)


def test_images_of_styles_are_those_of_their_vectors(synthesis, w_plus, noise):
    assert torch.equal(
        synthesis.image_of(synthesis.styles(w_plus), noise), synthesis(w_plus, noise)
    )


def test_fixed_noise_follows_from_the_seed_and_fits_every_layer(synthesis):
    first, again, other = (synthesis.fixed_noise(seed) for seed in (5, 5, 6))
    assert [tuple(each.shape) for each in first] == [(1, 1, side, side) for side in SIDES]
    for a, b, c in zip(first, again, other, strict=True):
        assert torch.equal(a, b)
        assert not torch.equal(a, c)


def test_equal_noise_gives_equal_images_whatever_is_beside_them(synthesis, w_plus, noise):
    torch.testing.assert_close(synthesis(w_plus, noise)[1:2], synthesis(w_plus[1:2], noise))
    assert torch.equal(synthesis(w_plus, noise), synthesis(w_plus, noise))


def test_each_image_may_have_noise_of_its_own(synthesis, w_plus):
    noise = [each.double() for each in synthesis.draw_noise(torch.Generator().manual_seed(0), 3)]
    together = synthesis(w_plus, noise)
    for image in range(3):
        own = [each[image : image + 1] for each in noise]
        torch.testing.assert_close(
            together[image : image + 1], synthesis(w_plus[image : image + 1], own)
        )


def test_noise_does_nothing_before_its_strength_is_learned(w_plus):
    synthesis = VectorSynthesis(VECTOR_TINY_32)
    w_plus = w_plus.float()
    assert torch.equal(synthesis(w_plus), synthesis(w_plus, synthesis.fixed_noise(0)))


def test_learned_noise_changes_images(synthesis, w_plus, noise):
    assert not torch.allclose(synthesis(w_plus), synthesis(w_plus, noise))


def test_a_constant_of_another_size_starts_a_shorter_network():
    config = dataclasses.replace(VECTOR_TINY_32, constant_size=8, generator_widths=(16, 12, 8))
    synthesis = VectorSynthesis(config)
    found = synthesis.features(torch.randn(1, 6, 8), synthesis.fixed_noise(0))
    assert [each.shape[-1] for each in found] == [8, 8, 16, 16, 32, 32]

"""The mapping network makes style vectors of noise: one for all layers, or one for each."""

import dataclasses
import math

import pytest
import torch
from torch import Tensor

from stylemapgan.config.presets import VECTOR_TINY_32
from stylemapgan.methods.backbone import VectorMapping, mean_w_plus, truncate

LAYERED = VECTOR_TINY_32
SHARED = dataclasses.replace(VECTOR_TINY_32, styles="shared")


def naive(mapping: VectorMapping, z: Tensor) -> list[float]:
    """Compute the last layer's activations for one z, number by number."""
    values = z.tolist()
    length = math.sqrt(sum(value**2 for value in values) / len(values) + 1e-8)
    values = [value / length for value in values]
    parameters = [parameter.tolist() for parameter in mapping.parameters()]
    for weight, bias in zip(parameters[::2], parameters[1::2], strict=True):
        scale = 0.01 * math.sqrt(2) / math.sqrt(len(values))
        sums = [
            sum(w * value for w, value in zip(row, values, strict=True)) * scale
            + offset * 0.01 * math.sqrt(2)
            for row, offset in zip(weight, bias, strict=True)
        ]
        values = [total if total > 0 else 0.2 * total for total in sums]
    return values


@pytest.fixture(params=[SHARED, LAYERED], ids=["shared", "layered"])
def mapping(request) -> VectorMapping:
    found = VectorMapping(request.param).double()
    for parameter in found.parameters():  # biases start at 0
        parameter.data += torch.randn_like(parameter)
    return found


def test_one_w_is_repeated_for_all_layers():
    mapping = VectorMapping(SHARED).double()
    z = torch.randn(2, 8, dtype=torch.double)
    w_plus = mapping(z)
    assert w_plus.shape == (2, SHARED.layers, 8)
    for row in range(2):
        expected = torch.tensor([naive(mapping, z[row])] * SHARED.layers, dtype=torch.double)
        torch.testing.assert_close(w_plus[row], expected)


def test_each_layer_gets_its_own_part_of_the_last_layer():
    mapping = VectorMapping(LAYERED).double()
    z = torch.randn(2, 8, dtype=torch.double)
    w_plus = mapping(z)
    assert w_plus.shape == (2, LAYERED.layers, 8)
    for row in range(2):
        values = naive(mapping, z[row])
        for layer in range(LAYERED.layers):
            expected = torch.tensor(values[8 * layer : 8 * layer + 8], dtype=torch.double)
            torch.testing.assert_close(w_plus[row, layer], expected)


def test_biases_count_as_much_as_weights(mapping):
    z = torch.randn(1, 8, dtype=torch.double)
    expected = torch.tensor(naive(mapping, z[0]), dtype=torch.double)
    torch.testing.assert_close(mapping(z)[0].flatten()[: len(expected)], expected)


def test_the_length_of_z_does_not_matter(mapping):
    z = torch.randn(3, 8, dtype=torch.double)
    torch.testing.assert_close(mapping(5 * z), mapping(z))


def test_the_mean_is_that_of_many_other_samples(mapping):
    mapping = mapping.float()
    with torch.no_grad():
        samples = mapping(torch.randn(20_000, 8))
    mean, spread = samples.mean(0, keepdim=True), samples.std(0, keepdim=True)
    found = mean_w_plus(mapping)
    assert found.shape == (1, 8, 8)
    assert not found.requires_grad
    assert ((found - mean).abs() < 6 * spread / math.sqrt(4_096)).all()


def test_the_mean_follows_from_the_seed(mapping):
    mapping = mapping.float()
    assert torch.equal(mean_w_plus(mapping, seed=3), mean_w_plus(mapping, seed=3))
    assert not torch.equal(mean_w_plus(mapping, seed=3), mean_w_plus(mapping, seed=4))


def test_truncation_goes_from_the_mean_to_the_sample():
    w_plus, mean = torch.randn(2, 8, 8), torch.randn(1, 8, 8)
    assert torch.equal(truncate(w_plus, mean, 0.0), mean.expand(2, -1, -1))
    torch.testing.assert_close(truncate(w_plus, mean, 1.0), w_plus)
    torch.testing.assert_close(truncate(w_plus, mean, 0.25), 0.75 * mean + 0.25 * w_plus)

"""ResNet-50 has the structure of its public weights, and computes what they mean."""

import math
from pathlib import Path

import numpy as np
import pytest
import torch

from stylemapgan.errors import CheckpointError
from stylemapgan.features.resnet import (
    Bottleneck,
    CNNDetection,
    ResNet50,
    load_cnn_detection,
)

NORM = ("weight", "bias", "running_mean", "running_var")


def published_shapes(outputs: int) -> dict[str, tuple[int, ...]]:
    """Names and shapes of torchvision's `resnet50`, written out from table 1."""
    convolutions = {"conv1": (64, 3, 7, 7)}
    into = 64
    for layer, (blocks, middle) in enumerate([(3, 64), (4, 128), (6, 256), (3, 512)], start=1):
        for block in range(blocks):
            name = f"layer{layer}.{block}"
            convolutions[f"{name}.conv1"] = (middle, into, 1, 1)
            convolutions[f"{name}.conv2"] = (middle, middle, 3, 3)
            convolutions[f"{name}.conv3"] = (4 * middle, middle, 1, 1)
            if block == 0:
                convolutions[f"{name}.downsample.0"] = (4 * middle, into, 1, 1)
            into = 4 * middle
    shapes: dict[str, tuple[int, ...]] = {}
    for name, shape in convolutions.items():
        norm = name.replace("conv", "bn").replace("downsample.0", "downsample.1")
        shapes[f"{name}.weight"] = shape
        shapes |= {f"{norm}.{each}": (shape[0],) for each in NORM}
        shapes[f"{norm}.num_batches_tracked"] = ()
    return shapes | {"fc.weight": (outputs, 2048), "fc.bias": (outputs,)}


@pytest.fixture(scope="module")
def authors() -> CNNDetection:
    """A detector with weights by chance, in the range of trained ones."""
    torch.manual_seed(0)
    detector = CNNDetection()
    for module in detector.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.weight.fill_(0.5)
            assert module.running_mean is not None
            module.running_mean.normal_(std=0.1)
    return detector


@pytest.mark.parametrize(("outputs", "parameters"), [(1000, 25_557_032), (1, 23_510_081)])
def test_names_shapes_and_counts_are_torchvisions(outputs, parameters):
    network = ResNet50(outputs)
    found = {name: tuple(value.shape) for name, value in network.state_dict().items()}
    assert found == published_shapes(outputs)
    assert sum(value.numel() for value in network.parameters()) == parameters
    assert not any(value.requires_grad for value in network.parameters())


def test_every_layer_sees_the_resolution_of_the_paper(authors):
    seen = {}
    hooks = [
        module.register_forward_hook(
            lambda _, __, out, name=name: seen.update({name: tuple(out.shape[1:])})
        )
        for name, module in authors.network.named_children()
        if name.startswith("layer")
    ]
    assert authors(torch.rand(1, 3, 224, 224)).shape == (1,)
    for hook in hooks:
        hook.remove()
    assert seen == {
        "layer1": (256, 56, 56),
        "layer2": (512, 28, 28),
        "layer3": (1024, 14, 14),
        "layer4": (2048, 7, 7),
    }


def passing(block: Bottleneck) -> Bottleneck:
    """Let each convolution pass the first channel on and nothing else."""
    for name, module in block.named_modules():
        if isinstance(module, torch.nn.Conv2d):
            torch.nn.init.zeros_(module.weight)
            middle = module.kernel_size[0] // 2
            with torch.no_grad():
                module.weight[0, 0, middle, middle] = 2.0 if "downsample" in name else 1.0
        if isinstance(module, torch.nn.BatchNorm2d):
            torch.nn.init.constant_(module.weight, math.sqrt(1 + 1e-5))  # undoes the division
    return block.eval()


def test_a_bottleneck_adds_its_input():
    block = passing(Bottleneck(256, 64, 1))
    features = torch.randn(2, 256, 5, 5)
    expected = features.clone()
    expected[:, 0] += features[:, 0].clamp(min=0)  # what went through the convolutions
    torch.testing.assert_close(block(features), expected.clamp(min=0))


def test_a_strided_bottleneck_projects_every_second_position():
    block = passing(Bottleneck(64, 32, 2))
    features = torch.randn(1, 64, 6, 6)
    taken = features[:, 0, ::2, ::2]
    expected = torch.zeros(1, 128, 3, 3)
    expected[:, 0] = (taken.clamp(min=0) + 2 * taken).clamp(min=0)
    torch.testing.assert_close(block(features), expected)


def test_the_stride_is_that_of_the_3x3_convolution():
    block = Bottleneck(256, 128, 2)
    assert [conv.stride for conv in (block.conv1, block.conv2, block.conv3)] == [
        (1, 1),
        (2, 2),
        (1, 1),
    ]


def test_pictures_are_normalised_as_those_of_imagenet(authors):
    seen = []
    hook = authors.network.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    images = torch.rand(2, 3, 32, 32) * 2 - 1
    authors(images)
    hook.remove()
    levels = (images.double().numpy() + 1) * 127.5
    means, stds = (123.675, 116.28, 103.53), (58.395, 57.12, 57.375)  # in levels of a byte
    expected = [(levels[:, c] - means[c]) / stds[c] for c in range(3)]
    np.testing.assert_allclose(seen[0].numpy(), np.stack(expected, axis=1), atol=1e-5)


def save(path: Path, content: object) -> Path:
    torch.save(content, path)
    return path


@pytest.mark.parametrize("with_counters", [True, False])
@pytest.mark.parametrize("is_wrapped", [True, False])
def test_files_of_the_authors_and_bare_weights_are_read(
    authors, tmp_path, is_wrapped, with_counters
):
    weights = {name: value for name, value in authors.network.state_dict().items()
               if with_counters or "num_batches" not in name}  # fmt: skip
    content = {"model": weights, "total_steps": 7} if is_wrapped else weights
    loaded = load_cnn_detection(save(tmp_path / "any-name.pth", content))
    images = torch.rand(2, 3, 40, 48) * 2 - 1
    assert torch.equal(loaded(images), authors(images))


def test_logits_do_not_depend_on_the_batch(authors):
    images = torch.rand(3, 3, 64, 64) * 2 - 1
    apart = torch.cat([authors(each[None]) for each in images])
    torch.testing.assert_close(authors(images), apart, atol=1e-4, rtol=1e-4)
    assert len(set(apart.tolist())) == 3


class Trap:
    """Makes a file when unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple:
        return Path.touch, (self.path,)


def test_wrong_files_are_refused_in_one_line(tmp_path):
    zero = torch.zeros(())
    weights = {name: zero.expand(shape) for name, shape in published_shapes(1).items()}
    whole = save(tmp_path / "whole.pth", weights).read_bytes()
    load_cnn_detection(tmp_path / "whole.pth")  # right so far
    wrong = {
        "nowhere.pth not found": tmp_path / "nowhere.pth",
        "text.pth does not hold PyTorch weights": tmp_path / "text.pth",
        "half.pth does not hold PyTorch weights": tmp_path / "half.pth",
        "empty.pth does not hold PyTorch weights": tmp_path / "empty.pth",
        "list.pth holds a list, expected weights by name": save(tmp_path / "list.pth", [1, 2]),
        "fc.weight of shape (1, 2048), got (1000, 2048)": save(
            tmp_path / "imagenet.pth", weights | {"fc.weight": torch.zeros(1000, 2048)}
        ),
        "conv1.weight of shape (64, 3, 7, 7), which is missing": save(
            tmp_path / "other.pth", {"weight": torch.zeros(1)}
        ),
        "has no layer5.weight": save(
            tmp_path / "more.pth", weights | {"layer5.weight": torch.zeros(1)}
        ),
        "trap.pth does not hold PyTorch weights": save(
            tmp_path / "trap.pth", Trap(tmp_path / "ran")
        ),
    }
    (tmp_path / "text.pth").write_text("these are no weights")
    (tmp_path / "half.pth").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "empty.pth").write_bytes(b"")
    for message, file in wrong.items():
        with pytest.raises(CheckpointError) as error:
            load_cnn_detection(file)
        assert message in str(error.value)
        assert str(file) in str(error.value)
        assert "\n" not in str(error.value)
    assert not (tmp_path / "ran").exists()

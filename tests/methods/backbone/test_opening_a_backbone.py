"""A model file of the backbone opens several methods."""

import numpy as np
import pytest
import torch

from stylemapgan.checkpoints.method_file import MethodCheckpoint
from stylemapgan.config.presets import VECTOR_TINY_32
from stylemapgan.errors import CheckpointError
from stylemapgan.methods.backbone.opening import open_backbone
from stylemapgan.methods.in_domain import InDomain, InDomainSettings
from stylemapgan.methods.registry import methods_of


@pytest.fixture
def checkpoint(backbone_checkpoint) -> MethodCheckpoint:
    return backbone_checkpoint


def test_networks_open_as_they_were(checkpoint, backbone):
    opened = open_backbone(checkpoint)
    z = torch.randn(2, VECTOR_TINY_32.style_channels)
    with torch.no_grad():
        expected = backbone.generator(z.double()).float()
        torch.testing.assert_close(opened.generator(z), expected, atol=1e-4, rtol=1e-4)
    assert not any(each.requires_grad for each in opened.parameters())


def test_other_weights_have_another_digest(checkpoint):
    one = open_backbone(checkpoint).digest
    name = "encoder.to_w_plus.bias"
    changed = {**checkpoint.tensors, name: checkpoint.tensors[name] + 1}
    other = MethodCheckpoint(method="backbone", config=checkpoint.config, tensors=changed)
    assert open_backbone(other).digest != one


def test_five_methods_open(checkpoint, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    opened = [method.open(checkpoint) for method in methods_of(checkpoint)]
    names = [method.name for method in opened]
    optimisers = ["image2stylegan", "in-domain", "neural-collage", "pix2latent"]
    assert names == [*optimisers, "editing-in-style"]
    assert len({method.encoding for method in opened}) == 5


def test_results_are_kept_between_openings(checkpoint, photos, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    found = []
    for expected in (True, False):
        method = InDomain.open(checkpoint, InDomainSettings(steps=1))
        steps = []
        method.on_steps = lambda *step, steps=steps: steps.append(step)
        found.append(method.encode(photos[:2]).arrays["w_plus"])
        assert bool(steps) is expected
    np.testing.assert_array_equal(*found)


def test_tensors_that_do_not_fit_are_refused(checkpoint):
    some = dict(checkpoint.tensors)
    del some["encoder.to_w_plus.bias"]
    wrong = MethodCheckpoint(method="backbone", config=checkpoint.config, tensors=some)
    with pytest.raises(CheckpointError, match=r"missing: encoder\.to_w_plus\.bias"):
        open_backbone(wrong)
    other = MethodCheckpoint(method="backbone", config={"sides": 3}, tensors={})
    with pytest.raises(CheckpointError, match="not that of a backbone"):
        open_backbone(other)

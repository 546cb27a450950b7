"""Networks of the evaluation measure pictures as files would hold them, whatever the batches."""

import dataclasses
import hashlib
import re
from pathlib import Path

import numpy as np
import pytest
import torch

from stylemapgan.evaluation.judges.features import (
    AT_ONCE,
    FeatureNetwork,
    PictureDistance,
    efficientnet_distance,
    efficientnet_features,
    inception_features_network,
    lpips_distance,
    recut,
)
from stylemapgan.features import inception, perceptual
from stylemapgan.features.efficientnet import load_efficientnet_lite0
from stylemapgan.features.inception import FIDInception
from stylemapgan.features.perceptual import LPIPS, EfficientNetDistance
from stylemapgan.features.weights import PublicWeights
from stylemapgan.metrics.clouds import inception_features, pooled_features


@pytest.fixture(scope="module")
def network() -> FeatureNetwork:
    return efficientnet_features()


@pytest.fixture(scope="module")
def distance() -> PictureDistance:
    return efficientnet_distance()


def some_pictures(count: int, seed: int = 0) -> np.ndarray:
    """Pictures on the 256 levels."""
    levels = np.random.default_rng(seed).integers(0, 256, (count, 3, 32, 32))
    return (levels / 127.5 - 1).astype(np.float32)


def publish(weights: dict[str, torch.Tensor], path: Path) -> PublicWeights:
    """Save weights as their authors would."""
    torch.save(weights, path)
    content = path.read_bytes()
    url, digest = f"https://nowhere.invalid/{path.name}", hashlib.sha256(content).hexdigest()
    return PublicWeights(path.name, url, len(content), digest)


def test_features_are_those_of_the_network_alone(network):
    pictures = some_pictures(3)
    expected = pooled_features(load_efficientnet_lite0(), [torch.from_numpy(pictures)])
    np.testing.assert_allclose(network.features([pictures]), expected, rtol=1e-4, atol=1e-5)


def test_features_are_the_same_to_the_bit_however_pictures_are_batched(network):
    pictures = some_pictures(AT_ONCE + 5)
    together = network.features([pictures])
    assert together.shape == (AT_ONCE + 5, 320)
    assert together.dtype == np.float32
    for batches in (np.array_split(pictures, 7), list(pictures[:, None])):
        np.testing.assert_array_equal(network.features(batches), together)


def test_pictures_are_rounded_to_the_levels_of_a_file_first(network):
    pictures = some_pictures(2)
    between = np.clip(pictures + 0.4 / 127.5, -1, 1).astype(np.float32)
    np.testing.assert_array_equal(network.features([between]), network.features([pictures]))


def test_batches_are_cut_anew_in_their_order():
    rows = np.arange(23 * 3, dtype=np.float32).reshape(23, 3, 1, 1)
    cuts = [1, 2, 2, 9, 20]  # one of them empty
    pieces = list(recut(np.split(rows, cuts), 5))
    assert [len(piece) for piece in pieces] == [5, 5, 5, 5, 3]
    np.testing.assert_array_equal(np.concatenate(pieces), rows)
    assert [len(piece) for piece in recut([rows[:10]], 5)] == [5, 5]
    assert list(recut([], 5)) == []


def test_only_features_of_inception_are_called_fid_and_kid(network, tmp_path, monkeypatch):
    public = publish(FIDInception().state_dict(), tmp_path / "net.pth")
    monkeypatch.setattr(inception, "FID_INCEPTION", public)
    fid = inception_features_network([tmp_path])
    assert fid.frechet_name == "FID (Inception v3 2015-12-05, clean resize)"
    assert fid.kernel_name == "KID (Inception v3 2015-12-05, clean resize)"
    assert fid.name == "Inception v3 (2015-12-05)"
    assert network.frechet_name == "Fréchet distance (EfficientNet-Lite0)"
    assert network.kernel_name == "Kernel distance (EfficientNet-Lite0)"
    assert network.name == "EfficientNet-Lite0"

    loaded = FIDInception()
    loaded.load_state_dict(torch.load(tmp_path / "net.pth"))
    pictures = some_pictures(2)
    expected = inception_features(loaded, [pictures])
    np.testing.assert_allclose(fid.features([pictures]), expected, rtol=1e-4, atol=1e-5)


def test_distances_are_those_of_the_network_alone_in_any_number(distance):
    one, other = some_pictures(AT_ONCE + 3), some_pictures(AT_ONCE + 3, seed=1)
    alone = EfficientNetDistance(load_efficientnet_lite0())
    expected = [
        alone(torch.from_numpy(a[None]), torch.from_numpy(b[None])).item()
        for a, b in zip(one, other, strict=True)
    ]
    found = distance(one, other)
    assert found.dtype == np.float64
    np.testing.assert_allclose(found, expected, rtol=1e-4)
    assert distance(one[:0], other[:0]).shape == (0,)
    assert distance.name == "Feature distance (EfficientNet-Lite0)"


def test_views_of_pictures_are_measured_as_their_copies(distance, network):
    pictures = some_pictures(3)
    backwards = pictures[::-1]
    pictures.flags.writeable = False
    np.testing.assert_array_equal(
        distance(pictures, backwards), distance(pictures.copy(), backwards.copy())
    )
    np.testing.assert_array_equal(
        network.features([backwards]), network.features([backwards.copy()])
    )


def test_equal_pictures_are_at_distance_0_and_pictures_are_not_rounded(distance):
    pictures = some_pictures(2)
    assert distance(pictures, pictures).tolist() == [0.0, 0.0]
    assert (distance(pictures, pictures * np.float32(0.999)) > 0).all()


def test_lpips_is_found_among_what_is_given(tmp_path, monkeypatch):
    authors = LPIPS()
    linear = {f"lin{stage}.model.1.weight": torch.rand(1, len(weights), 1, 1)
              for stage, weights in enumerate(authors.channel_weights)}  # fmt: skip
    trunk = publish(authors.network.state_dict(), tmp_path / "trunk.pth")
    monkeypatch.setattr(perceptual, "VGG16", trunk)
    monkeypatch.setattr(perceptual, "LPIPS_VGG", publish(linear, tmp_path / "linear.pth"))
    renamed = (tmp_path / "linear.pth").rename(tmp_path / "renamed.pth")
    found = lpips_distance([tmp_path / "trunk.pth", renamed])
    assert found.name == "LPIPS (VGG16, v0.1)"
    assert (found(some_pictures(2), some_pictures(2, seed=1)) > 0).all()


def test_keys_are_short_and_change_with_the_weights(network, distance, tmp_path, monkeypatch):
    keys = [network.key, distance.key]
    weights = FIDInception().state_dict()
    for _ in range(2):
        public = publish(weights, tmp_path / "net.pth")
        monkeypatch.setattr(inception, "FID_INCEPTION", public)
        keys.append(inception_features_network([tmp_path]).key)
        weights["Mixed_7c.branch1x1.bn.bias"][0] += 1
    assert len(set(keys)) == 4
    assert all(re.fullmatch(r"[a-z0-9.-]{10,70}", key) for key in keys)
    assert efficientnet_features().key == network.key
    with pytest.raises(dataclasses.FrozenInstanceError):
        network.key = "another"  # pyright: ignore[reportAttributeAccessIssue]

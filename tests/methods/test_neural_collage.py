"""Neural Collage blends activations and mixes styles."""

import numpy as np
import pytest
import torch
from torch import Tensor

from stylemapgan.editing.edit import Edit, Part
from stylemapgan.errors import ConfigError
from stylemapgan.methods.backbone.placed_parts import PlacedPart
from stylemapgan.methods.backbone.result_cache import ResultCache
from stylemapgan.methods.neural_collage import (
    NeuralCollage,
    NeuralCollageSettings,
    blend_features,
)

NOTHING_KEPT = ResultCache("", None)
EVERYWHERE = np.ones((1, 1, 32, 32), np.float32)


def opened(backbone, **settings) -> NeuralCollage:
    return NeuralCollage(backbone, NeuralCollageSettings(**settings), NOTHING_KEPT)


def tensor(array: np.ndarray) -> Tensor:
    """In float64, as the networks of these tests."""
    return torch.from_numpy(array).double()


@pytest.fixture(scope="module")
def method(backbone) -> NeuralCollage:
    return opened(backbone, steps=8)


def test_the_loss_is_that_of_the_paper(method, photos):
    w_plus = tensor(method.sample(1, 0).arrays["w_plus"])
    photo = tensor(photos[:1])
    with torch.no_grad():
        picture = method.synthesize(w_plus)
        trunk = method.backbone.discriminator.trunk
        a, b = trunk(picture).flatten().double(), trunk(photo).flatten().double()
        found = method.loss(w_plus, photo, method.features(photo))
    cosine = float((a * b).sum() / ((a * a).sum().sqrt() * (b * b).sum().sqrt()))
    expected = -cosine + 0.2 * float(((picture - photo) ** 2).mean())
    np.testing.assert_allclose(found, [expected], rtol=1e-4)


def test_projection_lowers_the_loss(method, photos):
    photo = tensor(photos)
    latent = method.encode(photos)
    with torch.no_grad():
        features = method.features(photo)
        before = method.loss(method.backbone.encoder(photo), photo, features)
        after = method.loss(tensor(latent.arrays["w_plus"]), photo, features)
    assert (after < before).all()


def test_full_strength_in_all_layers_and_everywhere_is_the_reference(backbone):
    method = opened(backbone, strengths=(1.0,) * 4)
    source, reference = method.sample(1, 0), method.sample(1, 1)
    part = PlacedPart(reference, EVERYWHERE, (0, 0))
    with torch.no_grad():
        collage = method.transplant(source, [part])
    np.testing.assert_allclose(collage, method.decode(reference), rtol=1e-5, atol=1e-5)


def test_no_strength_is_the_source(backbone):
    method = opened(backbone, strengths=(0.0, 0.0))
    source, reference = method.sample(1, 0), method.sample(1, 1)
    with torch.no_grad():
        collage = method.transplant(source, [PlacedPart(reference, EVERYWHERE, (0, 0))])
    np.testing.assert_allclose(collage, method.decode(source), atol=1e-6)


def test_a_picture_transplanted_into_itself_stays(method, mask):
    source = method.sample(1, 0)
    with torch.no_grad():
        collage = method.transplant(source, [PlacedPart(source, mask, (0, 0))])
    np.testing.assert_allclose(collage, method.decode(source), rtol=1e-5, atol=1e-5)


def test_features_are_blended_position_by_position():
    ours, theirs = torch.randn(1, 2, 4, 4), torch.randn(1, 2, 4, 4)
    mask = torch.zeros(1, 1, 8, 8)
    mask[..., :2, :3] = 1.0  # one position, and half of the next
    blended = blend_features(ours, theirs, mask)
    expected = ours.clone()
    expected[..., 0, 0] = theirs[..., 0, 0]
    expected[..., 0, 1] = (ours[..., 0, 1] + theirs[..., 0, 1]) / 2
    torch.testing.assert_close(blended, expected)


def test_references_features_move():
    ours, theirs = torch.zeros(1, 2, 4, 4), torch.randn(1, 2, 4, 4)
    mask = torch.zeros(1, 1, 8, 8)
    mask[..., 2:4, 4:6] = 1.0  # where the part lands
    blended = blend_features(ours, theirs, mask, (2, 4))
    torch.testing.assert_close(blended[..., 1, 2], theirs[..., 0, 0])


def test_outside_the_mask_the_photo_stays(method, photos, mask):
    source, reference = method.encode(photos[:1]), method.encode(photos[1:2])
    edited = method.decode(method.edit(source, Edit(parts=(Part(reference=reference, mask=mask),))))
    outside = np.broadcast_to(mask == 0, photos[:1].shape)
    np.testing.assert_array_equal(edited[outside], photos[:1][outside])
    assert np.abs(edited - photos[:1]).max() > 1e-3


def test_styles_are_mixed_where_the_maps_say(method):
    source, first, second = (method.sample(1, seed) for seed in range(3))
    none, everywhere = tensor(0 * EVERYWHERE), tensor(EVERYWHERE)
    for maps, expected in (
        ([none, none], source),
        ([everywhere, none], first),
        ([none, everywhere], second),
    ):
        shown = method.translate(source, [first, second], maps)
        np.testing.assert_allclose(shown, method.decode(expected), rtol=1e-5, atol=1e-5)
    left = tensor(0 * EVERYWHERE)
    left[..., :16] = 1.0
    halves = method.translate(source, [first, second], [left, 1 - left]).numpy()
    for latent in (first, second):
        assert np.abs(halves - method.decode(latent)).max() > 1e-3


def test_strengths_are_shares():
    with pytest.raises(ConfigError, match="strengths must be from 0 to 1"):
        NeuralCollageSettings(strengths=(1.5,))

"""In-Domain inversion starts at the encoder and stays where it agrees."""

import numpy as np
import pytest
import torch
from torch import Tensor

from stylemapgan.editing.edit import Edit, Part
from stylemapgan.methods.backbone.result_cache import ResultCache
from stylemapgan.methods.in_domain import InDomain, InDomainSettings

NOTHING_KEPT = ResultCache("", None)


def opened(backbone, **settings) -> InDomain:
    return InDomain(backbone, InDomainSettings(**settings), NOTHING_KEPT)


def tensor(array: np.ndarray) -> Tensor:
    """In float64, as the networks of these tests."""
    return torch.from_numpy(array).double()


@pytest.fixture(scope="module")
def method(backbone) -> InDomain:
    return opened(backbone, steps=8)


def test_without_steps_the_latent_is_the_encoders(backbone, photos):
    found = opened(backbone, steps=0).encode(photos)
    with torch.no_grad():
        expected = backbone.encoder(tensor(photos))
    np.testing.assert_allclose(found.arrays["w_plus"], expected, atol=1e-6)


def test_errors_are_those_of_the_paper(method, photos):
    pictures, photo = tensor(photos[:1]), tensor(photos[1:2])
    ours, theirs = method.features(pictures), method.features(photo)
    expected = float(((pictures - photo) ** 2).mean()) + 5e-5 * float(((ours - theirs) ** 2).mean())
    np.testing.assert_allclose(method.errors(pictures, photo, theirs), [expected], rtol=1e-5)


def test_a_latent_is_outside_by_how_far_the_encoder_is_from_it(method, photos):
    pictures = tensor(photos[:2])
    with torch.no_grad():
        seen = method.backbone.encoder(pictures)
        moved = seen.clone()
        moved[1, 0, 0] += 2.0
        outside = method.outside(moved, pictures)
    torch.testing.assert_close(outside, tensor(np.array([0.0, 4.0 / seen[0].numel()])))


def test_errors_inside_a_mask_do_not_see_what_is_outside(method, photos, mask):
    photo = tensor(photos[:1])
    changed = photo.clone()
    changed[..., 16:] = 1.0  # right of the mask
    zero = torch.zeros_like(method.features(photo))
    weights = tensor(mask)
    method_without = method.errors(changed, photo, method.features(changed), weights)
    assert float(method_without) == 0.0
    assert float(method.errors(changed, photo, method.features(changed))) > 0
    assert float(method.errors(photo, photo, zero, weights)) > 0


def test_the_regularisation_keeps_latents_where_the_encoder_agrees(backbone, photos):
    free, held = (opened(backbone, steps=20, domain_weight=weight) for weight in (0.0, 50.0))
    outside = []
    for method in (free, held):
        latent = method.encode(photos[:2])
        pictures = tensor(method.decode(latent))
        with torch.no_grad():
            outside.append(method.outside(tensor(latent.arrays["w_plus"]), pictures))
    assert (outside[1] < outside[0]).all()


def test_an_edit_comes_closer_to_what_is_pasted_inside_the_mask(method, photos, mask):
    source, reference = method.encode(photos[:1]), method.encode(photos[1:2])
    edited = method.edit(source, Edit(parts=(Part(reference=reference, mask=mask),)))
    pasted = np.where(mask > 0, photos[1:2], photos[:1])
    np.testing.assert_allclose(edited.arrays["photo"], pasted, atol=1e-6)
    target, weights = tensor(pasted), tensor(mask)
    with torch.no_grad():
        start = method.synthesize(method.backbone.encoder(target))
        features = method.features(target)
        before = method.errors(start, target, features, weights)
        after = method.errors(tensor(method.decode(edited)), target, features, weights)
    assert after < before

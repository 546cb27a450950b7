"""Image2StyleGAN descends on features and pixels from the mean style vectors."""

import numpy as np
import pytest
import torch
from torch import Tensor

from stylemapgan.editing.edit import Edit, Part
from stylemapgan.images.levels import to_numpy
from stylemapgan.methods.backbone.result_cache import ResultCache
from stylemapgan.methods.image2stylegan import (
    Image2StyleGAN,
    Image2StyleGANSettings,
    cross_over,
    transfer,
)

NOTHING_KEPT = ResultCache("", None)


def tensor(array: np.ndarray) -> Tensor:
    """In float64, as the networks of these tests."""
    return torch.from_numpy(array).double()


@pytest.fixture(scope="module")
def method(backbone) -> Image2StyleGAN:
    return Image2StyleGAN(backbone, Image2StyleGANSettings(steps=8), NOTHING_KEPT)


def losses(method: Image2StyleGAN, latent, photos: np.ndarray) -> torch.Tensor:
    photo = tensor(photos)
    with torch.no_grad():
        w_plus = tensor(latent.arrays["w_plus"])
        return method.loss(w_plus, photo, method._features(photo))


def test_the_loss_is_that_of_the_paper(method, photos):
    latent = method.sample(2, 0)
    features = method._features
    expected = []
    for row in range(2):
        picture = tensor(method.decode(latent)[row : row + 1])
        photo = tensor(photos[row : row + 1])
        total = float(((picture - photo) ** 2).sum()) / photo.numel()
        for ours, theirs in zip(features(picture), features(photo), strict=True):
            total += float(((ours - theirs) ** 2).sum()) / ours.numel()
        expected.append(total)
    np.testing.assert_allclose(losses(method, latent, photos[:2]), expected, rtol=1e-4)


def test_every_photo_ends_closer_than_the_mean(method, photos):
    mean = method.truncate(method.sample(5, 0), 0.0)
    assert (losses(method, method.encode(photos), photos) < losses(method, mean, photos)).all()


def test_a_photo_pasted_into_itself_is_found_at_the_first_look(method, photos, mask):
    latent = method.encode(photos[:1])
    edited = method.edit(latent, Edit(parts=(Part(reference=latent, mask=mask),)))
    np.testing.assert_array_equal(edited.arrays["w_plus"], latent.arrays["w_plus"])


def test_an_edit_descends_towards_the_blend(method, photos, mask):
    source, reference = method.encode(photos[:1]), method.encode(photos[1:2])
    blend = np.where(mask > 0, to_numpy(method.decode(reference)), method.decode(source))
    edited = method.edit(source, Edit(parts=(Part(reference=reference, mask=mask),)))
    assert losses(method, edited, blend) < losses(method, source, blend)


def test_results_are_reused_and_not_with_other_settings(backbone, photos, tmp_path):
    def steps(folder, settings: Image2StyleGANSettings) -> list[tuple[int, int]]:
        method = Image2StyleGAN(backbone, settings, folder)
        reported: list[tuple[int, int]] = []
        method.on_steps = lambda *step: reported.append(step)
        method.encode(photos[:2])
        return reported

    few, more = Image2StyleGANSettings(steps=1), Image2StyleGANSettings(steps=2)
    cache, other = ResultCache("few", tmp_path), ResultCache("more", tmp_path)
    assert steps(cache, few)[-1] == (2, 2)  # one step for each photo
    assert steps(cache, few) == []
    assert steps(other, more)[-1] == (4, 4)


def test_no_time_still_gives_the_start_or_better(backbone, photos):
    hurried = Image2StyleGAN(backbone, Image2StyleGANSettings(seconds=1e-9), NOTHING_KEPT)
    mean = hurried.truncate(hurried.sample(1, 0), 0.0)
    found = hurried.encode(photos[:1])
    assert losses(hurried, found, photos[:1]) <= losses(hurried, mean, photos[:1])


def test_styles_cross_over_and_expressions_are_added():
    first, second, third = torch.randn(3, 1, 8, 4)
    crossed = cross_over(first, second, 3)
    torch.testing.assert_close(crossed[:, :3], first[:, :3])
    torch.testing.assert_close(crossed[:, 3:], second[:, 3:])
    torch.testing.assert_close(transfer(first, second, third, 0.0), first)
    torch.testing.assert_close(transfer(second, second, third, 1.0), third)

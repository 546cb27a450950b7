"""Losses agree with their formulas, computed another way."""

import math

import numpy as np
import pytest
import torch

from stylemapgan.losses import (
    feature_matching,
    gradient_difference,
    gradient_penalty,
    hinge_fake,
    hinge_real,
    laplacian_difference,
    logistic_fake,
    logistic_real,
    mean_squared_error,
    raised,
)


def test_logistic_losses_agree_with_their_formulas_in_float64():
    logits = torch.linspace(-30, 30, 13).view(-1, 1)
    exact = logits.double().numpy()
    on_real = np.log1p(np.exp(-exact)).mean()
    on_fake = np.log1p(np.exp(exact)).mean()
    assert logistic_real(logits).item() == pytest.approx(on_real, rel=1e-6)
    assert logistic_fake(logits).item() == pytest.approx(on_fake, rel=1e-6)


def test_an_undecided_discriminator_costs_log_2():
    undecided = torch.zeros(4, 1)
    assert logistic_real(undecided).item() == pytest.approx(math.log(2))
    assert logistic_fake(undecided).item() == pytest.approx(math.log(2))


def test_hinge_losses_of_two_discriminators_agree_with_numbers_computed_by_hand():
    """Logits beyond the margin cost nothing; discriminators are averaged apart, then summed."""
    first = torch.tensor([2.0, 0.5, -1.0, 1.0]).view(1, 1, 2, 2)
    second = torch.tensor([-3.0]).view(1, 1, 1, 1)
    assert hinge_real([first, second]).item() == pytest.approx((0 + 0.5 + 2 + 0) / 4 + 4)
    assert hinge_fake([first, second]).item() == pytest.approx((3 + 1.5 + 0 + 2) / 4 + 0)
    assert raised([first, second]).item() == pytest.approx(-(2.5 / 4) + 3)


def test_feature_matching_agrees_with_numbers_computed_by_hand():
    """Each layer's mean counts the same, however many features it has."""
    wide = torch.tensor([1.0, -2.0, 0.0, 4.0]).view(1, 1, 2, 2)
    narrow = torch.tensor([3.0]).view(1, 1, 1, 1)
    fake, real = [[wide, narrow], [narrow]], [[0 * wide, narrow + 1], [narrow - 0.5]]
    assert feature_matching(fake, real).item() == pytest.approx(7 / 4 + 1 + 0.5)


def test_feature_matching_moves_generated_features_only():
    fake, real = (torch.randn(1, 2, 2, 2, requires_grad=True) for _ in range(2))
    feature_matching([[fake]], [[real]]).backward()
    assert fake.grad is not None
    torch.testing.assert_close(fake.grad, (fake - real).sign().detach() / 8)
    assert real.grad is None


def test_logistic_losses_stay_finite_for_a_discriminator_that_is_sure():
    sure = torch.tensor([[-1e4], [1e4]])
    assert logistic_real(sure).item() == pytest.approx(5e3)
    assert logistic_fake(sure).item() == pytest.approx(5e3)


def test_the_generators_gradient_does_not_vanish_where_it_fools_nobody():
    logit = torch.tensor([[-50.0]], requires_grad=True)
    logistic_real(logit).backward()
    assert logit.grad is not None
    assert logit.grad.item() == pytest.approx(-1.0)


def test_mean_squared_error_agrees_with_a_naive_loop():
    one, other = torch.randn(2, 3, 4, 5), torch.randn(2, 3, 4, 5)
    total = 0.0
    for a, b in zip(one.flatten().tolist(), other.flatten().tolist(), strict=True):
        total += (a - b) ** 2
    assert mean_squared_error(one, other).item() == pytest.approx(total / one.numel(), rel=1e-6)


def test_losses_of_half_precision_are_taken_in_float32():
    logits = torch.full((4, 1), 0.125, dtype=torch.bfloat16)
    images = torch.randn(2, 3, 4, 4)
    assert logistic_real(logits).dtype == torch.float32
    assert logistic_real(logits).item() == pytest.approx(math.log1p(math.exp(-0.125)), rel=1e-6)
    assert mean_squared_error(images.bfloat16(), images).dtype == torch.float32


def test_the_penalty_of_a_linear_discriminator_is_its_weights_squared_norm():
    weight = torch.randn(3, 4, 5, dtype=torch.float64)
    images = torch.randn(6, 3, 4, 5, dtype=torch.float64, requires_grad=True)
    logits = (images * weight).sum(dim=(1, 2, 3)).unsqueeze(1)
    penalty = gradient_penalty(logits, images)
    assert penalty.item() == pytest.approx(weight.square().sum().item(), rel=1e-6)


def test_the_penalty_of_a_quadratic_discriminator_is_the_images_mean_squared_norm():
    images = torch.randn(6, 3, 4, 5, dtype=torch.float64, requires_grad=True)
    logits = images.square().sum(dim=(1, 2, 3)).unsqueeze(1) / 2  # its gradient is the image
    expected = np.mean([np.linalg.norm(image) ** 2 for image in images.detach().numpy()])
    assert gradient_penalty(logits, images).item() == pytest.approx(expected, rel=1e-6)


def test_the_penalty_agrees_with_finite_differences():
    hidden, out = torch.randn(7, 12, dtype=torch.float64), torch.randn(7, dtype=torch.float64)

    def discriminate(images: torch.Tensor) -> torch.Tensor:
        return (torch.tanh(images.flatten(1) @ hidden.T) @ out).unsqueeze(1)

    images = torch.randn(3, 3, 2, 2, dtype=torch.float64)
    slopes = torch.zeros_like(images).flatten(1)
    for position in range(slopes.shape[1]):
        nudge = torch.zeros_like(slopes)
        nudge[:, position] = 1e-5
        nudge = nudge.view_as(images)
        rise = discriminate(images + nudge) - discriminate(images - nudge)
        slopes[:, position] = rise[:, 0] / 2e-5
    expected = slopes.square().sum(dim=1).mean().item()

    images.requires_grad_()
    assert gradient_penalty(discriminate(images), images).item() == pytest.approx(expected, 1e-6)


def test_the_discriminators_weights_learn_from_the_penalty():
    weight = torch.randn(3, 4, 5, requires_grad=True)
    images = torch.randn(2, 3, 4, 5, requires_grad=True)
    penalty = gradient_penalty((images * weight).sum(dim=(1, 2, 3)).unsqueeze(1), images)
    (gradient,) = torch.autograd.grad(penalty, weight)
    torch.testing.assert_close(gradient, 2 * weight)  # of the squared norm


def test_the_gradient_difference_agrees_with_a_naive_loop():
    one, other = torch.randn(2, 3, 4, 5), torch.randn(2, 3, 4, 5)
    means = []
    for down, right in ((1, 0), (0, 1)):
        differences = [
            abs(
                abs(float(one[n, c, y + down, x + right] - one[n, c, y, x]))
                - abs(float(other[n, c, y + down, x + right] - other[n, c, y, x]))
            )
            for n in range(2)
            for c in range(3)
            for y in range(4 - down)
            for x in range(5 - right)
        ]
        means.append(sum(differences) / len(differences))
    assert gradient_difference(one, other).item() == pytest.approx(sum(means), rel=1e-5)


def test_the_gradient_difference_ignores_brightness_and_the_way_an_edge_goes():
    image = torch.randn(1, 3, 8, 8)
    assert gradient_difference(image + 0.5, image).item() == pytest.approx(0, abs=1e-6)
    assert gradient_difference(-image, image).item() == 0


def test_a_blurred_edge_costs_as_much_as_the_contrast_it_lost():
    """0 0 1 1 against 0 .5 .5 1: the largest step is missing, and two halves are too many."""
    crisp = torch.tensor([0.0, 0, 1, 1]).expand(1, 3, 4, 4)
    blurred = torch.tensor([0.0, 0.5, 0.5, 1]).expand(1, 3, 4, 4)
    assert gradient_difference(blurred, crisp).item() == pytest.approx((0.5 + 1 + 0.5) / 3)


def naive_pyramid(image: np.ndarray) -> list[np.ndarray]:
    """A Laplacian pyramid of one channel, down to 8 pixels, with mirrored borders."""
    taps = np.array([1, 4, 6, 4, 1]) / 16

    def blurred(values: np.ndarray) -> np.ndarray:
        padded = np.pad(values, 2, mode="reflect")
        size = len(values)
        windows = [[padded[y : y + 5, x : x + 5] for x in range(size)] for y in range(size)]
        return np.array([[(np.outer(taps, taps) * each).sum() for each in row] for row in windows])

    levels = []
    while len(image) >= 16:
        coarse = blurred(image)[::2, ::2]
        spread = np.zeros_like(image)
        spread[::2, ::2] = coarse
        levels.append(image - 4 * blurred(spread))
        image = coarse
    return [*levels, image]


def test_the_laplacian_difference_sums_the_levels_of_a_naive_pyramid():
    one, other = torch.randn(2, 3, 32, 32), torch.randn(2, 3, 32, 32)
    pyramids = [
        [naive_pyramid(image) for image in images.double().flatten(0, 1).numpy()]
        for images in (one, other)
    ]
    expected = sum(
        np.mean([np.abs(a[level] - b[level]).mean() for a, b in zip(*pyramids, strict=True)])
        for level in range(3)
    )
    assert laplacian_difference(one, other).item() == pytest.approx(expected, rel=1e-5)


def test_a_change_of_brightness_is_in_the_pyramids_last_level_alone():
    image = torch.randn(1, 3, 32, 32)
    assert laplacian_difference(image + 0.25, image).item() == pytest.approx(0.25, rel=1e-4)


def test_images_too_small_for_a_second_level_are_compared_as_they_are():
    one, other = torch.randn(1, 3, 8, 8), torch.randn(1, 3, 8, 8)
    expected = (one - other).abs().mean().item()
    assert laplacian_difference(one, other).item() == pytest.approx(expected)

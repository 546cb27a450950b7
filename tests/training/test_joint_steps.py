"""ALI and BiGAN: a discriminator of pairs, and generator and encoder against it."""

import dataclasses
import math

import pytest
import torch
import torch.nn.functional as F
from learned import Setup, assert_gradient, gradient_taken
from sameness import assert_same
from torch import Tensor

from stylemapgan.augment import diff_augment
from stylemapgan.config import SpeedConfig
from stylemapgan.config.presets import VECTOR_TINY_32
from stylemapgan.methods.ali import GaussianEncoder
from stylemapgan.methods.bigan import PlainEncoder
from stylemapgan.methods.joint.updates import discriminator_loss, inference_loss
from stylemapgan.training.microbatches import Phase

METHODS = ("ali", "bigan")
MAPPING, SYNTHESIS = "generator.mapping", "generator.synthesis"
DISCRIMINATOR, PENALTY, INFERENCE = range(3)


@pytest.fixture(params=METHODS)
def method(request) -> str:
    return request.param


def test_losses_of_pairs_agree_with_numbers_computed_by_hand():
    """softplus(0) = log 2, softplus(log 3) = log 4, softplus(-log 3) = log 4/3."""
    on_encoded = torch.tensor([[0.0], [math.log(3)]])
    on_generated = torch.tensor([[math.log(3)], [math.log(3)]])
    told_apart = (math.log(2) + math.log(4 / 3)) / 2 + math.log(4)
    confused = (math.log(2) + math.log(4)) / 2 + math.log(4 / 3)
    assert discriminator_loss(on_encoded, on_generated).item() == pytest.approx(told_apart)
    assert inference_loss(on_encoded, on_generated).item() == pytest.approx(confused)


def test_who_is_undecided_pays_twice_log_2():
    undecided = torch.zeros(4, 1)
    assert discriminator_loss(undecided, undecided).item() == pytest.approx(2 * math.log(2))
    assert inference_loss(undecided, undecided).item() == pytest.approx(2 * math.log(2))


@pytest.mark.parametrize("precision", ["32-true", "bf16-mixed"])
@pytest.mark.parametrize(
    ("update", "learners"),
    [
        (DISCRIMINATOR, {"discriminator"}),
        (PENALTY, {"discriminator"}),
        (INFERENCE, {MAPPING, SYNTHESIS, "encoder"}),
    ],
)
def test_an_update_changes_only_the_networks_it_says(settings, method, update, learners, precision):
    setup = Setup(settings, method, precision=precision)
    setup.take(update)
    assert setup.changed() == learners


def pairs_of(setup: Setup) -> tuple[Tensor, Tensor, Tensor]:
    """Inferred z, random z and the images generated from it, from the networks before."""
    randomness = setup.randomness(Phase.GENERATOR)
    z, normals = randomness.normal(4, 8), randomness.normal(4, 8)
    encoder = setup.before.encoder
    if isinstance(encoder, GaussianEncoder):
        mean, log_variance = encoder.to_moments(setup.real).split(8, dim=1)
        return mean + log_variance.exp().sqrt() * normals, z, setup.before.generator(z)
    return encoder(setup.real), z, setup.before.generator(z)


def test_the_discriminators_update_follows_the_papers_formula(settings, method):
    setup = Setup(settings, method)
    inferred, z, generated = (each.detach() for each in pairs_of(setup))
    discriminator = setup.before.discriminator
    on_encoded, on_generated = discriminator(setup.real, inferred), discriminator(generated, z)
    loss = F.softplus(-on_encoded).mean() + F.softplus(on_generated).mean()

    expected = {"d/pairs": loss.item(), "d/sign_real": on_encoded.sign().mean().item()}
    assert setup.take(DISCRIMINATOR) == pytest.approx(expected, rel=1e-4)
    taken = gradient_taken(setup.state.discriminator, setup.state.discriminator_optimizer)
    assert_gradient(taken, loss, discriminator)


def test_the_penalty_is_r1_of_photos_and_their_z_for_all_updates_that_leave_it_out(
    settings, method
):
    setup = Setup(settings, method, r1_gamma=3.0, r1_interval=5)
    normals = setup.randomness(Phase.PENALTY).normal(4, 8)
    real = setup.real.clone().requires_grad_()
    with torch.no_grad():
        inferred = setup.before.encoder.draw(setup.real, normals)
    inferred.requires_grad_()
    logits = setup.before.discriminator(real, inferred)
    gradients = torch.autograd.grad(logits.sum(), (real, inferred), create_graph=True)
    penalty = torch.stack([each.square().sum() for each in gradients]).sum() / 4

    assert setup.take(PENALTY) == pytest.approx({"d/r1": penalty.item()}, rel=1e-4)
    taken = gradient_taken(setup.state.discriminator, setup.state.discriminator_optimizer)
    assert_gradient(taken, 3 / 2 * 5 * penalty, setup.before.discriminator)


def test_the_encoder_learns_from_photos_and_the_generator_from_its_images(settings, method):
    setup = Setup(settings, method)
    inferred, z, generated = pairs_of(setup)
    discriminator = setup.before.discriminator
    encoded_passes = F.softplus(discriminator(setup.real, inferred)).mean()
    generated_passes = F.softplus(-discriminator(generated, z)).mean()

    total = (encoded_passes + generated_passes).item()
    assert setup.take(INFERENCE) == pytest.approx({"g/pairs": total}, rel=1e-4)
    state, before = setup.state, setup.before
    for name, loss in (("encoder", encoded_passes), ("generator", generated_passes)):
        taken = gradient_taken(getattr(state, name), getattr(state, f"{name}_optimizer"))
        assert_gradient(taken, loss, getattr(before, name))


def test_the_discriminator_only_ever_sees_augmented_images(settings, method):
    names = ("colour", "translation", "cutout")
    setup = Setup(settings, method, augmentations=names)
    inferred, z, generated = pairs_of(setup)
    randomness = setup.randomness(Phase.DISCRIMINATOR)
    logits = [
        setup.before.discriminator(diff_augment(images, names, randomness), latent)
        for images, latent in ((setup.real, inferred), (generated, z))
    ]
    loss = F.softplus(-logits[0]).mean() + F.softplus(logits[1]).mean()
    assert setup.take(DISCRIMINATOR)["d/pairs"] == pytest.approx(loss.item(), rel=1e-4)


def test_shared_forward_passes_change_no_bit(settings, method):
    ends = []
    for shares in (True, False):
        speed = dataclasses.replace(SpeedConfig(), share_forward_passes=shares)
        setup = Setup(settings, method, speed=speed)
        kept: dict[str, Tensor] = {}
        losses = [setup.take(update, kept) for update in (DISCRIMINATOR, INFERENCE)]
        assert bool(kept) == shares
        ends.append((losses, setup.state.state_dict()))
    assert_same(*ends)


def test_a_fresh_discriminator_is_undecided_and_soon_is_not(settings, method):
    setup = Setup(settings, method)
    first = setup.take(DISCRIMINATOR)["d/pairs"]
    assert first == pytest.approx(2 * math.log(2), abs=0.15)
    later = [setup.take(DISCRIMINATOR)["d/pairs"] for _ in range(12)]
    assert later[-1] < 0.8 * first


@pytest.mark.parametrize("factor", [1.0, 0.5])
def test_the_learning_rate_is_the_papers_times_a_factor_and_falls_in_a_cooldown(
    settings, method, factor
):
    setup = Setup(
        settings, method, images=40, cooldown=20, learning_rate=0.5, learning_rate_factor=factor
    )
    rates = []
    for setup.state.images_seen in (0, 20, 30):
        setup.state.set_schedule(setup.config)
        rates.append(
            [group["lr"] for each in setup.state.optimizers for group in each.param_groups]
        )
    assert rates == [pytest.approx([factor * rate] * 3) for rate in (0.002, 0.002, 0.001)]
    betas = [each.param_groups[0]["betas"] for each in setup.state.optimizers]
    assert betas == [(0.5, 0.999)] * 3


def test_a_gaussian_encoder_draws_from_its_mean_and_variance():
    encoder = GaussianEncoder(VECTOR_TINY_32)
    torch.nn.init.zeros_(encoder.to_moments.to_latent.weight)
    with torch.no_grad():
        encoder.to_moments.to_latent.bias[:8] = 3
        encoder.to_moments.to_latent.bias[8:] = math.log(4)
    images, normals = torch.randn(2, 3, 32, 32), torch.randn(2, 8)
    torch.testing.assert_close(encoder.draw(images, normals), 3 + 2 * normals)
    torch.testing.assert_close(encoder(images), torch.full((2, 8), 3.0))


def test_gradients_reach_mean_and_variance():
    encoder = GaussianEncoder(VECTOR_TINY_32)
    encoder.draw(torch.randn(2, 3, 32, 32), torch.randn(2, 8)).square().sum().backward()
    gradient = encoder.to_moments.to_latent.weight.grad
    assert gradient is not None
    assert (gradient.abs().amax(dim=1) > 0).all()


def test_a_plain_encoder_draws_nothing():
    encoder, images = PlainEncoder(VECTOR_TINY_32), torch.randn(2, 3, 32, 32)
    drawn = [encoder.draw(images, torch.randn(2, 8)) for _ in range(2)]
    assert torch.equal(*drawn)
    assert torch.equal(drawn[0], encoder(images))

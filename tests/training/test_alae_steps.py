"""ALAE: three updates, each of two networks, by the gradients of their formulas."""

import pytest
import torch
import torch.nn.functional as F
from learned import Setup, assert_gradient, gradient_taken
from torch import Tensor

from stylemapgan.augment import diff_augment
from stylemapgan.methods.alae import latent_reciprocity
from stylemapgan.training.microbatches import Phase

MAPPING, SYNTHESIS = "generator.mapping", "generator.synthesis"
DISCRIMINATION, GENERATION, RECIPROCITY = range(3)


@pytest.fixture
def setup(settings) -> Setup:
    return Setup(settings, "alae")


def random_w(setup: Setup, phase: Phase) -> Tensor:
    """F(z), for what a phase draws first."""
    w_plus = setup.before.generator.mapping(setup.randomness(phase).normal(4, 8))
    assert all(torch.equal(each, w_plus[:, 0]) for each in w_plus.unbind(dim=1))
    return w_plus[:, 0]


def generated_from(setup: Setup, w: Tensor) -> Tensor:
    return setup.before.generator.synthesize(torch.stack([w] * 8, dim=1))


def judged(setup: Setup, images: Tensor) -> Tensor:
    return setup.before.discriminator(setup.before.encoder(images))


def test_latent_reciprocity_agrees_with_a_number_computed_by_hand():
    w, recovered = torch.tensor([[1.0, 2.0], [0.0, 0.0]]), torch.tensor([[1.0, 0.0], [3.0, 4.0]])
    assert latent_reciprocity(w, recovered).item() == (4 + 25) / 2


def test_the_target_of_latent_reciprocity_gets_no_gradient():
    w, recovered = torch.ones(2, 3, requires_grad=True), torch.zeros(2, 3, requires_grad=True)
    latent_reciprocity(w, recovered).backward()
    assert w.grad is None
    assert recovered.grad is not None
    assert torch.equal(recovered.grad, torch.full((2, 3), -1.0))


@pytest.mark.parametrize("precision", ["32-true", "bf16-mixed"])
@pytest.mark.parametrize(
    ("update", "learners"),
    [
        (DISCRIMINATION, {"encoder", "discriminator"}),
        (GENERATION, {MAPPING, SYNTHESIS}),
        (RECIPROCITY, {"encoder", SYNTHESIS}),
    ],
)
def test_an_update_changes_only_the_two_networks_it_says(settings, update, learners, precision):
    setup = Setup(settings, "alae", precision=precision)
    setup.take(update)
    assert setup.changed() == learners


def test_encoder_and_discriminator_follow_the_papers_formula(setup):
    real = setup.real.clone().requires_grad_()
    generated = generated_from(setup, random_w(setup, Phase.DISCRIMINATOR)).detach()
    on_real, on_generated = judged(setup, real), judged(setup, generated)
    (slope,) = torch.autograd.grad(on_real.sum(), real, create_graph=True)
    penalty = slope.flatten(1).norm(dim=1).square().mean()
    terms = {
        "d/real": F.softplus(-on_real).mean(),
        "d/generated": F.softplus(on_generated).mean(),
        "d/r1": penalty,
        "d/sign_real": on_real.sign().mean(),
    }
    loss = terms["d/real"] + terms["d/generated"] + 10 / 2 * penalty

    expected = {name: term.item() for name, term in terms.items()}
    assert setup.take(DISCRIMINATION) == pytest.approx(expected, rel=1e-4)
    for name in ("encoder", "discriminator"):
        taken = gradient_taken(
            getattr(setup.state, name), getattr(setup.state, f"{name}_optimizer")
        )
        assert_gradient(taken, loss, getattr(setup.before, name))


def test_mapping_and_synthesis_follow_the_papers_formula(setup):
    generated = generated_from(setup, random_w(setup, Phase.GENERATOR))
    loss = F.softplus(-judged(setup, generated)).mean()
    assert setup.take(GENERATION) == pytest.approx({"g/adversarial": loss.item()}, rel=1e-4)
    taken = gradient_taken(setup.state.generator, setup.state.generator_optimizer)
    assert_gradient(taken, loss, setup.before.generator)


def test_encoder_and_synthesis_learn_to_keep_w_which_is_given(setup):
    w = random_w(setup, Phase.RECONSTRUCTION).detach()
    recovered = setup.before.encoder(generated_from(setup, w))
    loss = (w - recovered).norm(dim=1).square().mean()
    assert setup.take(RECIPROCITY) == pytest.approx({"e/latent": loss.item()}, rel=1e-4)
    for name in ("encoder", "generator"):
        optimizer = getattr(setup.state, f"{name}_reciprocity_optimizer")
        taken = gradient_taken(getattr(setup.state, name), optimizer)
        assert_gradient(taken, loss, getattr(setup.before, name))


def test_no_update_changes_the_averages_of_another(setup):
    for update in (DISCRIMINATION, GENERATION, RECIPROCITY, RECIPROCITY):
        setup.take(update)
    updates = {
        name: {memory["step"].item() for memory in optimizer.state.values()}
        for name, optimizer in vars(setup.state).items()
        if name.endswith("_optimizer")
    }
    assert updates == {
        "encoder_optimizer": {1},
        "discriminator_optimizer": {1},
        "generator_optimizer": {1},
        "encoder_reciprocity_optimizer": {2},
        "generator_reciprocity_optimizer": {2},
    }


def test_the_discriminator_only_ever_sees_augmented_images(settings):
    names = ("colour", "translation", "cutout")
    setup = Setup(settings, "alae", augmentations=names)
    generated = generated_from(setup, random_w(setup, Phase.DISCRIMINATOR))
    randomness = setup.randomness(Phase.DISCRIMINATOR)
    randomness.normal(4, 8)  # z
    on_real, on_generated = (
        judged(setup, diff_augment(images, names, randomness)) for images in (setup.real, generated)
    )
    losses = setup.take(DISCRIMINATION)
    assert losses["d/real"] == pytest.approx(F.softplus(-on_real).mean().item(), rel=1e-4)
    assert losses["d/generated"] == pytest.approx(F.softplus(on_generated).mean().item(), rel=1e-4)


def test_latent_reciprocity_falls(setup):
    first = setup.take(RECIPROCITY)["e/latent"]
    later = [setup.take(RECIPROCITY)["e/latent"] for _ in range(15)]
    assert later[-1] < first / 2


def test_the_learning_rate_is_the_papers(setup):
    setup.state.set_schedule(setup.config)
    for optimizer in setup.state.optimizers:
        assert [group["lr"] for group in optimizer.param_groups] == [0.0015]
        assert optimizer.param_groups[0]["betas"] == (0.0, 0.99)

"""Each update changes the networks it names, by the gradient of its formula."""

import copy
from collections.abc import Callable
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from lightning_fabric import Fabric
from torch import Tensor, nn
from torch.optim import Adam

from stylemapgan.augment import BatchRandomness, diff_augment
from stylemapgan.config import LossWeights, StabilityConfig
from stylemapgan.features.efficientnet import PYRAMID, EfficientNetLite0
from stylemapgan.features.perceptual import AbstractPerceptualDistance, enlarge
from stylemapgan.losses import gradient_difference, laplacian_difference
from stylemapgan.methods.stylemapgan import steps
from stylemapgan.methods.stylemapgan.recipe import STYLEMAPGAN
from stylemapgan.methods.stylemapgan.state import StyleMapGANState
from stylemapgan.models import FeatureDiscriminator
from stylemapgan.training.context import StepContext
from stylemapgan.training.microbatches import Microbatch, Phase
from stylemapgan.training.recipe import new_state

WEIGHTS = LossWeights(
    adversarial=0.5,
    latent_reconstruction=2.0,
    discriminator=3.0,
    discriminator_domain_guided=0.7,
    reconstruction=1.5,
    perceptual=0.3,
    domain_guided=0.9,
)
RELATIVISTIC = StabilityConfig(adversarial_loss="relativistic")
BY_FEATURES = LossWeights(feature_adversarial=0.4, feature_guided=0.2)
NETWORKS = (
    *("generator", "encoder", "discriminator", "generator_ema", "encoder_ema"),
    "feature_discriminator",
)
MAPPING, RESIZER, SYNTHESIS = "generator.mapping", "generator.resizer", "generator.synthesis"


class BrightnessDistance(AbstractPerceptualDistance):
    """How far apart two pictures are in brightness: a distance without weights."""

    def forward(self, one: Tensor, other: Tensor) -> Tensor:
        return (one - other).float().mean(dim=(1, 2, 3)).square()


class Setup:
    """Fresh networks, a context and a batch."""

    def __init__(self, settings: Callable[..., Any], **changes: Any) -> None:
        config = settings(**{"augmentations": (), "weights": WEIGHTS} | changes)
        fabric = Fabric(accelerator="cpu", devices=1, precision=config.training.precision)
        self.state: StyleMapGANState = new_state(STYLEMAPGAN, config, fabric.device)
        features = EfficientNetLite0() if config.training.weights.use_features else None
        self.context = StepContext(fabric, config.training, BrightnessDistance(), features)
        self.real = torch.rand(4, 3, 32, 32) * 2 - 1
        self.batch = [Microbatch(self.real, seed=3, images_seen=8)]
        self.before = copy.deepcopy(self.state)

    def take(self, name: str) -> dict[str, float]:
        """Do one update and return its losses."""
        losses = getattr(steps, name)(self.context, self.state, self.batch)
        return {term: value.item() for term, value in losses.items()}

    def randomness(self, phase: Phase) -> BatchRandomness:
        """The random numbers of a phase, from their beginning."""
        return self.batch[0].randomness(phase)

    def z(self, phase: Phase) -> Tensor:
        """The noise of a phase: what it draws first."""
        return self.randomness(phase).normal(4, self.state.generator.config.style_channels)

    def changed(self) -> set[str]:
        """Name the parts with a weight that changed."""
        names = set()
        for network in NETWORKS:
            if getattr(self.before, network) is None:
                continue
            old = getattr(self.before, network).state_dict()
            for name, value in getattr(self.state, network).state_dict().items():
                if not torch.equal(value, old[name]):
                    part = f".{name.split('.')[0]}" if network == "generator" else ""
                    names.add(network + part)
        return names


@pytest.mark.parametrize("precision", ["32-true", "bf16-mixed"])
@pytest.mark.parametrize(
    ("step", "learners"),
    [
        ("generator_step", {MAPPING, RESIZER, SYNTHESIS, "encoder"}),
        ("discriminator_step", {"discriminator"}),
        ("penalty_step", {"discriminator"}),
        ("reconstruction_step", {"encoder", RESIZER, SYNTHESIS}),
    ],
)
def test_a_step_changes_only_the_networks_it_says(settings, step, learners, precision):
    setup = Setup(settings, precision=precision)
    setup.take(step)
    assert setup.changed() == learners


def test_the_warm_up_leaves_mapping_network_and_discriminator_alone(settings):
    setup = Setup(settings)
    losses = steps.warm_up_step(setup.context, setup.state, setup.batch)
    assert setup.changed() == {"encoder", RESIZER, SYNTHESIS}
    assert set(losses) == {"e/reconstruction", "e/perceptual"}


@pytest.mark.parametrize(
    ("weights", "learners"),
    [
        (LossWeights(latent_reconstruction=0.0), {MAPPING, RESIZER, SYNTHESIS}),
        (LossWeights(adversarial=0.0), {"encoder"}),
    ],
)
def test_the_generator_learns_from_the_adversarial_and_the_encoder_from_the_latent_loss(
    settings, weights, learners
):
    setup = Setup(settings, weights=weights)
    setup.take("generator_step")
    assert setup.changed() == learners


def by_features(state: StyleMapGANState) -> FeatureDiscriminator:
    assert state.feature_discriminator is not None
    return state.feature_discriminator


def logits_of(setup: Setup, network: FeatureDiscriminator, images: Tensor) -> list[Tensor]:
    assert setup.context.features is not None
    features = setup.context.features(enlarge(images))
    return network([features[position] for position in PYRAMID])


@pytest.mark.parametrize("precision", ["32-true", "bf16-mixed"])
def test_the_discriminator_of_features_learns_in_its_heads_alone(settings, precision):
    setup = Setup(settings, weights=BY_FEATURES, precision=precision)
    losses = setup.take("feature_discriminator_step")
    assert set(losses) == {"f/real", "f/generated", "f/reconstructed"}
    assert setup.changed() == {"feature_discriminator"}
    before = dict(by_features(setup.before).named_parameters())
    for name, value in by_features(setup.state).named_parameters():
        assert torch.equal(value, before[name]) == name.startswith("across_"), name


def test_without_a_weight_there_is_no_discriminator_of_features(settings):
    setup = Setup(settings)
    assert setup.state.feature_discriminator is None
    assert setup.take("feature_discriminator_step") == {}


def test_the_discriminator_of_features_follows_the_hinge_loss_of_its_heads(settings):
    setup = Setup(settings, weights=BY_FEATURES)
    generator, network = setup.before.generator, by_features(setup.before)
    reconstructed = generator.synthesize(setup.before.encoder(setup.real)).detach()
    pictures = setup.real, generator(setup.z(Phase.FEATURES)).detach(), reconstructed
    logits = [logits_of(setup, network, images) for images in pictures]  # each moves the norms
    real = torch.stack([(1 - each).clamp(min=0).mean() for each in logits[0]]).sum()
    fakes = [
        torch.stack([(1 + each).clamp(min=0).mean() for each in fake]).sum() for fake in logits[1:]
    ]

    losses = setup.take("feature_discriminator_step")
    expected = [real.item(), *(fake.item() for fake in fakes)]
    assert list(losses.values()) == pytest.approx(expected, rel=1e-3)


def test_generator_and_encoder_raise_the_logits_of_features(settings):
    setup = Setup(settings, weights=BY_FEATURES)
    generator, network = setup.before.generator, by_features(setup.before)
    logits = logits_of(setup, network, generator(setup.z(Phase.GENERATOR)))
    expected = -torch.stack([each.mean() for each in logits]).sum()
    losses = setup.take("generator_step")
    assert losses["g/features"] == pytest.approx(expected.item(), rel=1e-3, abs=1e-4)
    assert "e/features" in setup.take("reconstruction_step")
    kept = zip(by_features(setup.state).parameters(), network.parameters(), strict=True)
    assert all(torch.equal(one, other) for one, other in kept)


def test_no_step_leaves_a_gradient_behind(settings):
    setup = Setup(settings)
    for step in ("generator_step", "discriminator_step", "penalty_step", "reconstruction_step"):
        setup.take(step)
        for network in (setup.state.generator, setup.state.encoder, setup.state.discriminator):
            assert all(parameter.grad is None for parameter in network.parameters())


def test_the_discriminators_head_start_leaves_the_other_networks_alone(settings):
    setup = Setup(settings)
    losses = setup.take("head_start_step")
    assert setup.changed() == {"discriminator"}
    assert set(losses) == {"d/real", "d/reconstructed", "d/sign_real"}


def gradient_taken(network: nn.Module, optimizer: Adam) -> list[Tensor]:
    """What an update followed: with a first beta of 0, Adam remembers the last gradient."""
    return [
        optimizer.state[parameter].get("exp_avg", torch.zeros_like(parameter))
        for parameter in network.parameters()
    ]


def gradient_of(loss: Tensor, network: nn.Module) -> list[Tensor]:
    parameters = list(network.parameters())
    return list(torch.autograd.grad(loss, parameters, materialize_grads=True, retain_graph=True))


def assert_same_gradients(
    found: list[Tensor], expected: list[Tensor], rtol: float = 1e-4, atol: float = 1e-6
) -> None:
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one, other, rtol=rtol, atol=atol)


def test_the_generators_update_follows_the_papers_formulas(settings):
    setup = Setup(settings)
    generator, encoder = setup.before.generator, setup.before.encoder
    stylemap = generator.mapping(setup.z(Phase.GENERATOR))
    generated = generator.synthesis(generator.resizer(stylemap))
    adversarial = torch.log1p(torch.exp(-setup.before.discriminator(generated))).mean()
    latent = (encoder(generated.detach()) - stylemap.detach()).square().mean()

    losses = setup.take("generator_step")
    assert losses == pytest.approx(
        {"g/adversarial": adversarial.item(), "e/latent": latent.item()}, rel=1e-4
    )
    state = setup.state
    assert_same_gradients(
        gradient_taken(state.generator, state.generator_optimizer),
        gradient_of(0.5 * adversarial, generator),
    )
    assert_same_gradients(
        gradient_taken(state.encoder, state.encoder_optimizer), gradient_of(2 * latent, encoder)
    )


def test_the_discriminators_update_follows_the_papers_formulas(settings):
    setup = Setup(settings)
    generator, discriminator = setup.before.generator, setup.before.discriminator
    reconstructed = generator.synthesize(setup.before.encoder(setup.real)).detach()
    real = F.softplus(-discriminator(setup.real)).mean()
    generated = F.softplus(discriminator(generator(setup.z(Phase.DISCRIMINATOR)).detach())).mean()
    guided = F.softplus(discriminator(reconstructed)).mean()

    losses = setup.take("discriminator_step")
    assert losses == pytest.approx(
        {
            "d/real": real.item(),
            "d/generated": generated.item(),
            "d/reconstructed": guided.item(),
            "d/sign_real": discriminator(setup.real).sign().mean().item(),
        },
        rel=1e-4,
    )
    assert_same_gradients(
        gradient_taken(setup.state.discriminator, setup.state.discriminator_optimizer),
        gradient_of(3 * (real + generated) + 0.7 * guided, discriminator),
    )


def test_the_head_start_separates_photos_from_reconstructions(settings):
    setup = Setup(settings)
    generator, discriminator = setup.before.generator, setup.before.discriminator
    reconstructed = generator.synthesize(setup.before.encoder(setup.real)).detach()
    real = F.softplus(-discriminator(setup.real)).mean()
    fake = F.softplus(discriminator(reconstructed)).mean()

    losses = setup.take("head_start_step")
    assert losses["d/real"] == pytest.approx(real.item(), rel=1e-4)
    assert losses["d/reconstructed"] == pytest.approx(fake.item(), rel=1e-4)
    assert_same_gradients(
        gradient_taken(setup.state.discriminator, setup.state.discriminator_optimizer),
        gradient_of(real + fake, discriminator),
    )


def test_a_relativistic_head_start_wants_each_photo_above_its_reconstruction(settings):
    setup = Setup(settings, stability=RELATIVISTIC)
    generator, discriminator = setup.before.generator, setup.before.discriminator
    reconstructed = generator.synthesize(setup.before.encoder(setup.real)).detach()
    expected = torch.log1p(torch.exp(discriminator(reconstructed) - discriminator(setup.real)))
    losses = setup.take("head_start_step")
    assert losses["d/reconstructed"] == pytest.approx(expected.mean().item(), rel=1e-4)
    assert "d/real" not in losses


def test_the_penalty_is_weighted_up_for_being_rare(settings):
    setup = Setup(settings, r1_gamma=10.0, r1_interval=16)
    discriminator, real = setup.before.discriminator, setup.real.clone().requires_grad_()
    (slope,) = torch.autograd.grad(discriminator(real).sum(), real, create_graph=True)
    penalty = slope.flatten(1).norm(dim=1).square().mean()

    assert setup.take("penalty_step") == pytest.approx({"d/r1": penalty.item()}, rel=1e-4)
    assert_same_gradients(
        gradient_taken(setup.state.discriminator, setup.state.discriminator_optimizer),
        gradient_of(10 / 2 * 16 * penalty, discriminator),
    )


def test_the_reconstruction_follows_the_papers_formulas(settings):
    setup = Setup(settings)
    generator, encoder = setup.before.generator, setup.before.encoder
    reconstructed = generator.synthesize(encoder(setup.real))
    squared = (reconstructed - setup.real).square().mean()
    perceptual = (reconstructed - setup.real).mean(dim=(1, 2, 3)).square().mean()
    guided = F.softplus(-setup.before.discriminator(reconstructed)).mean()

    losses = setup.take("reconstruction_step")
    assert losses == pytest.approx(
        {
            "e/reconstruction": squared.item(),
            "e/perceptual": perceptual.item(),
            "e/domain_guided": guided.item(),
        },
        rel=1e-4,
    )
    loss = 1.5 * squared + 0.3 * perceptual + 0.9 * guided
    state = setup.state
    assert_same_gradients(
        gradient_taken(state.encoder, state.encoder_optimizer), gradient_of(loss, encoder)
    )
    assert_same_gradients(
        gradient_taken(state.generator, state.generator_optimizer), gradient_of(loss, generator)
    )


@pytest.mark.parametrize("most", [1e6, 0.01])
def test_the_adversarial_loss_is_weighed_by_the_gradients_at_the_last_layer(settings, most):
    setup = Setup(settings, stability=StabilityConfig(most_adversarial=most))
    generator, encoder = setup.before.generator, setup.before.encoder
    reconstructed = generator.synthesize(encoder(setup.real))
    wanted = 1.5 * (reconstructed - setup.real).square().mean()
    wanted = wanted + 0.3 * (reconstructed - setup.real).mean(dim=(1, 2, 3)).square().mean()
    guided = F.softplus(-setup.before.discriminator(reconstructed)).mean()
    last = generator.synthesis.to_rgb.convolution
    norms = [
        torch.autograd.grad(loss, last.weight, retain_graph=True)[0].norm().item()
        for loss in (wanted, guided)
    ]
    factor = min(norms[0] / norms[1], most)

    assert setup.take("reconstruction_step")["e/balance"] == pytest.approx(factor, rel=1e-3)
    loss, state = wanted + 0.9 * factor * guided, setup.state
    for network, learner, optimizer in (
        (encoder, state.encoder, state.encoder_optimizer),
        (generator, state.generator, state.generator_optimizer),
    ):
        expected = gradient_of(loss, network)
        assert_same_gradients(gradient_taken(learner, optimizer), expected, rtol=1e-3, atol=1e-5)


def test_gradient_and_laplacian_losses_join_where_they_have_weights(settings):
    setup = Setup(settings, weights=LossWeights(gradient=0.8, laplacian=0.6))
    generator, encoder = setup.before.generator, setup.before.encoder
    reconstructed = generator.synthesize(encoder(setup.real))
    squared = (reconstructed - setup.real).square().mean()
    perceptual = (reconstructed - setup.real).mean(dim=(1, 2, 3)).square().mean()
    gradient = gradient_difference(reconstructed, setup.real)
    laplacian = laplacian_difference(reconstructed, setup.real)

    losses = setup.take("warm_up_step")
    assert losses["e/gradient"] == pytest.approx(gradient.item(), rel=1e-4)
    assert losses["e/laplacian"] == pytest.approx(laplacian.item(), rel=1e-4)
    assert_same_gradients(
        gradient_taken(setup.state.encoder, setup.state.encoder_optimizer),
        gradient_of(squared + perceptual + 0.8 * gradient + 0.6 * laplacian, encoder),
    )


def test_the_perceptual_loss_joins_when_it_is_due(settings):
    setup = Setup(settings, perceptual_from=8)
    assert "e/perceptual" not in setup.take("reconstruction_step")
    setup.state.images_seen = 8
    assert "e/perceptual" in setup.take("reconstruction_step")


def test_the_discriminator_only_ever_sees_augmented_images(settings):
    names = ("colour", "translation", "cutout")
    setup = Setup(settings, augmentations=names)
    randomness = setup.randomness(Phase.DISCRIMINATOR)
    generator, discriminator = setup.before.generator, setup.before.discriminator
    with torch.no_grad():
        z = randomness.normal(4, 8)
        pictures = {
            "d/real": setup.real,
            "d/generated": generator(z),
            "d/reconstructed": generator.synthesize(setup.before.encoder(setup.real)),
        }
        logits = {
            term: discriminator(diff_augment(images, names, randomness))
            for term, images in pictures.items()
        }
    expected = {
        term: F.softplus(-logit if term == "d/real" else logit).mean().item()
        for term, logit in logits.items()
    }
    expected["d/sign_real"] = logits["d/real"].sign().mean().item()
    assert setup.take("discriminator_step") == pytest.approx(expected, rel=1e-4)


def test_the_relativistic_generator_wants_its_images_above_the_photos(settings):
    setup = Setup(settings, stability=RELATIVISTIC)
    generator, discriminator = setup.before.generator, setup.before.discriminator
    fake, real = (
        discriminator(generator(setup.z(Phase.GENERATOR))),
        discriminator(setup.real).detach(),
    )
    adversarial = torch.log1p(torch.exp(real - fake)).mean()
    assert setup.take("generator_step")["g/adversarial"] == pytest.approx(adversarial.item())
    assert_same_gradients(
        gradient_taken(setup.state.generator, setup.state.generator_optimizer),
        gradient_of(0.5 * adversarial, generator),
    )


def test_the_relativistic_discriminator_wants_each_photo_above_its_fakes(settings):
    setup = Setup(settings, stability=RELATIVISTIC)
    generator, discriminator = setup.before.generator, setup.before.discriminator
    real = discriminator(setup.real)
    generated = discriminator(generator(setup.z(Phase.DISCRIMINATOR)).detach())
    reconstructed = discriminator(generator.synthesize(setup.before.encoder(setup.real)).detach())
    separation = torch.log1p(torch.exp(generated - real)).mean()
    guided = torch.log1p(torch.exp(reconstructed - real)).mean()

    losses = setup.take("discriminator_step")
    assert losses["d/generated"] == pytest.approx(separation.item(), rel=1e-4)
    assert losses["d/reconstructed"] == pytest.approx(guided.item(), rel=1e-4)
    assert "d/real" not in losses
    assert_same_gradients(
        gradient_taken(setup.state.discriminator, setup.state.discriminator_optimizer),
        gradient_of(3 * separation + 0.7 * guided, discriminator),
    )


def test_r2_keeps_the_discriminator_flat_around_generated_images(settings):
    stability = StabilityConfig(r2_gamma=6.0)
    setup = Setup(settings, r1_gamma=0.0, r1_interval=16, stability=stability)
    discriminator = setup.before.discriminator
    fake = setup.before.generator(setup.z(Phase.PENALTY)).detach().requires_grad_()
    (slope,) = torch.autograd.grad(discriminator(fake).sum(), fake, create_graph=True)
    penalty = slope.flatten(1).norm(dim=1).square().mean()

    assert setup.take("penalty_step")["d/r2"] == pytest.approx(penalty.item(), rel=1e-4)
    assert_same_gradients(
        gradient_taken(setup.state.discriminator, setup.state.discriminator_optimizer),
        gradient_of(6 / 2 * 16 * penalty, discriminator),
    )


def test_gradients_longer_than_the_settings_allow_are_shortened(settings):
    lengths = {}
    for longest in (0.0, 0.25):
        setup = Setup(settings, stability=StabilityConfig(clip_gradients=longest))
        setup.take("discriminator_step")
        taken = gradient_taken(setup.state.discriminator, setup.state.discriminator_optimizer)
        lengths[longest] = torch.cat([each.flatten() for each in taken]).norm().item()
    assert lengths[0.0] > 0.5
    assert lengths[0.25] == pytest.approx(0.25, rel=1e-4)


def test_frozen_layers_of_the_discriminator_stay_and_the_others_learn(settings):
    setup = Setup(settings, init_from="some model", freeze_discriminator=2)
    setup.take("discriminator_step")
    setup.take("penalty_step")
    before = setup.before.discriminator.state_dict()
    for name, value in setup.state.discriminator.state_dict().items():
        is_frozen = name.startswith(("trunk.0.", "trunk.1."))
        assert torch.equal(value, before[name]) == is_frozen, name


def test_a_reconstruction_shared_by_discriminator_and_encoder_changes_no_gradient(settings):
    """The photos are reconstructed once instead of twice: the same numbers, bit by bit."""
    alone, sharing = (Setup(settings) for _ in range(2))
    sharing.real, sharing.batch = alone.real, alone.batch
    for setup in (alone, sharing):
        shared = None
        if setup is sharing:
            shared = steps.reconstruct(setup.context, setup.state, setup.batch[0])
        steps.discriminator_step(setup.context, setup.state, setup.batch, shared)
        steps.reconstruction_step(setup.context, setup.state, setup.batch, shared)
    for network in ("discriminator", "generator", "encoder"):
        one, other = (getattr(setup.state, network).state_dict() for setup in (alone, sharing))
        assert all(torch.equal(one[name], other[name]) for name in one)


STEPS = ("generator_step", "discriminator_step", "penalty_step", "reconstruction_step")


@pytest.mark.parametrize("step", STEPS)
def test_a_batch_in_several_passes_gives_the_gradients_of_one_in_a_single_pass(settings, step):
    """The minibatch standard deviation compares the same photos, and all draws are the same."""
    taken = []
    real = torch.rand(8, 3, 32, 32) * 2 - 1
    names = ("colour", "translation", "cutout")
    for count in (1, 2):
        setup = Setup(settings, augmentations=names, batch=8)
        whole = Microbatch(real, seed=3, images_seen=8)
        setup.batch = [whole] if count == 1 else whole.split(count)
        losses = setup.take(step)
        state = setup.state
        gradients = [
            gradient
            for network, optimizer in (
                (state.generator, state.generator_optimizer),
                (state.encoder, state.encoder_optimizer),
                (state.discriminator, state.discriminator_optimizer),
            )
            for gradient in gradient_taken(network, optimizer)
        ]
        taken.append((losses, gradients))
    (one, expected), (several, found) = taken
    assert several == pytest.approx(one, rel=1e-4)
    assert_same_gradients(found, expected)

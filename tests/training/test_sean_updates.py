"""SEAN's updates: hinge losses, feature matching, and who learns from them."""

import copy
import dataclasses
from collections.abc import Iterable
from typing import Any

import pytest
import torch
from learned import assert_gradient, gradient_taken
from lightning_fabric import Fabric
from sameness import assert_same
from torch import Tensor

from stylemapgan.config import SpeedConfig
from stylemapgan.config.presets import VECTOR_TINY_32
from stylemapgan.errors import ConfigError
from stylemapgan.features.perceptual import AbstractPerceptualDistance
from stylemapgan.methods.recipes import RECIPES
from stylemapgan.methods.sean.regions import own_layout, to_regions
from stylemapgan.methods.sean.updates import augment_pairs
from stylemapgan.training.context import StepContext
from stylemapgan.training.microbatches import Microbatch, Phase
from stylemapgan.training.recipe import new_state

SEAN = RECIPES["sean"]
DISCRIMINATOR, RECONSTRUCTION = range(2)
NETWORKS = ("generator", "encoder", "discriminator", "generator_ema", "encoder_ema")


class Brightness(AbstractPerceptualDistance):
    """Squared difference of mean brightness."""

    def forward(self, one: Tensor, other: Tensor) -> Tensor:
        return (one.mean(dim=(1, 2, 3)) - other.mean(dim=(1, 2, 3))).square()


class Setup:
    """Fresh networks, and a batch of four photos with label maps."""

    def __init__(self, settings: Any, distance: bool = False, **changes: Any) -> None:
        vector = dataclasses.replace(VECTOR_TINY_32, parts=("wall", "face", "hair"))
        config = settings(**{"augmentations": ()} | changes)
        config = dataclasses.replace(config, method="sean", vector=vector)
        self.config = config.training
        fabric = Fabric(accelerator="cpu", devices=1, precision=config.training.precision)
        self.state: Any = new_state(SEAN, config, fabric.device)
        self.context = StepContext(fabric, config.training, Brightness() if distance else None)
        generator = torch.Generator().manual_seed(1)
        self.real = torch.rand(4, 3, 32, 32, generator=generator) * 2 - 1
        coarse = torch.randint(3, (4, 8, 8), generator=generator).to(torch.uint8)
        self.maps = coarse.repeat_interleave(4, 1).repeat_interleave(4, 2)
        self.batch = [Microbatch(self.real, seed=3, images_seen=8, label_maps=self.maps)]
        self.before: Any = copy.deepcopy(self.state)

    @property
    def regions(self) -> Tensor:
        return to_regions(self.maps, 3)

    def take(self, number: int, kept: dict[str, Tensor] | None = None) -> dict[str, float]:
        self.state.set_schedule(self.config)
        run = SEAN.updates[number].run
        losses = run(self.context, self.state, self.batch, {} if kept is None else kept)
        return {term: value.item() for term, value in losses.items()}

    def changed(self) -> set[str]:
        return {
            network
            for network in NETWORKS
            for name, value in getattr(self.state, network).state_dict().items()
            if not torch.equal(value, getattr(self.before, network).state_dict()[name])
        }

    def reconstruct(self) -> Tensor:
        """Encode and draw with the networks before."""
        layout = own_layout(self.maps, 3)
        return self.before.generator(self.before.encoder(self.real, layout.regions), layout)


def total(terms: Iterable[Tensor]) -> Tensor:
    return torch.stack(list(terms)).sum()


@pytest.mark.parametrize("precision", ["32-true", "bf16-mixed"])
@pytest.mark.parametrize(
    ("update", "learners"),
    [(DISCRIMINATOR, {"discriminator"}), (RECONSTRUCTION, {"generator", "encoder"})],
)
def test_an_update_changes_only_the_networks_it_says(settings, update, learners, precision):
    setup = Setup(settings, precision=precision)
    setup.take(update)
    assert setup.changed() == learners


def test_the_discriminators_update_follows_the_hinge_loss(settings):
    setup = Setup(settings)
    discriminator = setup.before.discriminator
    on_real = discriminator(setup.real, setup.regions)
    on_fake = discriminator(setup.reconstruct().detach(), setup.regions)
    real = total((1 - each.logits).clamp(min=0).mean() for each in on_real)
    fake = total((1 + each.logits).clamp(min=0).mean() for each in on_fake)
    expected = {"d/real": real.item(), "d/reconstructed": fake.item()}
    assert setup.take(DISCRIMINATOR) == pytest.approx(expected, rel=1e-4)
    taken = gradient_taken(setup.state.discriminator, setup.state.discriminator_optimizer)
    assert_gradient(taken, real + fake, discriminator)


def test_generator_and_encoder_follow_the_three_losses(settings):
    setup = Setup(settings, distance=True)
    discriminator, fake = setup.before.discriminator, setup.reconstruct()
    on_fake, on_real = (discriminator(each, setup.regions) for each in (fake, setup.real))
    adversarial = -total(each.logits.mean() for each in on_fake)
    matching = total(
        (one - other.detach()).abs().mean()
        for generated, photos in zip(on_fake, on_real, strict=True)
        for one, other in zip(generated.features, photos.features, strict=True)
    )
    perceptual = Brightness()(fake, setup.real).mean()
    expected = {
        "g/adversarial": adversarial.item(),
        "g/features": matching.item(),
        "g/perceptual": perceptual.item(),
    }
    assert setup.take(RECONSTRUCTION) == pytest.approx(expected, rel=1e-4)
    loss = adversarial + 10 * matching + 10 * perceptual
    for name in ("generator", "encoder"):
        taken = gradient_taken(
            getattr(setup.state, name), getattr(setup.state, f"{name}_optimizer")
        )
        assert_gradient(taken, loss, getattr(setup.before, name))


def test_shared_forward_passes_change_no_bit(settings):
    ends = []
    for shares in (True, False):
        speed = dataclasses.replace(SpeedConfig(), share_forward_passes=shares)
        setup, kept = Setup(settings, speed=speed), {}
        losses = [setup.take(update, kept) for update in (DISCRIMINATOR, RECONSTRUCTION)]
        assert bool(kept) == shares
        ends.append((losses, setup.state.state_dict()))
    assert_same(*ends)


def test_a_batch_in_two_microbatches_gives_the_same_update(settings):
    ends = []
    for passes in (1, 2):
        setup = Setup(settings, augmentations=("translation", "cutout"))
        setup.batch = setup.batch[0].split(passes)
        losses = [setup.take(update) for update in (DISCRIMINATOR, RECONSTRUCTION)]
        ends.append((losses, setup.state.generator.to_rgb.bias.detach()))
    assert ends[0][0] == [pytest.approx(each, rel=1e-3) for each in ends[1][0]]
    torch.testing.assert_close(ends[0][1], ends[1][1], rtol=1e-2, atol=1e-5)


def test_label_maps_move_along_with_augmented_pictures(settings):
    """Pictures that show their label map still show it, wherever they have been moved."""
    setup = Setup(settings, augmentations=("translation", "cutout"))
    shown = setup.regions  # three regions as the three colours
    images, regions = augment_pairs(
        shown, setup.regions, setup.config, setup.batch[0].randomness(Phase.DISCRIMINATOR)
    )
    assert not torch.equal(images, shown)
    torch.testing.assert_close(images, regions)


def test_colour_changes_pictures_and_not_label_maps(settings):
    setup = Setup(settings, augmentations=("colour",))
    images, regions = augment_pairs(
        setup.real, setup.regions, setup.config, setup.batch[0].randomness(Phase.DISCRIMINATOR)
    )
    assert not torch.equal(images, setup.real)
    assert torch.equal(regions, setup.regions)


def test_the_discriminator_learns_to_tell_reconstructions_from_photos(settings):
    setup = Setup(settings)
    first = sum(setup.take(DISCRIMINATOR).values())
    assert first == pytest.approx(4, abs=1.5)  # two scales, two losses of about 1
    later = [sum(setup.take(DISCRIMINATOR).values()) for _ in range(12)]
    assert later[-1] < 0.85 * first


def test_learning_rates_are_the_papers_and_fall_in_a_cooldown(settings):
    setup = Setup(settings, images=40, cooldown=20, learning_rate=0.5)
    rates = []
    for setup.state.images_seen in (0, 20, 30):
        setup.state.set_schedule(setup.config)
        rates.append([each.param_groups[0]["lr"] for each in setup.state.optimizers])
    full = [0.002, 0.002, 0.008]
    assert rates == [pytest.approx(full), pytest.approx(full), pytest.approx([0.001, 0.001, 0.004])]
    assert [each.param_groups[0]["betas"] for each in setup.state.optimizers] == [(0.0, 0.9)] * 3


def test_adaptive_augmentation_is_refused(settings):
    config = settings()
    ada = dataclasses.replace(config.training.ada, target=0.6)
    training = dataclasses.replace(config.training, ada=ada)
    with pytest.raises(ConfigError, match=r"cannot adapt augmentation.*set ada\.target to 0"):
        SEAN.build(dataclasses.replace(config, training=training))

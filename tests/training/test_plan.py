"""A plan says what a run takes: it agrees with real networks and real updates."""

import dataclasses
import functools
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from lightning_fabric import Fabric

from stylemapgan.augment import GROUPS
from stylemapgan.config import AdaConfig, LossWeights, RunConfig, StabilityConfig, preset
from stylemapgan.config.training import ChosenPrecision
from stylemapgan.errors import ConfigError, TrainingError
from stylemapgan.methods.stylemapgan import steps
from stylemapgan.methods.stylemapgan.recipe import STYLEMAPGAN
from stylemapgan.models import Discriminator, Encoder, Generator
from stylemapgan.training.context import StepContext
from stylemapgan.training.memory_limits import GIB, memory_a_process
from stylemapgan.training.microbatches import Microbatch, lay_out
from stylemapgan.training.plan import Plan, count_parameters, make_plan
from stylemapgan.training.processes import Hardware
from stylemapgan.training.recipe import new_state
from stylemapgan.training.simulation import Meter, forward_flops, simulate

LITTLE = 0.7
"""GiB in which some batches of tiny-32 fit and 256 images do not."""
SIMULATED = 24
"""Images of a simulated pass that several tests look at."""


def changed(config: RunConfig, **changes: Any) -> RunConfig:
    return dataclasses.replace(config, training=dataclasses.replace(config.training, **changes))


TINY = changed(preset("tiny-32"), precision="32-true")


def tiny(**changes: Any) -> RunConfig:
    return changed(TINY, **changes)


@functools.cache
def peaks(config: RunConfig, images: int, passes: int = 1) -> dict[str, int]:
    return {cost.name: cost.peak for cost in simulate(STYLEMAPGAN, config, images, passes)}


@pytest.fixture(scope="module")
def plan() -> Plan:
    """A batch that fits."""
    return make_plan(STYLEMAPGAN, TINY, Hardware(), LITTLE)


@pytest.fixture(scope="module")
def large() -> Plan:
    """A batch that is too large for the memory."""
    return make_plan(STYLEMAPGAN, tiny(batch=256), Hardware(), LITTLE)


def test_the_meter_counts_bytes_while_something_refers_to_them():
    with Meter() as meter:
        kept = torch.zeros(1000)
        view = kept.view(10, 100)[3:]
        assert meter.live == 4000
        del kept
        assert meter.live == 4000
        other = torch.zeros(500)
        del view, other
        assert (meter.live, meter.peak) == (0, 6000)
        meter.restart()
        assert meter.peak == 0


def test_the_meter_sees_what_autograd_keeps():
    weight = torch.ones(1000, requires_grad=True)
    with Meter() as meter:
        out = (weight * 2).exp().sum()  # exp keeps its result
        assert meter.live == 4000 + 4
        out.backward()
        assert meter.live == 4000 + 4  # the gradient instead


def test_operations_of_a_convolution_are_those_of_the_closed_form():
    images = torch.randn(2, 3, 8, 8, requires_grad=True)
    weight = torch.randn(5, 3, 3, 3, requires_grad=True)
    forward = 2 * (2 * 8 * 8) * 5 * (3 * 3 * 3)  # per output: a multiplication and an addition
    with Meter() as meter:
        out = F.conv2d(images, weight, padding=1)
        assert meter.flops == forward
        out.sum().backward()  # as much for the images, as much for the weights
        assert meter.flops == 3 * forward


def test_parameters_are_those_of_the_real_networks():
    networks = {
        "generator": Generator(TINY.model),
        "encoder": Encoder(TINY.model),
        "discriminator": Discriminator(TINY.model),
    }
    for name, count in count_parameters(STYLEMAPGAN, TINY).items():
        assert count == sum(each.numel() for each in networks[name].parameters())


def test_an_edit_is_an_encoding_and_a_decoding():
    flops = forward_flops(STYLEMAPGAN, TINY)
    style, cells = TINY.model.style_channels, TINY.model.stylemap_size**2
    mapping = 2 * style * (style * (TINY.model.mapping_layers - 1) + style * cells)
    assert flops["edit"] == flops["encoder"] + flops["generator"] - mapping


def test_a_plan_counts_the_discriminator_of_features(plan):
    weights = LossWeights(feature_adversarial=0.1)
    costs = {cost.name: cost for cost in simulate(STYLEMAPGAN, tiny(weights=weights), 4, 1)}
    usual = {phase.name: phase for phase in plan.phases}
    for name in ("generator's update", "discriminator's update"):
        assert costs[name].flops > usual[name].flops
        assert costs[name].peak > usual[name].fixed + 4 * usual[name].an_image


def test_an_iteration_is_about_the_sum_of_its_parts(plan):
    """A backward pass costs at most two forward ones, or one where weights do not learn."""
    parts = plan.forward_flops
    G, E, D = parts["generator"], parts["encoder"], parts["discriminator"]
    generator = (3 * G + 2 * D) + 3 * E
    discriminator = G + (E + G) + 3 * (3 * D)  # with the reconstruction all learn from
    reconstruction = 2 * (E + G) + 2 * D
    penalty = 6 * D / plan.config.training.r1_interval
    whole = generator + discriminator + reconstruction + penalty
    assert 0.85 * whole < plan.iteration_flops < whole


@pytest.mark.parametrize(
    "precision", ["32-true", pytest.param("bf16-mixed", marks=pytest.mark.slow)]
)
def test_simulated_updates_take_the_memory_of_real_ones(precision: ChosenPrecision):
    config = tiny(batch=SIMULATED, precision=precision)
    context = StepContext(
        Fabric(accelerator="cpu", devices=1, precision=precision), config.training, None
    )
    real: dict[str, int] = {}
    with Meter() as meter:
        state = new_state(STYLEMAPGAN, config, torch.device("cpu"))
        batch = [Microbatch(lay_out(torch.rand(SIMULATED, 3, 32, 32), config.training), 0, 0)]
        for _ in range(2):  # from the second on, the optimisers have their memory
            meter.restart()
            steps.generator_step(context, state, batch)
            real["generator's update"] = meter.peak
            meter.restart()
            shared = steps.reconstruct(context, state, batch[0])
            steps.discriminator_step(context, state, batch, shared)
            real["discriminator's update"] = meter.peak
            meter.restart()
            steps.penalty_step(context, state, batch)
            real["gradient penalty"] = meter.peak
            meter.restart()
            steps.reconstruction_step(context, state, batch, shared)
            real["reconstruction's update"] = meter.peak
            del shared
    assert peaks(tiny(precision=precision), SIMULATED) == pytest.approx(real, rel=0.05)


def test_memory_grows_evenly_with_the_batch(plan):
    simulated = peaks(TINY, SIMULATED)
    for phase in plan.phases:
        expected = phase.fixed + SIMULATED * phase.an_image
        assert expected == pytest.approx(simulated[phase.name], rel=0.02)


@pytest.mark.slow
def test_smaller_passes_and_shorter_numbers_take_less():
    usual = max(peaks(TINY, 8).values())
    assert max(peaks(TINY, 4, passes=2).values()) < 0.75 * usual
    assert max(peaks(tiny(precision="bf16-mixed"), 8).values()) < 0.75 * usual


def test_the_largest_batch_fits_and_the_next_one_does_not(plan):
    assert 4 <= plan.largest_batch < 256
    assert plan.largest_batch % 4 == 0
    fits = dataclasses.replace(plan, config=tiny(batch=plan.largest_batch))
    too_large = dataclasses.replace(plan, config=tiny(batch=plan.largest_batch + 4))
    assert fits.peak <= LITTLE * GIB < too_large.peak


@pytest.mark.slow
def test_the_advised_accumulate_makes_the_batch_fit(large):
    assert large.accumulate is not None
    cut = make_plan(STYLEMAPGAN, tiny(batch=256, accumulate=large.accumulate), Hardware(), LITTLE)
    assert cut.peak <= LITTLE * GIB
    assert cut.accumulate == large.accumulate
    assert cut.largest_batch >= 256


@pytest.mark.slow
def test_processes_share_a_batch_and_a_cpu(large):
    hardware = Hardware(accelerator="cpu", devices=2)
    two = make_plan(STYLEMAPGAN, tiny(batch=512), hardware, 2.0)
    assert two.images_a_pass == large.images_a_pass == 256
    assert large.peak < two.peak < 1.01 * large.peak  # gradients to exchange
    assert two.largest_batch % 8 == 0
    whole = memory_a_process(Hardware(accelerator="cpu"))
    assert memory_a_process(hardware) == pytest.approx(whole / 2, rel=0.2)


EVERYTHING = {
    "ada": AdaConfig(target=0.6, groups=GROUPS),
    "augmentations": ("colour", "translation", "cutout"),
    "perceptual_network": "efficientnet-lite0",
    "stability": StabilityConfig(adversarial_loss="relativistic", r2_gamma=1.0, clip_gradients=1.0),
}


@pytest.mark.slow
@pytest.mark.parametrize("changes", [EVERYTHING, {"perceptual_network": "lpips-vgg16"}])
def test_what_a_run_does_more_takes_more(changes):
    plain = peaks(TINY, 4)
    more = peaks(tiny(adversarial_from=8, **changes), 4)
    assert list(more) == ["warm-up", *plain]
    assert more["reconstruction's update"] > plain["reconstruction's update"]
    assert sum(more.values()) > 1.5 * sum(plain.values())


def test_memory_that_is_not_known_is_asked_for():
    with pytest.raises(ConfigError, match="must be above 0"):
        memory_a_process(Hardware(), 0.0)
    if not torch.cuda.is_available():
        with pytest.raises(TrainingError, match="give its memory with --memory"):
            memory_a_process(Hardware(accelerator="cuda"))
        assert memory_a_process(Hardware(accelerator="cuda"), 24.0) == 24 * GIB


def test_a_batch_that_does_not_divide_is_refused():
    with pytest.raises(ConfigError, match="multiple of 4"):
        make_plan(STYLEMAPGAN, tiny(batch=8), Hardware(devices=4), LITTLE)

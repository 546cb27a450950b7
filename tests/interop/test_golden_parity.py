"""Imported networks reproduce every array of the reference networks."""

import numpy as np
import pytest
import torch
from released_format import with_networks_in_training
from torch import Tensor, nn

from stylemapgan import losses
from stylemapgan.checkpoints.networks import Networks, build, load
from stylemapgan.cli.main import main
from stylemapgan.editing import operations
from stylemapgan.interop.released import read_released

TOLERANCE = 1e-4
"""Largest deviation, in standard deviations of the array; single values: in that value."""
INPUTS = {
    "z", "real", "mask01", "mean_stylemap", "transplant.shift_yx",
    "train.z_generator", "train.z_discriminator",
}  # fmt: skip


@pytest.fixture(scope="session")
def inputs(golden) -> dict[str, Tensor]:
    return {name: torch.from_numpy(golden.arrays[name]) for name in INPUTS}


def check(golden, computed: dict[str, Tensor]) -> None:
    """Compare arrays with the golden ones of their names."""
    deviations = {name: deviation(tensor, golden.arrays[name]) for name, tensor in computed.items()}
    assert {name: off for name, off in deviations.items() if not off <= TOLERANCE} == {}


def deviation(tensor: Tensor, expected: np.ndarray) -> float:
    found = tensor.detach().numpy().reshape(expected.shape)
    scale = abs(expected.item()) if expected.size == 1 else expected.std()
    return float(np.abs(found - expected).max() / scale)


def compute_with_ema(networks: Networks, inputs: dict[str, Tensor]) -> dict[str, Tensor]:
    """Every array that needs no training."""
    generator, encoder, discriminator = (
        networks.generator, networks.encoder, networks.discriminator,
    )  # fmt: skip
    assert discriminator is not None
    real, mask, mean = inputs["real"], inputs["mask01"], inputs["mean_stylemap"]
    mapped = generator.mapping(inputs["z"])
    encoded = encoder(real)
    w_plus = generator.resizer(encoded)
    next_w_plus = [w.roll(-1, 0) for w in w_plus]
    one, two = ([w[pair] for w in w_plus] for pair in (slice(0, 2), slice(2, 4)))
    truncated = operations.truncate(mapped, mean, 0.7)
    blended = operations.blend(encoded, encoded.roll(-1, 0), mask)
    return {
        "ema.mapping(z)": mapped,
        "ema.generate(z)": generator(inputs["z"]),
        "ema.generate(z,truncation=0.7)": generator.synthesize(truncated),
        "ema.encode(real)": encoded,
        "ema.reconstruct(real)": generator.synthesis(w_plus),
        "ema.blend_w": generator.synthesize(blended),
        "ema.blend_w_plus": generator.synthesis(operations.blend_w_plus(w_plus, next_w_plus, mask)),
        "ema.mix_coarse(w0,w1)": generator.synthesis(operations.mix(one, two)),
        "ema.mix_fine(w0,w1)": generator.synthesis(operations.mix(two, one)),
        "ema.transplant(w0<-w1)": transplant(generator, w_plus, inputs),
        "discriminator(real)": discriminator(real),
        **{f"ema.w_plus.{i:02}": w[:1] for i, w in enumerate(w_plus)},
    }


def transplant(generator, w_plus: list[Tensor], inputs: dict[str, Tensor]) -> Tensor:
    source, reference = ([w[i : i + 1] for w in w_plus] for i in (0, 1))
    down, right = (int(shift) for shift in inputs["transplant.shift_yx"])
    return torch.cat(
        [
            generator.synthesis(
                operations.transplant(source, reference, inputs["mask01"], (down, right), strength)
            )
            for strength in np.linspace(0, 1, 5).tolist()
        ]
    )


def compute_losses(networks: Networks, inputs: dict[str, Tensor]) -> dict[str, Tensor]:
    """Losses and gradient norms of one training iteration, nothing updated in between."""
    generator, encoder, discriminator = (
        networks.generator, networks.encoder, networks.discriminator,
    )  # fmt: skip
    assert discriminator is not None
    real = inputs["real"]

    stylemap = generator.mapping(inputs["train.z_generator"])
    generated = generator.synthesize(stylemap)
    adversarial = losses.logistic_real(discriminator(generated))
    latent = losses.mean_squared_error(encoder(generated.detach()), stylemap.detach())

    other = generator(inputs["train.z_discriminator"]).detach()
    reconstructed = generator.synthesize(encoder(real))
    logistic = losses.logistic_real(discriminator(real))
    logistic = logistic + losses.logistic_fake(discriminator(other))
    d_guided = losses.logistic_fake(discriminator(reconstructed.detach()))

    watched = real.clone().requires_grad_()
    r1 = losses.gradient_penalty(discriminator(watched), watched)

    squared = losses.mean_squared_error(reconstructed, real)
    e_guided = losses.logistic_real(discriminator(reconstructed))
    return {
        "loss.g_adversarial": adversarial,
        "loss.latent_reconstruction": latent,
        "loss.d_logistic": logistic,
        "loss.d_domain_guided": d_guided,
        "loss.r1": r1,
        "loss.image_reconstruction_mse": squared,
        "loss.e_domain_guided": e_guided,
        "grad_norm.g_adversarial.generator": gradient_norm(adversarial, generator),
        "grad_norm.latent_reconstruction.encoder": gradient_norm(latent, encoder),
        "grad_norm.d_total.discriminator": gradient_norm(logistic + d_guided, discriminator),
        "grad_norm.r1_half_gamma10_x16.discriminator": gradient_norm(
            10 / 2 * 16 * r1, discriminator
        ),
        "grad_norm.reconstruction.generator": gradient_norm(squared + e_guided, generator),
        "grad_norm.reconstruction.encoder": gradient_norm(squared + e_guided, encoder),
    }


def gradient_norm(loss: Tensor, network: nn.Module) -> Tensor:
    gradients = torch.autograd.grad(
        loss, list(network.parameters()), retain_graph=True, allow_unused=True
    )
    squares = [gradient.square().sum() for gradient in gradients if gradient is not None]
    return torch.stack(squares).sum().sqrt()


def test_ema_networks_and_edits_match_the_reference(golden, inputs):
    with torch.no_grad():
        check(golden, compute_with_ema(build(read_released(golden.released)), inputs))


def test_losses_and_gradients_match_the_reference(golden, inputs, tmp_path):
    """The reference computed them with networks in training, not with averaged ones."""
    in_training = read_released(with_networks_in_training(golden.released, tmp_path))
    check(golden, compute_losses(build(in_training), inputs))


def test_a_model_imported_on_the_command_line_matches_the_reference(golden, inputs, tmp_path):
    model = tmp_path / "m.safetensors"
    assert main(["import", str(golden.released), "-o", str(model)]) == 0
    with torch.no_grad():
        check(golden, compute_with_ema(load(model), inputs))


def test_no_golden_array_is_left_out(golden, inputs):
    networks = build(read_released(golden.released))
    computed = compute_with_ema(networks, inputs) | compute_losses(networks, inputs)
    assert computed.keys() | INPUTS == golden.arrays.keys()

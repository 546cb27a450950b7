"""ALAE: the adversarial latent autoencoder.

A GAN in two halves on each side: F maps z to w and G maps w to an image; E maps an image to w and D
maps w to a logit, so that D(E(x)) is the discriminator. Photos and generated images meet in the
same latent space, and a reciprocity loss there makes E invert G: E(G(w)) should be w. Nothing
compares pixels.

An iteration has three updates, each of two networks:

1. E and D learn to tell photos from generated images, with the gradient penalty R1;
2. F and G learn to generate images that pass for photos;
3. E and G learn to keep w.

Each update has its own Adam, as in the paper's algorithm 1. With one Adam for all updates of a
network, the larger gradients of the third would make the steps of the first two small: their
adversarial losses were 0.11 for E and D and 3.1 for F and G after 3,360 faces of 64 pixels (rate
0.003), where they are 0.36 and 1.6 now.

The networks are the vector backbone's; w is one vector, which all layers share. The generator has
no noise inputs, so w decides everything.

Source: Pidhorskyi, Adjeroh and Doretto, "Adversarial Latent Autoencoders", CVPR 2020.
"""

import dataclasses
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import ClassVar, final

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.optim import Adam

from stylemapgan import losses
from stylemapgan.augment import BatchRandomness
from stylemapgan.config import TrainConfig, VectorConfig
from stylemapgan.methods.backbone import LatentEncoder, VectorGenerator, mean_w_plus
from stylemapgan.methods.latent_method import AbstractLatentMethod, Tensors
from stylemapgan.methods.latent_recipe import AbstractLatentState, LatentRecipe, Networks
from stylemapgan.models.layers import GAIN, EqualizedLinear, activate
from stylemapgan.training.adaptation import SIGN
from stylemapgan.training.context import Batch, StepContext
from stylemapgan.training.descent import Losses, Pass
from stylemapgan.training.microbatches import Microbatch, Phase
from stylemapgan.training.recipe import Kept, Update
from stylemapgan.training.state import adam

METHOD = "alae"
GAMMA = 10.0
"""Weight of R1."""
LAYERS = 3


class LatentDiscriminator(nn.Module):
    """D: map w to a logit by three layers."""

    def __init__(self, config: VectorConfig) -> None:
        super().__init__()
        widths = [config.style_channels] * LAYERS
        self.hidden = nn.ModuleList(
            EqualizedLinear(into, out, gain=GAIN) for into, out in pairwise(widths)
        )
        self.to_logit = EqualizedLinear(config.style_channels, 1)

    def forward(self, w: Float[Tensor, "batch style"]) -> Float[Tensor, "batch 1"]:
        for layer in self.hidden:
            w = activate(layer(w))
        return self.to_logit(w)


def latent_reciprocity(
    w: Float[Tensor, "batch style"], recovered: Float[Tensor, "batch style"]
) -> Float[Tensor, ""]:
    """|F(z) - E(G(F(z)))|^2, the squared length, averaged over the batch; F(z) is given."""
    return (w.detach().float() - recovered.float()).square().sum(dim=1).mean()


@dataclass(kw_only=True)
class ALAEState(AbstractLatentState[LatentEncoder, LatentDiscriminator]):
    """F and G (together the generator), E and D, and what trains them."""

    rate: ClassVar[float] = 0.0015
    betas: ClassVar[tuple[float, float]] = (0.0, 0.99)

    encoder_reciprocity_optimizer: Adam
    """Of E, in the third update."""
    generator_reciprocity_optimizer: Adam
    """Of G, in the third update."""

    @classmethod
    def make_optimizers(cls, networks: Networks, config: TrainConfig) -> dict[str, Adam]:
        """Make an optimiser for each network of each update."""
        third = {
            f"{name}_reciprocity_optimizer": adam(networks[name], cls.betas, config)
            for name in ("encoder", "generator")
        }
        return super().make_optimizers(networks, config) | third

    @staticmethod
    def decode(
        generator: VectorGenerator, latent: Float[Tensor, "batch style"]
    ) -> Float[Tensor, "batch 3 height width"]:
        """G: decode w, the style vector of all layers."""
        return generator.synthesize(latent[:, None].expand(-1, generator.config.layers, -1))


def discriminator_step(context: StepContext, state: ALAEState, batch: Batch, kept: Kept) -> Losses:
    """(1) Update E and D: softplus(D(E(G(F(z))))) + softplus(-D(E(x))) + gamma/2 R1 at x."""
    del kept

    def tell_apart(microbatch: Microbatch) -> Pass:
        randomness = microbatch.randomness(Phase.DISCRIMINATOR)
        real = microbatch.real.detach().requires_grad_()
        with context.fabric.autocast():
            with torch.no_grad():
                generated = state.decode(state.generator, _random_w(state, microbatch, randomness))
            on_real = _judge(context, state, real, randomness)
            on_generated = _judge(context, state, generated, randomness)
        terms = {
            "d/real": losses.logistic_real(on_real),
            "d/generated": losses.logistic_fake(on_generated),
            "d/r1": losses.gradient_penalty(on_real, real),
        }
        loss = terms["d/real"] + terms["d/generated"] + GAMMA / 2 * terms["d/r1"]
        terms[SIGN] = on_real.sign().float().mean()
        return loss, {name: term.detach() for name, term in terms.items()}

    optimizers = state.encoder_optimizer, state.discriminator_optimizer
    return context.update(map(tell_apart, batch), batch, *optimizers)


def generator_step(context: StepContext, state: ALAEState, batch: Batch, kept: Kept) -> Losses:
    """(2) Update F and G: softplus(-D(E(G(F(z)))))."""
    del kept

    def deceive(microbatch: Microbatch) -> Pass:
        randomness = microbatch.randomness(Phase.GENERATOR)
        with context.fabric.autocast():
            generated = state.decode(state.generator, _random_w(state, microbatch, randomness))
            loss = losses.logistic_real(_judge(context, state, generated, randomness))
        return loss, {"g/adversarial": loss.detach()}

    return context.update(map(deceive, batch), batch, state.generator_optimizer)


def reciprocity_step(context: StepContext, state: ALAEState, batch: Batch, kept: Kept) -> Losses:
    """(3) Update E and G: |F(z) - E(G(F(z)))|^2, where F(z) is given."""
    del kept

    def keep_w(microbatch: Microbatch) -> Pass:
        randomness = microbatch.randomness(Phase.RECONSTRUCTION)
        with context.fabric.autocast():
            w = _random_w(state, microbatch, randomness).detach()
            recovered = state.encoder(state.decode(state.generator, w))
        loss = latent_reciprocity(w, recovered)
        return loss, {"e/latent": loss.detach()}

    optimizers = state.encoder_reciprocity_optimizer, state.generator_reciprocity_optimizer
    return context.update(map(keep_w, batch), batch, *optimizers)


def _random_w(
    state: ALAEState, microbatch: Microbatch, randomness: BatchRandomness
) -> Float[Tensor, "batch style"]:
    """Map one z for each photo of a microbatch to w."""
    real, channels = microbatch.real, state.generator.config.style_channels
    return state.generator.mapping(randomness.normal(len(real), channels, device=real.device))[:, 0]


def _judge(
    context: StepContext,
    state: ALAEState,
    images: Float[Tensor, "batch 3 height width"],
    randomness: BatchRandomness,
) -> Float[Tensor, "batch 1"]:
    """Compute D(E(x)) for augmented images."""
    return state.discriminator(state.encoder(context.augment(state, images, randomness)))


def _encoder(config: VectorConfig) -> LatentEncoder:
    """Build E, of the discriminator's widths, for it is nearly all of the discriminator."""
    return LatentEncoder(config, config.style_channels, config.discriminator_widths)


def _build(config: VectorConfig) -> dict[str, nn.Module]:
    return {
        "generator": VectorGenerator(config),
        "encoder": _encoder(config),
        "discriminator": LatentDiscriminator(config),
    }


RECIPE = LatentRecipe(
    method=METHOD,
    state_class=ALAEState,
    build=_build,
    updates=(
        Update(name="encoder's and discriminator's update", run=discriminator_step),
        Update(name="generator's update", run=generator_step),
        Update(name="latent reciprocity", run=reciprocity_step),
    ),
    judge=lambda discriminator, image, w: discriminator(w),
    shapes=lambda config: dataclasses.replace(config.vector, styles="shared"),
).recipe()


@final
class ALAE(AbstractLatentMethod[LatentEncoder]):
    """Encodes photos as w."""

    name: ClassVar[str] = METHOD
    about: ClassVar[str] = "ALAE: GAN and autoencoder in one; photos and images meet in w."
    method: ClassVar[str] = METHOD
    parts: ClassVar[tuple[str, ...]] = ("w",)

    @staticmethod
    def encoder_of(config: VectorConfig) -> LatentEncoder:
        """Build the encoder of w."""
        return _encoder(config)

    def _encode(self, photos: Float[Tensor, "batch 3 height width"]) -> Tensors:
        return {"w": self.encoder(photos)}

    def _decode(self, latent: Tensors) -> Float[Tensor, "batch 3 height width"]:
        return ALAEState.decode(self.generator, latent["w"])

    def _draw(self, z: Float[Tensor, "batch z"]) -> Tensors:
        return {"w": self.generator.mapping(z)[:, 0]}

    def _pull(self, latent: Tensors, psi: float) -> Tensors:
        return {"w": self._mean + psi * (latent["w"] - self._mean)}

    @cached_property
    def _mean(self) -> Float[Tensor, "1 style"]:
        return mean_w_plus(self.generator.mapping)[:, 0]

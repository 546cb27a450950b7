"""Simulate an iteration of training, to count its memory and operations.

The real updates run on fake tensors, which have a shape, a type and a lifetime, but no content. So
counting takes seconds, even for networks and batches that this machine could not hold.
"""

import dataclasses
import logging
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from lightning_fabric import Fabric
from torch import Tensor, nn
from torch._subclasses.fake_tensor import FakeTensorMode  # has no public name
from torch.optim import Adam
from torch.utils._python_dispatch import TorchDispatchMode  # has no public name
from torch.utils.flop_counter import flop_registry

from stylemapgan.augment import AdaptiveProbability
from stylemapgan.config import ModelConfig, RunConfig, TrainConfig
from stylemapgan.features.efficientnet import EfficientNetLite0
from stylemapgan.features.perceptual import LPIPS, AbstractPerceptualDistance, EfficientNetDistance
from stylemapgan.machine.precision import choose
from stylemapgan.models import Discriminator, Encoder, Generator
from stylemapgan.training import steps
from stylemapgan.training.microbatches import Microbatch, lay_out
from stylemapgan.training.state import (
    BETAS,
    TrainState,
    freeze,
    new_feature_discriminator,
)


class Meter(TorchDispatchMode):
    """Count the memory and operations of a `with` block, backward passes included.

    A tensor takes memory for as long as anything refers to it: views count once, and what
    autograd saves counts until it is freed. The scratch memory of a single operation does not
    show. Operations follow PyTorch's own formulas: a multiplication with its addition makes two,
    and only matrix products and convolutions count. (`FlopCounterMode` has the same formulas, but
    fails on steps that compute some images without gradients.)
    """

    def __init__(self) -> None:
        super().__init__()
        self.live = 0
        """Bytes in use now."""
        self.peak = 0
        """Most bytes in use at once since `restart`."""
        self.flops = 0
        """Operations since `restart`."""
        self._storages: dict[int, weakref.ref[Any]] = {}

    def restart(self) -> None:
        """Forget the peak and the operations so far, not the bytes in use."""
        self.peak = self.live
        self.flops = 0

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        out = func(*args, **kwargs)
        for tensor in _tensors(out):
            self._watch(tensor)
        formula: Callable[..., int] | None = flop_registry.get(func.overloadpacket)
        if formula is not None:
            self.flops += formula(*args, **kwargs, out_val=out)
        return out

    def _watch(self, tensor: Tensor) -> None:
        storage = tensor.untyped_storage()
        key, size = storage._cdata, storage.nbytes()
        if key not in self._storages:
            self._storages[key] = weakref.ref(storage, partial(self._forget, key, size))
            self.live += size
            self.peak = max(self.peak, self.live)

    def _forget(self, key: int, size: int, _: object) -> None:
        del self._storages[key]
        self.live -= size


def _tensors(out: object) -> Iterator[Tensor]:
    if isinstance(out, Tensor):
        yield out
    elif isinstance(out, list | tuple):
        for each in out:
            yield from _tensors(each)


WARM_UP = "warm-up"
PENALTY = "gradient penalty"
ADA_PROBABILITY = 0.5
"""Any above 0: the memory of adaptive augmentation does not depend on it."""


@dataclass(frozen=True)
class PhaseCost:
    """What one process needs for one phase of an iteration."""

    name: str
    peak: int
    """Most bytes of tensors alive at once, weights and optimisers among them."""
    flops: float
    """Operations for each image."""


def simulate(config: RunConfig, images: int, passes: int) -> list[PhaseCost]:
    """Count the memory and operations of each phase of an iteration on one process.

    Compiled networks count like others.

    Args:
        config: Configuration; the batch is replaced.
        images: Images of a pass.
        passes: Passes of the batch; each one takes time to simulate.
    """
    training = dataclasses.replace(config.training, batch=images * passes, accumulate=passes)
    config = dataclasses.replace(config, training=training)
    with _nothing_computed() as meter:
        iteration = _Iteration.build(config)
        return [iteration.measure(meter, name, work) for name, work in iteration.phases().items()]


def forward_flops(config: ModelConfig) -> dict[str, int]:
    """Count the operations of one image's forward pass through each network, and of an edit.

    Editing encodes the photo and decodes its stylemap; a reference costs one more encoding, a
    change of the edit one more decoding.
    """
    with _nothing_computed() as meter, torch.no_grad():
        generator, encoder = Generator(config), Encoder(config)
        discriminator = Discriminator(config)
        image = torch.empty(1, 3, config.image_size, config.image_size)
        works: dict[str, Callable[[], object]] = {
            "generator": lambda: generator(torch.empty(1, config.style_channels)),
            "encoder": lambda: encoder(image),
            "discriminator": lambda: discriminator(image),
            "edit": lambda: generator.synthesize(encoder(image)),
        }
        flops = {}
        for name, work in works.items():
            meter.restart()
            work()
            flops[name] = meter.flops
    return flops


@dataclass
class _Iteration:
    """An iteration to simulate: networks, and a batch without pictures."""

    context: steps.StepContext
    state: TrainState
    batch: steps.Batch

    @classmethod
    def build(cls, config: RunConfig) -> "_Iteration":
        training, size = config.training, config.model.image_size
        for name in ("lightning_fabric", "lightning.fabric"):
            logging.getLogger(name).setLevel(logging.WARNING)
        fabric = Fabric(
            accelerator="cpu", devices=1, precision=choose(training.precision).precision
        )
        state = _new_state(config)
        state.images_seen = max(training.adversarial_from, training.perceptual_from)
        real = lay_out(torch.empty(training.batch, 3, size, size), training)
        batch = Microbatch(real, training.seed, 0).split(training.accumulate)
        features = _untrained_efficientnet() if training.weights.use_features else None
        distance = _untrained_distance(training)
        return cls(steps.StepContext(fabric, training, distance, features), state, batch)

    def measure(self, meter: Meter, name: str, work: Callable[[], object]) -> PhaseCost:
        meter.restart()
        work()
        return PhaseCost(name, meter.peak, meter.flops / self.context.config.batch)

    def phases(self) -> dict[str, Callable[[], object]]:
        """List the phases in the order in which they must run."""
        context, state, batch = self.context, self.state, self.batch
        reconstructed: list[Tensor] = []  # one, where D, E and G share it

        def discriminator() -> None:
            if context.config.speed.share_forward_passes and len(batch) == 1:
                reconstructed.append(steps.reconstruct(context, state, batch[0]))
            steps.discriminator_step(context, state, batch, *reconstructed)
            steps.feature_discriminator_step(context, state, batch, *reconstructed)

        works: dict[str, Callable[[], object]] = {
            "generator's update": lambda: steps.generator_step(context, state, batch),
            "discriminator's update": discriminator,
            PENALTY: lambda: steps.penalty_step(context, state, batch),
            "reconstruction's update": lambda: steps.reconstruction_step(
                context, state, batch, *reconstructed
            ),
        }
        return {WARM_UP: self._warm_up} | works if context.config.adversarial_from else works

    def _warm_up(self) -> None:
        later = self.state.images_seen
        self.state.images_seen = self.context.config.adversarial_from - 1
        steps.warm_up_step(self.context, self.state, self.batch)
        self.state.images_seen = later


@contextmanager
def _nothing_computed() -> Iterator[Meter]:
    with FakeTensorMode(), Meter() as meter:
        yield meter


def _new_state(config: RunConfig) -> TrainState:
    """Build networks and optimisers as they are after the first update.

    Fake networks cannot be copied or moved, so `new_state` cannot build them.
    """
    training = config.training
    generator, generator_ema = Generator(config.model), Generator(config.model)
    encoder, encoder_ema = Encoder(config.model), Encoder(config.model)
    discriminator = Discriminator(config.model)
    freeze(discriminator, training.freeze_discriminator)
    by_features = new_feature_discriminator(training)
    return TrainState(
        generator=generator,
        encoder=encoder,
        discriminator=discriminator,
        generator_ema=generator_ema.eval().requires_grad_(False),
        encoder_ema=encoder_ema.eval().requires_grad_(False),
        generator_optimizer=_used_adam(generator, training),
        encoder_optimizer=_used_adam(encoder, training),
        discriminator_optimizer=_used_adam(discriminator, training),
        ada=AdaptiveProbability(p=ADA_PROBABILITY),
        feature_discriminator=by_features,
        feature_optimizer=_used_adam(by_features, training) if by_features else None,
    )


def _used_adam(network: nn.Module, config: TrainConfig) -> Adam:
    fused = config.speed.fused_optimizer
    optimizer = Adam(network.parameters(), betas=BETAS, fused=fused, foreach=not fused)
    for parameter in network.parameters():
        if parameter.requires_grad:
            parameter.grad = torch.empty_like(parameter)
    optimizer.step()
    optimizer.zero_grad()
    return optimizer


def _untrained_distance(config: TrainConfig) -> AbstractPerceptualDistance | None:
    """Build the perceptual network without its weights, which need not be available."""
    if config.perceptual_network == "none":
        return None
    if config.perceptual_network == "lpips-vgg16":
        return LPIPS()
    return EfficientNetDistance(_untrained_efficientnet())


def _untrained_efficientnet() -> EfficientNetLite0:
    network = EfficientNetLite0()
    for module in list(network.modules()):
        for name, child in list(module.named_children()):
            if isinstance(child, nn.BatchNorm2d):  # fused into convolutions when loaded
                setattr(module, name, nn.Identity())
    return network

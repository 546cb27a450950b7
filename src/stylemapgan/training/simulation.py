"""Simulate an iteration of training, to count its memory and operations.

The real updates run on fake tensors, which have a shape, a type and a lifetime, but no content. So
counting takes seconds, even for networks and batches that this machine could not hold.
"""

import dataclasses
import logging
import math
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import torch
from lightning_fabric import Fabric
from torch import Tensor, nn
from torch._subclasses.fake_tensor import FakeTensorMode  # has no public name
from torch.utils._python_dispatch import TorchDispatchMode  # has no public name
from torch.utils.flop_counter import flop_registry

from stylemapgan.config import RunConfig, TrainConfig
from stylemapgan.features.efficientnet import EfficientNetLite0
from stylemapgan.features.perceptual import LPIPS, AbstractPerceptualDistance, EfficientNetDistance
from stylemapgan.machine.precision import choose
from stylemapgan.training.context import Batch, StepContext
from stylemapgan.training.microbatches import Microbatch, lay_out
from stylemapgan.training.recipe import Kept, Recipe, Span, Update
from stylemapgan.training.state import AVERAGE, AbstractTrainState


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


ADA_PROBABILITY = 0.5
"""Any above 0: the memory of adaptive augmentation does not depend on it."""


@dataclass(frozen=True)
class PhaseCost:
    """What one process needs for one update of an iteration."""

    name: str
    share: float
    """Share of the iterations that include it, in the part of the run where it is due."""
    is_last: bool
    """Whether the run ends with such updates."""
    peak: int
    """Most bytes of tensors alive at once, weights and optimisers among them."""
    flops: float
    """Operations for each image."""


def simulate(recipe: Recipe[Any], config: RunConfig, images: int, passes: int) -> list[PhaseCost]:
    """Count the memory and operations of each update of an iteration on one process.

    Compiled networks count like others.

    Args:
        recipe: What is trained, and how.
        config: Configuration; the batch is replaced.
        images: Images of a pass.
        passes: Passes of the batch; each one takes time to simulate.
    """
    training = dataclasses.replace(config.training, batch=images * passes, accumulate=passes)
    config = dataclasses.replace(config, training=training)
    with _nothing_computed() as meter:
        iteration = _Iteration.build(recipe, config)
        return [
            iteration.measure(meter, update)
            for update in recipe.updates
            if _length(update.span(training))
        ]


def forward_flops(recipe: Recipe[Any], config: RunConfig) -> dict[str, int]:
    """Count the operations of one image's forward pass through each network, and of an edit.

    Editing encodes the photo and decodes its latent; a reference costs one more encoding, a
    change of the edit one more decoding.
    """
    with _nothing_computed() as meter, torch.no_grad():
        works = recipe.forwards(recipe.build(config), config)
        flops = {}
        for name, work in works.items():
            meter.restart()
            work()
            flops[name] = meter.flops
    return flops


def _length(span: Span) -> float:
    first, end = span
    return end - max(first, 0)


@dataclass
class _Iteration:
    """An iteration to simulate: networks, and a batch without pictures."""

    context: StepContext
    state: AbstractTrainState
    batch: Batch
    kept: Kept = field(default_factory=dict)

    @classmethod
    def build(cls, recipe: Recipe[Any], config: RunConfig) -> "_Iteration":
        training, size = config.training, recipe.image_size(config)
        for name in ("lightning_fabric", "lightning.fabric"):
            logging.getLogger(name).setLevel(logging.WARNING)
        fabric = Fabric(
            accelerator="cpu", devices=1, precision=choose(training.precision).precision
        )
        state = _new_state(recipe, config)
        real = lay_out(torch.empty(training.batch, 3, size, size), training)
        maps = None
        if recipe.needs_label_maps:
            maps = torch.empty(training.batch, size, size, dtype=torch.uint8)
        whole = Microbatch(real, training.seed, 0, label_maps=maps)
        batch = whole.split(training.accumulate)
        features = _untrained_efficientnet() if training.weights.use_features else None
        distance = _untrained_distance(training)
        return cls(StepContext(fabric, training, distance, features), state, batch)

    def measure(self, meter: Meter, update: Update[Any]) -> PhaseCost:
        """Run an update where the run has all its losses; updates follow in their order."""
        config = self.context.config
        first, end = update.span(config)
        self.state.images_seen = int(min(max(first, config.perceptual_from), end - 1))
        meter.restart()
        update.run(self.context, self.state, self.batch, self.kept)
        return PhaseCost(
            name=update.name,
            share=1 / update.every(config),
            is_last=math.isinf(end),
            peak=meter.peak,
            flops=meter.flops / config.batch,
        )


@contextmanager
def _nothing_computed() -> Iterator[Meter]:
    with FakeTensorMode(), Meter() as meter:
        yield meter


def _new_state(recipe: Recipe[Any], config: RunConfig) -> AbstractTrainState:
    """Build networks and optimisers as they are after the first update.

    Fake networks cannot be copied or moved, so the averages are built like the networks.
    """
    networks, others = recipe.build(config), recipe.build(config)
    averages = {
        name + AVERAGE: others[name].eval().requires_grad_(False) for name in recipe.averaged
    }
    state = recipe.assemble(networks | averages, config.training)
    state.ada.p = ADA_PROBABILITY
    for optimizer in state.optimizers:
        for group in optimizer.param_groups:
            for parameter in group["params"]:
                if parameter.requires_grad:
                    parameter.grad = torch.empty_like(parameter)
        optimizer.step()
        optimizer.zero_grad()
    return state


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

"""The one place where losses turn into updates."""

from collections.abc import Iterable, Sequence
from typing import TypeAlias

import torch
from jaxtyping import Float
from lightning_fabric import Fabric
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.swa_utils import get_ema_multi_avg_fn

from stylemapgan.training.processes import average

Losses: TypeAlias = dict[str, Tensor]
"""Named terms of a loss, cut off from their graphs."""
Pass: TypeAlias = tuple[Float[Tensor, ""], Losses]
"""What one pass through the networks found: the loss to lower, and its terms."""


def descend(
    fabric: Fabric,
    passes: Iterable[Pass],
    *optimizers: Optimizer,
    count: int = 1,
    longest_gradient: float = 0.0,
) -> Losses:
    """Update the optimisers' parameters, and nothing else, to lower a loss.

    Gradients flow only to those parameters, so a generator's update costs nothing in the
    discriminator's weights. Parameters that the loss does not reach stay as they are. Every
    process ends with the same weights: they all follow the average of their gradients.

    Args:
        fabric: The engine.
        passes: Losses of equally large microbatches of a batch; made one by one, so that only one
            graph is in memory at a time.
        optimizers: Whose parameters learn.
        count: How many passes there are.
        longest_gradient: Longer ones, as the norm over an optimiser's parameters, are
            shortened to it; 0 shortens none.

    Returns:
        The terms, averaged over the passes.
    """
    parameters = [each for optimizer in optimizers for each in _learning(optimizer)]
    totals: Losses = {}
    for loss, terms in passes:
        fabric.backward(loss / count, inputs=parameters)
        for name, value in terms.items():
            totals[name] = totals.get(name, 0) + value / count
    average_gradients(fabric, parameters)
    for optimizer in optimizers:
        if longest_gradient:
            nn.utils.clip_grad_norm_(_learning(optimizer), longest_gradient)
        optimizer.step()
        optimizer.zero_grad()
    return totals


def average_gradients(fabric: Fabric, parameters: Sequence[nn.Parameter]) -> None:
    """Give all processes the mean of their gradients, in one exchange."""
    if fabric.world_size == 1:
        return
    gradients = [each.grad for each in parameters if each.grad is not None]
    flat = average(fabric, torch.cat([gradient.flatten() for gradient in gradients]))
    for gradient, values in zip(
        gradients, flat.split([gradient.numel() for gradient in gradients]), strict=True
    ):
        gradient.copy_(values.view(gradient.shape))


def _learning(optimizer: Optimizer) -> list[nn.Parameter]:
    """The parameters of an optimiser that are not frozen."""
    return [
        parameter
        for group in optimizer.param_groups
        for parameter in group["params"]
        if parameter.requires_grad
    ]


@torch.no_grad()
def update_ema(average: nn.Module, current: nn.Module, *, images: int, half_life: float) -> None:
    """Move averaged weights towards the current ones.

    Args:
        average: Network that holds the averages; changed in place.
        current: Network in training, of the same class.
        images: Images seen since the last update.
        half_life: Images after which an old value counts half.
    """
    average_into = get_ema_multi_avg_fn(decay=0.5 ** (images / half_life))
    average_into(list(average.parameters()), list(current.parameters()), 0)
    for kept, value in zip(average.buffers(), current.buffers(), strict=True):
        kept.copy_(value)

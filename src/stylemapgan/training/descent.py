"""Turn losses into updates of the weights, and average weights over updates (EMA)."""

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
"""Terms of a loss by name, detached from their graphs."""
Pass: TypeAlias = tuple[Float[Tensor, ""], Losses]
"""The result of one pass through the networks: the loss to minimise, and its terms."""


def descend(
    fabric: Fabric,
    passes: Iterable[Pass],
    *optimizers: Optimizer,
    count: int = 1,
    longest_gradient: float = 0.0,
) -> Losses:
    """Update the optimisers' parameters, and no others, to minimise a loss.

    Gradients are computed only for those parameters, so a generator's update spends nothing on
    the discriminator's weights. Parameters that the loss does not depend on stay as they are.
    All processes end with the same weights: each applies the average of their gradients.

    Args:
        fabric: The engine.
        passes: Losses of equally large microbatches of a batch, computed one by one, so that only
            one graph is in memory at a time.
        optimizers: Whose parameters to update.
        count: How many passes there are.
        longest_gradient: Clip each optimiser's gradient to this norm; 0 clips nothing.

    Returns:
        The terms, averaged over the passes.
    """
    parameters = [each for optimizer in optimizers for each in _trainable(optimizer)]
    totals: Losses = {}
    for loss, terms in passes:
        fabric.backward(loss / count, inputs=parameters)
        for name, value in terms.items():
            totals[name] = totals.get(name, 0) + value / count
    average_gradients(fabric, parameters)
    for optimizer in optimizers:
        if longest_gradient:
            nn.utils.clip_grad_norm_(_trainable(optimizer), longest_gradient)
        optimizer.step()
        optimizer.zero_grad()
    return totals


def average_gradients(fabric: Fabric, parameters: Sequence[nn.Parameter]) -> None:
    """Replace gradients by their mean over all processes, in one exchange."""
    if fabric.world_size == 1:
        return
    gradients = [each.grad for each in parameters if each.grad is not None]
    flat = average(fabric, torch.cat([gradient.flatten() for gradient in gradients]))
    for gradient, values in zip(
        gradients, flat.split([gradient.numel() for gradient in gradients]), strict=True
    ):
        gradient.copy_(values.view(gradient.shape))


def _trainable(optimizer: Optimizer) -> list[nn.Parameter]:
    """List the parameters of an optimiser that are not frozen."""
    return [
        parameter
        for group in optimizer.param_groups
        for parameter in group["params"]
        if parameter.requires_grad
    ]


@torch.no_grad()
def update_ema(average: nn.Module, current: nn.Module, *, images: int, half_life: float) -> None:
    """Move averaged weights (EMA) towards the current ones.

    Args:
        average: Network that holds the averages; changed in place.
        current: Network in training, of the same class.
        images: Images seen since the last update.
        half_life: Images after which the influence of old weights has halved.
    """
    average_into = get_ema_multi_avg_fn(decay=0.5 ** (images / half_life))
    average_into(list(average.parameters()), list(current.parameters()), 0)
    for kept, value in zip(average.buffers(), current.buffers(), strict=True):
        kept.copy_(value)

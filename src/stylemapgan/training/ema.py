"""Averaged weights: what training wanders around, and what we ship."""

import torch
from torch import nn
from torch.optim.swa_utils import get_ema_multi_avg_fn


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

"""The one place where losses turn into updates."""

from jaxtyping import Float
from lightning_fabric import Fabric
from torch import Tensor
from torch.optim import Optimizer


def descend(fabric: Fabric, loss: Float[Tensor, ""], *optimizers: Optimizer) -> None:
    """Update the optimisers' parameters, and nothing else, to lower a loss.

    Gradients flow only to those parameters, so a generator's update costs nothing in the
    discriminator's weights. Parameters that the loss does not reach stay as they are.
    """
    parameters = [
        parameter
        for optimizer in optimizers
        for group in optimizer.param_groups
        for parameter in group["params"]
    ]
    fabric.backward(loss, inputs=parameters)
    for optimizer in optimizers:
        optimizer.step()
        optimizer.zero_grad()

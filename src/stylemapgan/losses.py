"""The losses of training: pure functions of logits, images and stylemaps.

Source: Kim et al., CVPR 2021, section 3.2 and appendix.
"""

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor


def logistic_real(logits: Float[Tensor, "batch 1"]) -> Float[Tensor, ""]:
    """softplus(-D(x)): small where the discriminator says "real"."""
    return F.softplus(-logits.float()).mean()


def logistic_fake(logits: Float[Tensor, "batch 1"]) -> Float[Tensor, ""]:
    """softplus(D(x)): small where the discriminator says "fake"."""
    return F.softplus(logits.float()).mean()


def relativistic(
    winners: Float[Tensor, "batch 1"], losers: Float[Tensor, "batch 1"]
) -> Float[Tensor, ""]:
    """softplus(D(loser) - D(winner)): small where each winner looks more real than its loser.

    Every image is compared with another one, so the generator cannot lower the loss with one kind
    of image alone.

    Source: Jolicoeur-Martineau, ICLR 2019; with R1 and R2: Huang et al., NeurIPS 2024.
    """
    return F.softplus(losers.float() - winners.float()).mean()


def mean_squared_error(
    one: Float[Tensor, "*shape"], other: Float[Tensor, "*shape"]
) -> Float[Tensor, ""]:
    """Mean over all elements of the squared difference."""
    return F.mse_loss(one.float(), other.float())


def gradient_penalty(
    logits: Float[Tensor, "batch 1"], images: Float[Tensor, "batch 3 height width"]
) -> Float[Tensor, ""]:
    """R1, R2: mean over images of the squared norm of the logit's gradient at the image.

    Args:
        logits: The discriminator's logits for the images.
        images: Images that require gradients: real ones for R1, generated ones for R2.

    Source: Mescheder et al., ICML 2018; without their factor of gamma / 2.
    """
    (gradient,) = torch.autograd.grad(logits.sum(), images, create_graph=True)
    return gradient.float().square().sum(dim=(1, 2, 3)).mean()

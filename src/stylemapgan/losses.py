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


def mean_squared_error(
    one: Float[Tensor, "*shape"], other: Float[Tensor, "*shape"]
) -> Float[Tensor, ""]:
    """Mean over all elements of the squared difference."""
    return F.mse_loss(one.float(), other.float())


def gradient_penalty(
    logits: Float[Tensor, "batch 1"], images: Float[Tensor, "batch 3 height width"]
) -> Float[Tensor, ""]:
    """R1: mean over images of the squared norm of the logit's gradient at the image.

    Args:
        logits: What the discriminator said of the images.
        images: Real images that require gradients.

    Source: Mescheder et al., ICML 2018; without their factor of gamma / 2.
    """
    (gradient,) = torch.autograd.grad(logits.sum(), images, create_graph=True)
    return gradient.float().square().sum(dim=(1, 2, 3)).mean()

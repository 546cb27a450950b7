"""Weigh an adversarial loss against a reconstruction loss by their gradients."""

import torch
from jaxtyping import Float
from torch import Tensor

LEAST_NORM = 1e-6
"""Added to the adversarial gradient's norm, to avoid a division by zero."""


def balanced(
    reconstruction: Float[Tensor, ""],
    adversarial: Float[Tensor, ""],
    images: Float[Tensor, "batch 3 height width"],
    last_layer: Float[Tensor, "..."],
    most: float,
) -> tuple[Float[Tensor, ""], Float[Tensor, ""]]:
    """Add two losses of the same images so that the second moves the last layer as much.

    The adversarial loss is multiplied by the ratio of the norms of both losses' gradients at the
    last layer. The networks must affect both losses through the images alone: each loss is
    followed back to the images once, and the rest of the way is shared.

    Args:
        reconstruction: Loss of the images.
        adversarial: Another loss of the images.
        images: What the networks drew, with its graph.
        last_layer: Weights of the layer that drew them.
        most: The largest factor.

    Returns:
        A scalar with the gradient of `reconstruction + factor * adversarial`, and another value;
        and the factor.

    Source: Esser et al., "Taming Transformers for High-Resolution Image Synthesis", CVPR 2021,
    equation 7.
    """
    (wanted,) = torch.autograd.grad(reconstruction, images)
    (guided,) = torch.autograd.grad(adversarial, images)
    norms = []
    for gradient in (wanted, guided):
        (at_layer,) = torch.autograd.grad(images, last_layer, gradient, retain_graph=True)
        norms.append(at_layer.float().norm())
    factor = (norms[0] / (norms[1] + LEAST_NORM)).clamp(max=most)
    direction = wanted.float() + factor * guided.float()
    return (images.float() * direction).sum(), factor

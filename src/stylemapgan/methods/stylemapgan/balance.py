"""Weigh an adversarial loss against a reconstruction loss by their gradients."""

import torch
from jaxtyping import Float
from torch import Tensor

LEAST_NORM = 1e-6
"""Added to the adversarial gradient's norm, to avoid a division by zero."""


def balanced(
    pair: tuple[Float[Tensor, ""], Float[Tensor, ""]],
    images: Float[Tensor, "batch 3 height width"],
    last_layer: Float[Tensor, "..."],
    share: float,
    most: float,
) -> tuple[Float[Tensor, ""], Float[Tensor, ""]]:
    """Add two losses of the same images so that the second moves the last layer by a share.

    The adversarial loss is multiplied by the ratio of the norms of both losses' gradients at the
    last layer, and by the share. The networks must affect both losses through the images alone:
    each loss is followed back to the images once, and the rest of the way is shared.

    Args:
        pair: The reconstruction loss of the images, and the adversarial one.
        images: What the networks drew, with its graph.
        last_layer: Weights of the layer that drew them.
        share: Norm of the adversarial part as a share of the reconstruction's, at the last layer.
        most: The largest ratio.

    Returns:
        A scalar with the gradient of `reconstruction + share * ratio * adversarial`, and another
        value; and the ratio.

    Source: Esser et al., "Taming Transformers for High-Resolution Image Synthesis", CVPR 2021,
    equation 7.
    """
    wanted, guided = (torch.autograd.grad(loss, images)[0] for loss in pair)
    norms = []
    for gradient in (wanted, guided):
        (at_layer,) = torch.autograd.grad(images, last_layer, gradient, retain_graph=True)
        norms.append(at_layer.float().norm())
    ratio = (norms[0] / (norms[1] + LEAST_NORM)).clamp(max=most)
    direction = wanted.float() + share * ratio * guided.float()
    return (images.float() * direction).sum(), ratio

"""The losses of training: pure functions of logits, images and stylemaps.

Source: Kim et al., CVPR 2021, section 3.2 and appendix.
"""

from collections.abc import Sequence

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


def hinge_real(logits: Sequence[Float[Tensor, "batch 1 _ _"]]) -> Float[Tensor, ""]:
    """max(0, 1 - D(x)), summed over several discriminators: 0 where every logit is above 1.

    Source: Lim and Ye, "Geometric GAN", 2017.
    """
    return torch.stack([F.relu(1 - each.float()).mean() for each in logits]).sum()


def hinge_fake(logits: Sequence[Float[Tensor, "batch 1 _ _"]]) -> Float[Tensor, ""]:
    """max(0, 1 + D(x)), summed over several discriminators: 0 where every logit is below -1."""
    return torch.stack([F.relu(1 + each.float()).mean() for each in logits]).sum()


def raised(logits: Sequence[Float[Tensor, "batch 1 _ _"]]) -> Float[Tensor, ""]:
    """-D(x), summed over several discriminators: what their opponent minimises."""
    return -torch.stack([each.float().mean() for each in logits]).sum()


def feature_matching(
    on_fake: Sequence[Sequence[Float[Tensor, "batch _ _ _"]]],
    on_real: Sequence[Sequence[Float[Tensor, "batch _ _ _"]]],
) -> Float[Tensor, ""]:
    """Mean absolute difference of discriminators' features, summed over layers and discriminators.

    Args:
        on_fake: For each discriminator, its features of generated images after each layer.
        on_real: The same of real images; they are given.

    Source: Wang et al., CVPR 2018, equation 4.
    """
    pairs = [
        pair for each in zip(on_fake, on_real, strict=True) for pair in zip(*each, strict=True)
    ]
    return torch.stack([F.l1_loss(a.float(), b.detach().float()) for a, b in pairs]).sum()


def mean_squared_error(
    one: Float[Tensor, "*shape"], other: Float[Tensor, "*shape"]
) -> Float[Tensor, ""]:
    """Mean over all elements of the squared difference."""
    return F.mse_loss(one.float(), other.float())


def gradient_penalty(
    logits: Float[Tensor, "batch 1"], *inputs: Float[Tensor, "batch *_"]
) -> Float[Tensor, ""]:
    """R1, R2: mean over images of the squared norm of the logit's gradient at the input.

    Args:
        logits: The discriminator's logits.
        inputs: What they were computed from and requires gradients: images, real ones for R1 and
            generated ones for R2; or several tensors, such as images and latents.

    Source: Mescheder et al., ICML 2018; without their factor of gamma / 2.
    """
    gradients = torch.autograd.grad(logits.sum(), inputs, create_graph=True)
    squares = [gradient.float().square().flatten(1).sum(dim=1).mean() for gradient in gradients]
    return torch.stack(squares).sum()


def gradient_difference(
    one: Float[Tensor, "batch 3 height width"], other: Float[Tensor, "batch 3 height width"]
) -> Float[Tensor, ""]:
    """Mean difference of the absolute steps between neighbours, down and to the right.

    Where an edge is uncertain, the mean squared error is least for a blurred one, whose steps are
    too small. This loss compares their sizes, whichever way they go.

    Source: Mathieu et al., "Deep multi-scale video prediction beyond mean square error", ICLR 2016,
    equation 6 with alpha 1; here a mean instead of a sum.
    """
    one, other = one.float(), other.float()
    down = F.l1_loss(one.diff(dim=2).abs(), other.diff(dim=2).abs())
    right = F.l1_loss(one.diff(dim=3).abs(), other.diff(dim=3).abs())
    return down + right


BINOMIAL = (1 / 16, 4 / 16, 6 / 16, 4 / 16, 1 / 16)
"""The pyramid's low-pass filter, along columns and rows."""
COARSEST = 8
"""The pyramid ends before a side of the images would be shorter, in pixels."""


def laplacian_difference(
    one: Float[Tensor, "batch 3 height width"], other: Float[Tensor, "batch 3 height width"]
) -> Float[Tensor, ""]:
    """Sum over the levels of a Laplacian pyramid of the mean absolute difference.

    Each level holds the details of one scale, and the last one what is left, so fine details count
    as much as large shapes.

    Source: Ling and Okada, CVPR 2006; as a loss: Bojanowski et al., ICML 2018, equation 4, whose
    weights 2^2j make every level's mean count the same. Pyramid: Burt and Adelson, 1983.
    """
    rest = (one.float() - other.float()).flatten(0, 1).unsqueeze(1)  # the pyramid is linear
    total = rest.new_zeros(())
    while min(rest.shape[-2:]) >= 2 * COARSEST:
        coarse = _blur(rest)[..., ::2, ::2]
        spread = torch.zeros_like(rest)
        spread[..., ::2, ::2] = 4 * coarse
        total = total + (rest - _blur(spread)).abs().mean()
        rest = coarse
    return total + rest.abs().mean()


def _blur(
    maps: Float[Tensor, "maps 1 height width"],
) -> Float[Tensor, "maps 1 height width"]:
    taps = maps.new_tensor(BINOMIAL)
    padded = F.pad(maps, (2, 2, 2, 2), mode="reflect")
    return F.conv2d(F.conv2d(padded, taps.view(1, 1, 1, 5)), taps.view(1, 1, 5, 1))

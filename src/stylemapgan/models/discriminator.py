"""The discriminator: from an image to a logit for being real."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from stylemapgan.config import ModelConfig, VectorConfig
from stylemapgan.models.layers import GAIN, EqualizedConv2d, EqualizedLinear, activate
from stylemapgan.models.trunk import Trunk

STDDEV_GROUP = 4
"""Images compared with each other by the minibatch standard deviation."""


class Discriminator(nn.Module):
    """D: a residual trunk, minibatch standard deviation, and two linear layers.

    Source: Karras et al., CVPR 2020.
    """

    def __init__(self, config: ModelConfig | VectorConfig) -> None:
        super().__init__()
        self.config = config
        widths = config.discriminator_widths
        size = config.image_size // 2**config.discriminator_halvings
        self.trunk = Trunk(widths)
        self.last = EqualizedConv2d(widths[0] + 1, widths[0], kernel_size=3, gain=GAIN)
        self.hidden = EqualizedLinear(widths[0] * size**2, widths[0], gain=GAIN)
        self.to_logit = EqualizedLinear(widths[0], 1)

    def forward(self, images: Float[Tensor, "batch 3 height width"]) -> Float[Tensor, "batch 1"]:
        features = append_minibatch_stddev(self.trunk(images))
        features = activate(self.last(features))
        return self.to_logit(activate(self.hidden(features.flatten(1))))

    def features(
        self, images: Float[Tensor, "batch 3 height width"]
    ) -> list[Float[Tensor, "batch _ _ _"]]:
        """Compute the trunk's activations, from the image's resolution to the coarsest.

        The last ones are those that the logit is computed from. Images of a batch do not
        influence each other: their standard deviation is not among the activations.
        """
        return self.trunk.activations(images)


def append_minibatch_stddev(
    features: Float[Tensor, "batch channels height width"],
) -> Float[Tensor, "batch channels+1 height width"]:
    """Append a channel with the spread of the images in a group, the same at every position.

    Groups are interleaved: with 8 images in groups of 4, images 0, 2, 4 and 6 form one group.

    Raises:
        ValueError: The batch is larger than a group and not a multiple of it.

    Source: Karras et al., ICLR 2018, section 3.
    """
    batch, _, height, width = features.shape
    group = min(batch, STDDEV_GROUP)
    if batch % group:
        raise ValueError(f"A batch of {batch} images does not divide into groups of {group}.")
    members = features.float().unflatten(0, (group, batch // group))
    variance = members.var(dim=0, correction=0)  # (groups, channels, height, width)
    stddev = (variance + 1e-8).sqrt().mean(dim=(1, 2, 3))  # (groups,)
    statistic = stddev.repeat(group).to(features.dtype)  # (batch,)
    return torch.cat([features, statistic.view(batch, 1, 1, 1).expand(-1, -1, height, width)], 1)

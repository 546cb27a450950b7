"""The residual trunk of encoder and discriminator."""

import math
from itertools import pairwise

from jaxtyping import Float
from torch import Tensor, nn

from stylemapgan.models.layers import GAIN, EqualizedConv2d, activate
from stylemapgan.models.resample import DownConv2d


class DownBlock(nn.Module):
    """Halve the resolution: two convolutions in parallel with a skip, summed over sqrt(2)."""

    def __init__(self, into: int, out: int) -> None:
        super().__init__()
        self.refine = EqualizedConv2d(into, into, kernel_size=3, gain=GAIN)
        self.down = DownConv2d(into, out, kernel_size=3)  # sqrt(2) of gain and sum cancel
        self.skip = DownConv2d(into, out, kernel_size=1, bias=False, gain=1 / math.sqrt(2.0))

    def forward(
        self, features: Float[Tensor, "batch channels height width"]
    ) -> Float[Tensor, "batch out height//2 width//2"]:
        main = activate(self.down(activate(self.refine(features))))
        return main + self.skip(features)


class Trunk(nn.Sequential):
    """Map an image to features at the coarsest resolution.

    Args:
        widths: Channels from the coarsest resolution to the image's.
    """

    def __init__(self, widths: tuple[int, ...]) -> None:
        finest_first = widths[::-1]
        super().__init__(
            FromRGB(finest_first[0]),
            *(DownBlock(into, out) for into, out in pairwise(finest_first)),
        )

    def activations(
        self, images: Float[Tensor, "batch 3 height width"]
    ) -> list[Float[Tensor, "batch _ _ _"]]:
        """Compute the features at every resolution, from the image's to the coarsest."""
        found = []
        features = images
        for block in self:
            features = block(features)
            found.append(features)
        return found


class FromRGB(nn.Module):
    """Map the three colours to features, at each position separately."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.convolution = EqualizedConv2d(3, channels, kernel_size=1, gain=GAIN)

    def forward(
        self, images: Float[Tensor, "batch 3 height width"]
    ) -> Float[Tensor, "batch channels height width"]:
        return activate(self.convolution(images))

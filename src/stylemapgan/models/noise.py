"""Random detail that no stylemap says."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

Noise = Float[Tensor, "_ 1 _ _"]
"""Numbers of mean 0 and standard deviation 1, one for each image and position."""


class PixelNoise(nn.Module):
    """Add noise, equal for all channels, in a learned amount that starts at 0.

    StyleGAN makes strands of hair and pores from it. StyleMapGAN does without, since an encoder
    cannot know the noise of a photo; it is here to be compared with. Where no noise is given, a
    fixed pattern takes its place, which is saved with the weights: equal stylemaps still give
    equal images.

    Source: Karras et al., CVPR 2019, section 3.2, with one amount for all channels as in Karras et
    al., CVPR 2020.
    """

    pattern: Tensor

    def __init__(self, side: int) -> None:
        super().__init__()
        self.amount = nn.Parameter(torch.zeros(()))
        self.register_buffer("pattern", torch.randn(1, 1, side, side))

    def forward(
        self, features: Float[Tensor, "batch channels height width"], noise: Noise | None = None
    ) -> Float[Tensor, "batch channels height width"]:
        given = self.pattern if noise is None else noise
        return features + (self.amount * given).to(features.dtype)

"""The encoder: from an image to its stylemap."""

from jaxtyping import Float
from torch import Tensor, nn

from stylemapgan.config import ModelConfig
from stylemapgan.models.layers import GAIN, EqualizedConv2d, activate
from stylemapgan.models.trunk import Trunk


class Encoder(nn.Module):
    """E: map a photo to its stylemap in one pass.

    Source: Kim et al., CVPR 2021, section 3.2.
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        widths = config.encoder_widths
        self.trunk = Trunk(widths)
        self.to_stylemap = EqualizedConv2d(
            widths[0], config.style_channels, kernel_size=3, gain=GAIN
        )

    def forward(
        self, images: Float[Tensor, "batch 3 height width"]
    ) -> Float[Tensor, "batch style rows columns"]:
        return activate(self.to_stylemap(self.trunk(images)))

"""The generator: mapping network, stylemap resizer and synthesis network together."""

from jaxtyping import Float
from torch import Tensor, nn

from stylemapgan.config import ModelConfig
from stylemapgan.models.layers import GAIN, EqualizedConv2d, activate
from stylemapgan.models.mapping import MappingNetwork
from stylemapgan.models.resample import UpConv2d
from stylemapgan.models.synthesis import SynthesisNetwork


class StylemapResizer(nn.Module):
    """Resize a stylemap to every resolution of the synthesis network, two maps for each.

    Every map is computed from the one before, so coarse maps affect all finer ones.

    Source: Kim et al., CVPR 2021, section 3.1.
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        widths = config.resizer_widths
        self.convolutions = nn.ModuleList()
        into = config.style_channels
        for level, width in enumerate(widths):
            first = EqualizedConv2d if level == 0 else UpConv2d
            self.convolutions.append(first(into, width, kernel_size=3, gain=GAIN))
            self.convolutions.append(EqualizedConv2d(width, width, kernel_size=3, gain=GAIN))
            into = width

    def forward(
        self, stylemap: Float[Tensor, "batch style rows columns"]
    ) -> list[Float[Tensor, "batch _ _ _"]]:
        w_plus = []
        for convolution in self.convolutions:
            stylemap = activate(convolution(stylemap))
            w_plus.append(stylemap)
        return w_plus


class Generator(nn.Module):
    """Maps noise vectors or stylemaps to images."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        self.mapping = MappingNetwork(config)
        self.resizer = StylemapResizer(config)
        self.synthesis = SynthesisNetwork(config)

    def forward(self, z: Float[Tensor, "batch z"]) -> Float[Tensor, "batch 3 height width"]:
        return self.synthesize(self.mapping(z))

    def synthesize(
        self, stylemap: Float[Tensor, "batch style rows columns"]
    ) -> Float[Tensor, "batch 3 height width"]:
        """Decode a stylemap, whether it comes from the mapping network or the encoder."""
        return self.synthesis(self.resizer(stylemap))

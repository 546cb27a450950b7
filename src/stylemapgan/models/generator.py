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

    Every map is computed from the one before, so coarse maps affect all finer ones. With one
    convolution a level, both maps of a level are the same tensor.

    Source: Kim et al., CVPR 2021, section 3.1.
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.convolutions = nn.ModuleDict()  # by position in w_plus, where a map has its own
        into = config.style_channels
        for level, width in enumerate(config.resizer_widths):
            first = EqualizedConv2d if level == 0 else UpConv2d
            self.convolutions[f"{2 * level}"] = first(into, width, kernel_size=3, gain=GAIN)
            if config.resizer_convolutions == 2:
                second = EqualizedConv2d(width, width, kernel_size=3, gain=GAIN)
                self.convolutions[f"{2 * level + 1}"] = second
            into = width
        self._maps = 2 * len(config.resizer_widths)

    def forward(
        self, stylemap: Float[Tensor, "batch style rows columns"]
    ) -> list[Float[Tensor, "batch _ _ _"]]:
        w_plus = []
        for position in map(str, range(self._maps)):
            if position in self.convolutions:
                stylemap = activate(self.convolutions[position](stylemap))
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

"""Mapping network, stylemap resizer and synthesis network together."""

from collections.abc import Sequence

from jaxtyping import Float
from torch import Tensor, nn

from stylemapgan.config import ModelConfig
from stylemapgan.models.mapping import MappingNetwork
from stylemapgan.models.noise import Noise
from stylemapgan.models.resizer import StylemapResizer
from stylemapgan.models.synthesis import SynthesisNetwork


class Generator(nn.Module):
    """From noise, or from a stylemap, to an image."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        self.mapping = MappingNetwork(config)
        self.resizer = StylemapResizer(config)
        self.synthesis = SynthesisNetwork(config)

    def forward(
        self, z: Float[Tensor, "batch z"], noise: Sequence[Noise] = ()
    ) -> Float[Tensor, "batch 3 height width"]:
        return self.synthesize(self.mapping(z), noise)

    def synthesize(
        self, stylemap: Float[Tensor, "batch style rows columns"], noise: Sequence[Noise] = ()
    ) -> Float[Tensor, "batch 3 height width"]:
        """Decode a stylemap, whether it comes from the mapping network or the encoder.

        Args:
            stylemap: Any.
            noise: One for each of `synthesis.noise_sides`; none for the fixed patterns.
        """
        return self.synthesis(self.resizer(stylemap), noise)

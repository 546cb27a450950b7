"""The generator: mapping network and synthesis network together."""

from collections.abc import Sequence

from jaxtyping import Float
from torch import Tensor, nn

from stylemapgan.config import VectorConfig
from stylemapgan.methods.backbone.mapping import VectorMapping
from stylemapgan.methods.backbone.synthesis import VectorSynthesis


class VectorGenerator(nn.Module):
    """Maps noise vectors or style vectors to images."""

    def __init__(self, config: VectorConfig) -> None:
        super().__init__()
        self.config = config
        self.mapping = VectorMapping(config)
        self.synthesis = VectorSynthesis(config)

    def forward(
        self,
        z: Float[Tensor, "batch z"],
        noise: Sequence[Float[Tensor, "_ 1 _ _"]] | None = None,
    ) -> Float[Tensor, "batch 3 height width"]:
        return self.synthesize(self.mapping(z), noise)

    def synthesize(
        self,
        w_plus: Float[Tensor, "batch layers style"],
        noise: Sequence[Float[Tensor, "_ 1 _ _"]] | None = None,
    ) -> Float[Tensor, "batch 3 height width"]:
        """Decode style vectors, wherever they come from; `VectorSynthesis` describes the noise."""
        return self.synthesis(w_plus, noise)

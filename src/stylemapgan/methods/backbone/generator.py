"""The generator: mapping network and synthesis network together."""

from abc import ABC, abstractmethod
from collections.abc import Sequence

from jaxtyping import Float
from torch import Tensor, nn

from stylemapgan.config import VectorConfig
from stylemapgan.methods.backbone.mapping import VectorMapping
from stylemapgan.methods.backbone.synthesis import VectorSynthesis


class AbstractGenerator(nn.Module, ABC):
    """Maps z to images; what differs is what else than styles the synthesis network gets."""

    def __init__(self, config: VectorConfig) -> None:
        super().__init__()
        self.config = config
        self.mapping = VectorMapping(config)
        self.synthesis = VectorSynthesis(config)

    @property
    @abstractmethod
    def z_channels(self) -> int:
        """Length of z."""

    @abstractmethod
    def forward(
        self,
        z: Float[Tensor, "batch z"],
        noise: Sequence[Float[Tensor, "_ 1 _ _"]] | None = None,
    ) -> Float[Tensor, "batch 3 height width"]:
        """Generate images of standard normals; `VectorSynthesis` describes the noise."""


class VectorGenerator(AbstractGenerator):
    """Maps noise vectors or style vectors to images."""

    @property
    def z_channels(self) -> int:
        """Length of z, that of a style vector."""
        return self.config.style_channels

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

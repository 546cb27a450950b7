"""BiGAN: bidirectional generative adversarial networks.

Generator and encoder are trained together against a discriminator of pairs, (x, E(x)) and
(G(z), z). The encoder is deterministic: at the optimum E and G invert each other, for otherwise
pairs could be told apart. Nothing compares photos with reconstructions, which show what a photo is
about rather than its pixels.

The networks are the vector backbone's, without the paper's batch normalisation.

Source: Donahue et al., "Adversarial Feature Learning", ICLR 2017.
"""

from typing import ClassVar, final

from jaxtyping import Float
from torch import Tensor

from stylemapgan.config import VectorConfig
from stylemapgan.methods.backbone import LatentEncoder
from stylemapgan.methods.joint import AbstractInference, AbstractJointMethod, joint_recipe


class PlainEncoder(AbstractInference):
    """E: infer a single z.

    Source: Donahue et al., ICLR 2017.
    """

    def __init__(self, config: VectorConfig) -> None:
        super().__init__()
        self.to_z = LatentEncoder(config, config.style_channels, config.encoder_widths)

    def forward(self, images: Float[Tensor, "batch 3 height width"]) -> Float[Tensor, "batch z"]:
        return self.to_z(images)

    def draw(
        self, images: Float[Tensor, "batch 3 height width"], normals: Float[Tensor, "batch z"]
    ) -> Float[Tensor, "batch z"]:
        """Infer z; nothing is random."""
        del normals
        return self.to_z(images)


@final
class BiGAN(AbstractJointMethod):
    """Encodes photos as z."""

    name: ClassVar[str] = "bigan"
    about: ClassVar[str] = "BiGAN: plain encoder and generator against a discriminator of pairs."
    method: ClassVar[str] = "bigan"

    @staticmethod
    def encoder_of(config: VectorConfig) -> PlainEncoder:
        """Build the plain encoder."""
        return PlainEncoder(config)


RECIPE = joint_recipe("bigan", PlainEncoder)

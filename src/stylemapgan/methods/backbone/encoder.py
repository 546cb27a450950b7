"""Encoders: from an image to its style vectors, or to a single vector."""

from jaxtyping import Float
from torch import Tensor, nn

from stylemapgan.config import VectorConfig
from stylemapgan.models.layers import EqualizedLinear
from stylemapgan.models.trunk import Trunk


class VectorEncoder(nn.Module):
    """E: map a photo to w_plus, one style vector for each layer, in one pass.

    The trunk is StyleMapGAN's, but ends at the size at which discriminators do. Each style vector
    is a linear map of all its features, so where something is can only show in what the vectors
    are.

    Source: Zhu et al., "In-Domain GAN Inversion for Real Image Editing", ECCV 2020.
    """

    def __init__(self, config: VectorConfig) -> None:
        super().__init__()
        self.config = config
        widths, style = config.encoder_widths, config.style_channels
        size = config.image_size // 2**config.discriminator_halvings
        self.trunk = Trunk(widths)
        self.to_w_plus = EqualizedLinear(widths[0] * size**2, config.layers * style)

    def forward(
        self, images: Float[Tensor, "batch 3 height width"]
    ) -> Float[Tensor, "batch layers style"]:
        features = self.trunk(images).flatten(1)
        return self.to_w_plus(features).unflatten(1, (self.config.layers, -1))


class LatentEncoder(nn.Module):
    """Map a photo to a single vector.

    Args:
        length: Of the vector.
        widths: Channels of the trunk, the encoder's or the discriminator's.
    """

    def __init__(self, config: VectorConfig, length: int, widths: tuple[int, ...]) -> None:
        super().__init__()
        self.config = config
        size = config.image_size // 2**config.discriminator_halvings
        self.trunk = Trunk(widths)
        self.to_latent = EqualizedLinear(widths[0] * size**2, length)

    def forward(
        self, images: Float[Tensor, "batch 3 height width"]
    ) -> Float[Tensor, "batch length"]:
        return self.to_latent(self.trunk(images).flatten(1))

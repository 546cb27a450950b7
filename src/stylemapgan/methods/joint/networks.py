"""The networks of the game over pairs of an image and its z."""

from abc import ABC, abstractmethod

import torch
from jaxtyping import Float
from torch import Tensor, nn

from stylemapgan.config import VectorConfig
from stylemapgan.models.discriminator import append_minibatch_stddev
from stylemapgan.models.layers import GAIN, EqualizedConv2d, EqualizedLinear, activate
from stylemapgan.models.trunk import Trunk


class AbstractInference(nn.Module, ABC):
    """E: infer z from photos; what differs between methods is whether it is drawn at random."""

    @abstractmethod
    def forward(self, images: Float[Tensor, "batch 3 height width"]) -> Float[Tensor, "batch z"]:
        """Infer the z to reconstruct the photos from."""

    @abstractmethod
    def draw(
        self, images: Float[Tensor, "batch 3 height width"], normals: Float[Tensor, "batch z"]
    ) -> Float[Tensor, "batch z"]:
        """Infer the z to pair the photos with.

        Args:
            images: Photos.
            normals: Standard normals, for encoders that draw z at random.
        """


class JointDiscriminator(nn.Module):
    """D: map an image and a z to a logit for being a photo with the z inferred from it.

    Image and z each pass through layers of their own, those of the image as in
    `stylemapgan.models.Discriminator`; two more layers see both.

    Source: Dumoulin et al., ICLR 2017; Donahue et al., ICLR 2017.
    """

    def __init__(self, config: VectorConfig) -> None:
        super().__init__()
        self.config = config
        widths, width = config.discriminator_widths, config.discriminator_widths[0]
        size = config.image_size // 2**config.discriminator_halvings
        self.trunk = Trunk(widths)
        self.last = EqualizedConv2d(width + 1, width, kernel_size=3, gain=GAIN)
        self.of_image = EqualizedLinear(width * size**2, width, gain=GAIN)
        self.of_z = nn.ModuleList(
            EqualizedLinear(into, width, gain=GAIN) for into in (config.style_channels, width)
        )
        self.of_both = EqualizedLinear(2 * width, width, gain=GAIN)
        self.to_logit = EqualizedLinear(width, 1)

    def forward(
        self, images: Float[Tensor, "batch 3 height width"], z: Float[Tensor, "batch z"]
    ) -> Float[Tensor, "batch 1"]:
        features = activate(self.last(append_minibatch_stddev(self.trunk(images))))
        image_features = activate(self.of_image(features.flatten(1)))
        z_features = z
        for layer in self.of_z:
            z_features = activate(layer(z_features))
        both = torch.cat([image_features, z_features.to(image_features.dtype)], dim=1)
        return self.to_logit(activate(self.of_both(both)))

"""ALI: adversarially learned inference.

Generator and encoder are trained together against a discriminator of pairs, (x, E(x)) and
(G(z), z). The encoder is a Gaussian: it infers mean and variance of each number of z, and a pair
has a z drawn from there. Nothing compares photos with reconstructions, which show what a photo is
about rather than its pixels.

Two things differ from the paper: the networks are the vector backbone's, without batch
normalisation, maxout or dropout; and the generator is deterministic.

Source: Dumoulin et al., "Adversarially Learned Inference", ICLR 2017.
"""

from typing import ClassVar, final

import torch
from jaxtyping import Float
from torch import Tensor

from stylemapgan.config import VectorConfig
from stylemapgan.methods.backbone import LatentEncoder
from stylemapgan.methods.joint import AbstractInference, AbstractJointMethod, joint_recipe


class GaussianEncoder(AbstractInference):
    """E: infer mean and log-variance of z; the mean reconstructs.

    Source: Dumoulin et al., ICLR 2017.
    """

    def __init__(self, config: VectorConfig) -> None:
        super().__init__()
        self.to_moments = LatentEncoder(config, 2 * config.style_channels, config.encoder_widths)

    def forward(self, images: Float[Tensor, "batch 3 height width"]) -> Float[Tensor, "batch z"]:
        return self.moments(images)[0]

    def draw(
        self, images: Float[Tensor, "batch 3 height width"], normals: Float[Tensor, "batch z"]
    ) -> Float[Tensor, "batch z"]:
        """Draw z by the reparameterisation mean + deviation · normals, which lets gradients pass.

        Source: Kingma and Welling, ICLR 2014.
        """
        mean, log_variance = self.moments(images)
        return mean + torch.exp(log_variance.float() / 2) * normals

    def moments(
        self, images: Float[Tensor, "batch 3 height width"]
    ) -> tuple[Float[Tensor, "batch z"], Float[Tensor, "batch z"]]:
        """Infer the mean and the log-variance of each number of z."""
        mean, log_variance = self.to_moments(images).chunk(2, dim=1)
        return mean, log_variance


@final
class ALI(AbstractJointMethod):
    """Encodes photos as the mean of z."""

    name: ClassVar[str] = "ali"
    about: ClassVar[str] = "ALI: Gaussian encoder and generator against a discriminator of pairs."
    method: ClassVar[str] = "ali"

    @staticmethod
    def encoder_of(config: VectorConfig) -> GaussianEncoder:
        """Build the Gaussian encoder."""
        return GaussianEncoder(config)


RECIPE = joint_recipe("ali", GaussianEncoder)

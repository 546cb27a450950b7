"""ALI and BiGAN as methods: photos to z in one pass, and back."""

from functools import cached_property
from typing import ClassVar

import torch
from jaxtyping import Float
from torch import Tensor

from stylemapgan.methods.backbone import mean_w_plus
from stylemapgan.methods.joint.networks import AbstractInference
from stylemapgan.methods.latent_method import AbstractLatentMethod, Tensors

Z = "z"
PSI = "psi"
"""How much of the distance to the mean style vector is kept, (photos, 1)."""


class AbstractJointMethod(AbstractLatentMethod[AbstractInference]):
    """Encodes photos as z.

    Interpolation goes through z, as in the papers. Truncation pulls style vectors towards their
    mean, because the mapping network ignores how long z is; so a latent carries its psi.
    """

    parts: ClassVar[tuple[str, ...]] = (Z, PSI)

    def _encode(self, photos: Float[Tensor, "batch 3 height width"]) -> Tensors:
        return self._whole(self.encoder(photos))

    def _decode(self, latent: Tensors) -> Float[Tensor, "batch 3 height width"]:
        w_plus = self.generator.mapping(latent[Z])
        kept = latent[PSI][:, :, None]
        return self.generator.synthesize(self._mean + kept * (w_plus - self._mean))

    def _draw(self, z: Float[Tensor, "batch z"]) -> Tensors:
        return self._whole(z)

    def _pull(self, latent: Tensors, psi: float) -> Tensors:
        return {Z: latent[Z], PSI: psi * latent[PSI]}

    def _whole(self, z: Float[Tensor, "batch z"]) -> Tensors:
        return {Z: z, PSI: torch.ones(len(z), 1)}

    @cached_property
    def _mean(self) -> Float[Tensor, "1 layers style"]:
        return mean_w_plus(self.generator.mapping)

"""What methods that optimise style vectors have in common."""

from typing import Generic

import torch
from jaxtyping import Float
from torch import Tensor

from stylemapgan.checkpoints.method_file import MethodCheckpoint
from stylemapgan.images.levels import to_numpy
from stylemapgan.methods.abstract import Latent
from stylemapgan.methods.backbone.mapping import mean_w_plus, truncate
from stylemapgan.methods.backbone.opening import Backbone, open_backbone
from stylemapgan.methods.backbone.optimiser import AbstractOptimiser, Photos, Settings

W_PLUS = "w_plus"
StyleVectors = Float[Tensor, "photos layers style"]


class AbstractWPlusOptimiser(AbstractOptimiser[Settings, Backbone], Generic[Settings]):
    """Finds w_plus: a style vector for each layer and photo."""

    @staticmethod
    def open_networks(checkpoint: MethodCheckpoint) -> Backbone:
        """Build the networks of a backbone's model file."""
        return open_backbone(checkpoint)

    def generate(self, latent: Latent) -> Photos:
        """Synthesize pictures."""
        return self.synthesize(self.tensor(latent, W_PLUS))

    def synthesize(self, w_plus: StyleVectors) -> Photos:
        """Synthesize pictures of style vectors, with the fixed noise inputs."""
        return self.backbone.generator.synthesize(w_plus, self.noise)

    def sample(self, count: int, seed: int) -> Latent:
        """Draw style vectors from the mapping network."""
        with torch.no_grad():
            return Latent({W_PLUS: to_numpy(self.backbone.generator.mapping(self.z(count, seed)))})

    def truncate(self, latent: Latent, psi: float) -> Latent:
        """Pull style vectors towards their mean."""
        return Latent({W_PLUS: to_numpy(truncate(self.tensor(latent, W_PLUS), self.mean, psi))})

    @property
    def mean(self) -> Float[Tensor, "1 layers style"]:
        """Mean of the style vectors of many random z."""
        return mean_w_plus(self.backbone.generator.mapping)

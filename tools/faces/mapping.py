"""Random pictures before adversarial training: the mapping network's last layer, from photos."""

import math

import numpy as np
import torch

from stylemapgan.checkpoints.networks import Networks
from stylemapgan.machine.tf32 import full_float32
from stylemapgan.methods.stylemapgan.prior import deactivate, fit_last_layer
from stylemapgan.types import Stylemap


def fit_mapping_to(networks: Networks, stylemaps: Stylemap) -> None:
    """Distribute random stylemaps as those of photos are: mean and principal components.

    Args:
        networks: Whose mapping network changes.
        stylemaps: Of photos, and of them mirrored.
    """
    mapping = networks.generator.mapping
    vectors = deactivate(torch.from_numpy(np.ascontiguousarray(stylemaps)).flatten(1)).double()
    mean = vectors.mean(dim=0)
    _, spreads, directions = torch.linalg.svd(vectors - mean, full_matrices=False)
    count = min(mapping.stylemap_shape[0], len(vectors) - 1)
    components = spreads[:count, None] * directions[:count] / math.sqrt(len(vectors) - 1)
    with full_float32():
        fit_last_layer(mapping, mean, components, torch.Generator().manual_seed(0))

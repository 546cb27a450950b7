"""How well photos that were never trained on come back."""

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from stylemapgan.data import PhotoSet
from stylemapgan.features.perceptual import AbstractPerceptualDistance
from stylemapgan.models import Encoder, Generator

FLAT = 1e-9
"""Stands for the gradients of photos that have none."""


@torch.inference_mode()
def validate(
    generator: Generator,
    encoder: Encoder,
    photos: PhotoSet,
    distance: AbstractPerceptualDistance | None,
    batch: int = 32,
) -> dict[str, float]:
    """Reconstruct every photo and average, each photo counting the same.

    Returns:
        `mse` on [-1, 1]; `sharpness`: mean gradient magnitude of the reconstructions as a share
        of the photos'; `perceptual` if a distance is given.
    """
    device = next(encoder.parameters()).device
    sums = torch.zeros(4, dtype=torch.float64)
    for start in range(0, len(photos), batch):
        indices = np.arange(start, min(start + batch, len(photos)))
        real = torch.from_numpy(photos.take(indices)).to(device)
        reconstructed = generator.synthesize(encoder(real)).float()
        squared = (reconstructed - real).square().mean(dim=(1, 2, 3))
        terms = [squared, gradient_magnitude(reconstructed), gradient_magnitude(real)]
        terms.append(distance(reconstructed, real) if distance else torch.zeros_like(squared))
        sums += torch.stack([term.double().sum() for term in terms]).cpu()
    squared, edges, photo_edges, perceptual = sums.tolist()
    measured = {"mse": squared / len(photos), "sharpness": edges / max(photo_edges, FLAT)}
    return measured | ({"perceptual": perceptual / len(photos)} if distance else {})


def gradient_magnitude(
    images: Float[Tensor, "batch 3 height width"],
) -> Float[Tensor, " batch"]:
    """Mean length of the brightness gradient: high where a picture is crisp."""
    down = images[..., 1:, :-1] - images[..., :-1, :-1]
    right = images[..., :-1, 1:] - images[..., :-1, :-1]
    return (down.square() + right.square()).sqrt().mean(dim=(1, 2, 3))

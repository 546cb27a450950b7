"""A generator whose latents are vectors, and its encoder: what several methods share.

Its discriminator is `stylemapgan.models.Discriminator`.
"""

from stylemapgan.methods.backbone.encoder import LatentEncoder, VectorEncoder
from stylemapgan.methods.backbone.generator import VectorGenerator
from stylemapgan.methods.backbone.mapping import VectorMapping, mean_w_plus, truncate
from stylemapgan.methods.backbone.modulation import Style
from stylemapgan.methods.backbone.synthesis import VectorSynthesis

__all__ = [
    "LatentEncoder",
    "Style",
    "VectorEncoder",
    "VectorGenerator",
    "VectorMapping",
    "VectorSynthesis",
    "mean_w_plus",
    "truncate",
]

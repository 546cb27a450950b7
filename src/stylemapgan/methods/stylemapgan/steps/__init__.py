"""One function for each update of the networks.

Source: Kim et al., CVPR 2021, section 3.2: generator, encoder and discriminator are trained
together, in four updates.
"""

from stylemapgan.methods.stylemapgan.steps.discriminator import (
    discriminator_step,
    feature_discriminator_step,
    head_start_step,
    penalty_step,
)
from stylemapgan.methods.stylemapgan.steps.generator import generator_step
from stylemapgan.methods.stylemapgan.steps.images import reconstruct
from stylemapgan.methods.stylemapgan.steps.reconstruction import reconstruction_step, warm_up_step

__all__ = [
    "discriminator_step",
    "feature_discriminator_step",
    "generator_step",
    "head_start_step",
    "penalty_step",
    "reconstruct",
    "reconstruction_step",
    "warm_up_step",
]

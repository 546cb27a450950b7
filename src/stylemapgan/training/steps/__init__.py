"""One function for each update of the networks.

Source: Kim et al., CVPR 2021, section 3.2: generator, encoder and discriminator are trained
together, in four updates.
"""

from stylemapgan.training.steps.context import Batch, StepContext, reconstruct
from stylemapgan.training.steps.discriminator import (
    discriminator_step,
    feature_discriminator_step,
    head_start_step,
    penalty_step,
)
from stylemapgan.training.steps.generator import generator_step
from stylemapgan.training.steps.reconstruction import reconstruction_step, warm_up_step

__all__ = [
    "Batch",
    "StepContext",
    "discriminator_step",
    "feature_discriminator_step",
    "generator_step",
    "head_start_step",
    "penalty_step",
    "reconstruct",
    "reconstruction_step",
    "warm_up_step",
]

"""Adaptive augmentation: geometric transformations.

All motions of an image are multiplied into one 3x3 matrix, and the image is sampled once.
Coordinates are pixels from the image's centre, x to the right and y downwards.

Source: Karras et al., "Training Generative Adversarial Networks with Limited Data", NeurIPS
2020, appendix B. They pad each batch by as much as its widest motion needs and then enlarge;
here positions beyond the border are mirrored when sampled, so sizes never depend on chance.
"""

import dataclasses
import math

import torch
from jaxtyping import Float
from torch import Tensor

from stylemapgan.augment.randomness import Chances
from stylemapgan.augment.resampling import CENTRE, enlarge, enlarged_size, look_up, mirror, shrink

SHIFT = 1 / 8
"""Share of the image's side: the largest shift by whole pixels, and the standard deviation of
other shifts."""
SCALE = 0.2
"""Standard deviation of scalings, in octaves."""


def draw_pixel_motion(chances: Chances, size: int) -> Float[Tensor, "batch 3 3"]:
    """Mirror, rotate by quarter turns and shift by whole pixels."""
    flip = 1 - 2 * chances.choice(2)
    turn = chances.choice(4) * (math.pi / 2)
    shift = (chances.uniform(SHIFT, 2) * size).round()
    return translation(shift) @ rotation(turn) @ scaling(flip, torch.ones_like(flip))


def draw_general_motion(chances: Chances, size: int) -> Float[Tensor, "batch 3 3"]:
    """Scale, rotate, stretch along a random direction and shift.

    The rotations before and after stretching are drawn so that at least one happens with
    probability p.
    """
    rotations = dataclasses.replace(chances, p=1 - math.sqrt(1 - chances.p))
    scale = chances.lognormal(SCALE)
    before = rotations.angle()
    stretch = chances.lognormal(SCALE)
    after = rotations.angle()
    shift = chances.normal(SHIFT, 2) * size
    motion = rotation(before) @ scaling(scale, scale)
    return translation(shift) @ rotation(after) @ scaling(stretch, 1 / stretch) @ motion


def move_pixels(
    images: Float[Tensor, "batch 3 size size"], motion: Float[Tensor, "batch 3 3"]
) -> Float[Tensor, "batch 3 size size"]:
    """Apply a motion that moves pixels onto pixels, without interpolation."""
    size = images.shape[-1]
    line = torch.arange(size, device=images.device) - (size - 1) / 2
    positions = _origins(line, motion) + (size - 1) / 2
    columns, rows = mirror(positions.round().long(), size).unbind(1)  # (batch, size, size) each
    batch = torch.arange(len(images), device=images.device).view(-1, 1, 1)
    return images[batch, :, rows, columns].movedim(-1, 1)


def warp(
    images: Float[Tensor, "batch 3 size size"], motion: Float[Tensor, "batch 3 3"]
) -> Float[Tensor, "batch 3 size size"]:
    """Apply any motion at twice the resolution; the identity changes nothing."""
    size = images.shape[-1]
    fine = enlarged_size(size)
    middle = (size - 1) / 2
    line = (torch.arange(fine, dtype=images.dtype, device=images.device) - CENTRE) / 2 - middle
    positions = _origins(line, motion) + middle  # pixels from the first one
    first, last = line[0] + middle, line[-1] + middle  # the range of the enlarged image
    beyond = (positions < first - 1 / 4) | (positions > last + 1 / 4)
    positions = torch.where(beyond, mirror(positions, size), positions)
    samples = 2 * positions + CENTRE
    grid = (2 * samples + 1) / fine - 1
    return shrink(look_up(enlarge(images), grid.movedim(1, -1)))


def translation(shift: Float[Tensor, "batch 2"]) -> Float[Tensor, "batch 3 3"]:
    """Move by x and y."""
    matrix = torch.eye(3).repeat(len(shift), 1, 1)
    matrix[:, :2, 2] = shift
    return matrix


def rotation(angle: Float[Tensor, " batch"]) -> Float[Tensor, "batch 3 3"]:
    """Rotate about the origin, in radians from x towards y."""
    cosine, sine = angle.cos(), angle.sin()
    matrix = torch.eye(3).repeat(len(angle), 1, 1)
    matrix[:, 0, 0], matrix[:, 0, 1] = cosine, -sine
    matrix[:, 1, 0], matrix[:, 1, 1] = sine, cosine
    return matrix


def scaling(x: Float[Tensor, " batch"], y: Float[Tensor, " batch"]) -> Float[Tensor, "batch 3 3"]:
    """Scale about the origin."""
    return torch.diag_embed(torch.stack([x, y, torch.ones_like(x)], dim=1))


def _origins(
    line: Float[Tensor, " out"], motion: Float[Tensor, "batch 3 3"]
) -> Float[Tensor, "batch 2 out out"]:
    """Compute the origin (x and y) of each point of a square grid with `line` along both axes."""
    y, x = torch.meshgrid(line, line, indexing="ij")
    points = torch.stack([x, y, torch.ones_like(x)]).flatten(1)  # (3, points)
    back = torch.linalg.inv(motion)[:, :2].to(line)  # (batch, 2, 3)
    return (back @ points).unflatten(2, x.shape)

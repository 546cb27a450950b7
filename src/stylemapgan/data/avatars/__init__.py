"""Drawn faces whose parts, attributes and true swaps are known."""

from stylemapgan.data.avatars.avatar_folder import write_folder
from stylemapgan.data.avatars.config import AvatarConfig
from stylemapgan.data.avatars.drawing import draw_face
from stylemapgan.data.avatars.files import PALETTE
from stylemapgan.data.avatars.labelling import label_map
from stylemapgan.data.avatars.parts import CHOICES, PARTS, Face
from stylemapgan.data.avatars.rendering import render
from stylemapgan.data.avatars.swapping import Triple, draw_triple, make_triple, swap

__all__ = [
    "CHOICES",
    "PALETTE",
    "PARTS",
    "AvatarConfig",
    "Face",
    "Triple",
    "draw_face",
    "draw_triple",
    "label_map",
    "make_triple",
    "render",
    "swap",
    "write_folder",
]

"""Drawn faces with known parts, attributes and true results of swaps."""

from stylemapgan.data.avatars.avatar_config import AvatarConfig
from stylemapgan.data.avatars.avatar_folder import PALETTE, TRIPLE_MAPS, write_folder
from stylemapgan.data.avatars.drawn_faces import CHOICES, PARTS, Face, draw_face
from stylemapgan.data.avatars.labelling import label_map
from stylemapgan.data.avatars.rendering import render
from stylemapgan.data.avatars.swapping import Triple, draw_triple, make_triple, swap

__all__ = [
    "CHOICES",
    "PALETTE",
    "PARTS",
    "TRIPLE_MAPS",
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

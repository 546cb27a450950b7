"""How a model's own photos are framed, and the square of another photo framed alike."""

from stylemapgan.editing.framing.finding import find_square, finder_of_many
from stylemapgan.editing.framing.framing import Framing, read_framing, write_framing
from stylemapgan.editing.framing.refining import refine_square

__all__ = [
    "Framing",
    "find_square",
    "finder_of_many",
    "read_framing",
    "refine_square",
    "write_framing",
]

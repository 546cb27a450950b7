"""How a model's own photos are framed, and the square of another photo framed alike."""

from stylemapgan.editing.framing.finding import find_square
from stylemapgan.editing.framing.framing import Framing, read_framing, write_framing
from stylemapgan.editing.framing.refining import refine_square

__all__ = [
    "Framing",
    "find_square",
    "read_framing",
    "refine_square",
    "write_framing",
]

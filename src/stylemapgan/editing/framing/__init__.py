"""How a model's own photos are framed, and the square of another photo framed alike."""

from stylemapgan.editing.framing.framing import Framing, read_framing, write_framing

__all__ = ["Framing", "read_framing", "write_framing"]

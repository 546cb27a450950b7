"""From any pile of pictures to training data: cut, checked, split, without copies."""

from stylemapgan.data.preparing.config import PrepareConfig
from stylemapgan.data.preparing.prepare import Prepared, prepare

__all__ = ["PrepareConfig", "Prepared", "prepare"]

"""From any pile of pictures to training data: cut, checked, split, without copies."""

from stylemapgan.data.preparing.prepare import Prepared, prepare
from stylemapgan.data.preparing.settings import PrepareSettings

__all__ = ["PrepareSettings", "Prepared", "prepare"]

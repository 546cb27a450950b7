"""Turn any collection of pictures into training data: cropped, checked, split, without copies."""

from stylemapgan.data.preparing.prepare_config import PrepareConfig
from stylemapgan.data.preparing.prepare_pictures import Prepared, prepare

__all__ = ["PrepareConfig", "Prepared", "prepare"]

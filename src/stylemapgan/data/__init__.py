"""Folders of photos, ready for training."""

from stylemapgan.data.cache import cache_folder
from stylemapgan.data.folder import SUFFIXES
from stylemapgan.data.order import batch_indices
from stylemapgan.data.photos import PhotoSet, Skipped, open_folder

__all__ = ["SUFFIXES", "PhotoSet", "Skipped", "batch_indices", "cache_folder", "open_folder"]

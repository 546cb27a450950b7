"""Photos ready for training, from wherever they are."""

from stylemapgan.config.user_folders import cache_folder
from stylemapgan.data.abstract import AbstractPhotos
from stylemapgan.data.cache import Skipped
from stylemapgan.data.photo_folder import SUFFIXES
from stylemapgan.data.photo_order import batch_indices, spread_rows
from stylemapgan.data.photos import PhotoSet, open_folder, open_photos
from stylemapgan.data.prefetch import Prefetcher
from stylemapgan.data.stream import ShardStream

__all__ = [
    "SUFFIXES",
    "AbstractPhotos",
    "PhotoSet",
    "Prefetcher",
    "ShardStream",
    "Skipped",
    "batch_indices",
    "cache_folder",
    "open_folder",
    "open_photos",
    "spread_rows",
]

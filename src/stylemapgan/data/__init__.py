"""Photos for training, from folders, archives, LMDB data sets or shards."""

from stylemapgan.data.abstract import AbstractPhotos, Skipped
from stylemapgan.data.photo_order import batch_indices, spread_rows
from stylemapgan.data.photo_set import PhotoSet, open_folder, open_photos
from stylemapgan.data.prefetch import Prefetcher
from stylemapgan.data.shard_stream import ShardStream

__all__ = [
    "AbstractPhotos",
    "PhotoSet",
    "Prefetcher",
    "ShardStream",
    "Skipped",
    "batch_indices",
    "open_folder",
    "open_photos",
    "spread_rows",
]

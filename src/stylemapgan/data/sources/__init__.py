"""Sources of encoded pictures: folders, archives, LMDB data sets and shards."""

from stylemapgan.data.sources.abstract import AbstractSource, Record
from stylemapgan.data.sources.folder_source import FolderSource
from stylemapgan.data.sources.lmdb import LmdbSource
from stylemapgan.data.sources.open import open_source
from stylemapgan.data.sources.tar import TarSource
from stylemapgan.data.sources.webdataset import ShardSource
from stylemapgan.data.sources.zip import ZipSource

__all__ = [
    "AbstractSource",
    "FolderSource",
    "LmdbSource",
    "Record",
    "ShardSource",
    "TarSource",
    "ZipSource",
    "open_source",
]

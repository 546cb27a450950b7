"""Encode collections of photos: stylemaps, squares and fits, in Parquet files."""

from stylemapgan.editing.encoding.encode_config import EncodeConfig
from stylemapgan.editing.encoding.encoding_photos import Encoded, encode_photos
from stylemapgan.editing.encoding.stylemap_files import Stylemaps, read_stylemaps

__all__ = ["EncodeConfig", "Encoded", "Stylemaps", "encode_photos", "read_stylemaps"]

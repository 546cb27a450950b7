"""Pictures and masks: files on one side, arrays on the other. Nothing above knows about bytes."""

from stylemapgan.images.decoding import MAX_PIXELS, read_pixels
from stylemapgan.images.files import read, write, write_animation
from stylemapgan.images.levels import from_bytes, to_bytes
from stylemapgan.images.masks import box_mask, read_mask
from stylemapgan.images.provenance import Provenance, SourceType, save_options
from stylemapgan.images.sheets import contact_sheet

__all__ = [
    "MAX_PIXELS",
    "Provenance",
    "SourceType",
    "box_mask",
    "contact_sheet",
    "from_bytes",
    "read",
    "read_mask",
    "read_pixels",
    "save_options",
    "to_bytes",
    "write",
    "write_animation",
]

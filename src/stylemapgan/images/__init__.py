"""Read and write pictures and masks, as arrays.

Images are float32 arrays of the shape (batch, 3, height, width): RGB, from -1 (black) to 1
(white). Masks are (batch, 1, height, width), from 0 (keep the source) to 1 (take the reference).

Example:
    ```python
    from stylemapgan import images

    photo = images.read("hand.jpg", size=64)  # (1, 3, 64, 64)
    mask = images.box_mask((16, 0, 32, 64), size=64)  # (1, 1, 64, 64)
    images.write("copy.png", photo)
    ```
"""

from stylemapgan.images.contact_sheet import contact_sheet
from stylemapgan.images.decoding import MAX_PIXELS, read_pixels
from stylemapgan.images.levels import from_bytes, to_bytes
from stylemapgan.images.masks import box_mask, read_mask
from stylemapgan.images.picture_files import read, write, write_animation
from stylemapgan.images.provenance import Provenance, SourceType, save_options

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

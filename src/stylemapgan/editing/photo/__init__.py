"""A user's own photo: find the square the model expects, cut it out, put the edit back.

Needs neither PyTorch nor any network: NumPy and Pillow do it all.
"""

from stylemapgan.editing.photo.cropped_photo import (
    FACE,
    FINDERS,
    CroppedPhoto,
    Find,
    known_square,
    usual_square,
)
from stylemapgan.editing.photo.faces import face_square
from stylemapgan.editing.photo.finding_squares import foreground_square, middle_square
from stylemapgan.editing.photo.fit import Fit, fit
from stylemapgan.editing.photo.full_photo import FullPhoto
from stylemapgan.editing.photo.pasting import Patch, paste_back
from stylemapgan.editing.photo.placing import PlacedPhoto, PlacedReference
from stylemapgan.editing.photo.square import Square

__all__ = [
    "FACE",
    "FINDERS",
    "CroppedPhoto",
    "Find",
    "Fit",
    "FullPhoto",
    "Patch",
    "PlacedPhoto",
    "PlacedReference",
    "Square",
    "face_square",
    "fit",
    "foreground_square",
    "known_square",
    "middle_square",
    "paste_back",
    "usual_square",
]

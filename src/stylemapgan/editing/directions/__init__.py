"""Directions of stylemap space that change one thing in a picture, such as an open hand.

Three ways lead to them: from labels, from the variance of photos, and from a model's weights.
`operations.push` walks along them.
"""

from stylemapgan.editing.directions.direction import Direction, direction_named
from stylemapgan.editing.directions.file import read_directions, write_directions
from stylemapgan.editing.directions.labelled import fit_by_labels
from stylemapgan.editing.directions.photos import (
    LabelledPhotos,
    Question,
    encode_photos,
    photos_in_folders,
    photos_in_table,
)
from stylemapgan.editing.directions.unlabelled import (
    closed_form_directions,
    principal_directions,
)

__all__ = [
    "Direction",
    "LabelledPhotos",
    "Question",
    "closed_form_directions",
    "direction_named",
    "encode_photos",
    "fit_by_labels",
    "photos_in_folders",
    "photos_in_table",
    "principal_directions",
    "read_directions",
    "write_directions",
]

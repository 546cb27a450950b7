"""Directions of stylemap space that change one thing in a picture, such as an open hand.

They are found from labels, from the variance of photos, or from a model's weights.
`AbstractEditor.move` pushes a picture along one.
"""

from stylemapgan.editing.directions.direction import (
    Direction,
    direction_named,
    read_directions,
    write_directions,
)
from stylemapgan.editing.directions.finding_directions import (
    closed_form_directions,
    fit_by_labels,
    principal_directions,
)
from stylemapgan.editing.directions.labelled_photos import (
    LabelledPhotos,
    Question,
    encode_photos,
    photos_in_folders,
    photos_in_table,
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

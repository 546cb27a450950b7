"""Apply one edit to many photos: a folder, an archive or shards."""

from stylemapgan.editing.applying.apply_config import ApplyConfig
from stylemapgan.editing.applying.applying_edit import Applied, apply_edit
from stylemapgan.editing.applying.chosen_model import ChosenModel
from stylemapgan.editing.applying.edit_file import read_edit
from stylemapgan.editing.applying.saved_edit import SavedEdit, SavedPicture

__all__ = [
    "Applied",
    "ApplyConfig",
    "ChosenModel",
    "SavedEdit",
    "SavedPicture",
    "apply_edit",
    "read_edit",
]

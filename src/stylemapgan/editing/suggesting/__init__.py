"""Find references: rank a library of encoded photos by how well a region of each would fit."""

from stylemapgan.editing.suggesting.library import (
    Library,
    LibraryPhoto,
    open_library,
    refuse_other_model,
)
from stylemapgan.editing.suggesting.library_photos import LibraryPhotos
from stylemapgan.editing.suggesting.suggest_config import SuggestConfig
from stylemapgan.editing.suggesting.suggesting import Query, Suggestion, suggest

__all__ = [
    "Library",
    "LibraryPhoto",
    "LibraryPhotos",
    "Query",
    "SuggestConfig",
    "Suggestion",
    "open_library",
    "refuse_other_model",
    "suggest",
]

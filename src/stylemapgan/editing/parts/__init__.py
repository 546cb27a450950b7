"""Parts of pictures that a model tells apart by itself, such as palm and fingers."""

from stylemapgan.editing.parts.file import read_parts, write_parts
from stylemapgan.editing.parts.finding import find_parts, name_by_overlap
from stylemapgan.editing.parts.parts import Parts

__all__ = ["Parts", "find_parts", "name_by_overlap", "read_parts", "write_parts"]

"""Parts of pictures that a model tells apart by itself, such as palm and fingers."""

from stylemapgan.editing.parts.finding_parts import find_parts, name_by_overlap
from stylemapgan.editing.parts.named_parts import Parts, read_parts, write_parts

__all__ = ["Parts", "find_parts", "name_by_overlap", "read_parts", "write_parts"]

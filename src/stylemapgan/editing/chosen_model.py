"""The model that edits many photos, before it is opened."""

import hashlib
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from stylemapgan import zoo
from stylemapgan.config.engine import EngineConfig
from stylemapgan.editing.abstract import AbstractEditor
from stylemapgan.editing.directions import Direction, read_directions
from stylemapgan.editing.opening import open_editor
from stylemapgan.editing.parts import Parts, read_parts
from stylemapgan.errors import EditError

THREADS = 1
"""Threads that compute in each worker: results then do not depend on the number of workers."""


@dataclass(frozen=True, kw_only=True)
class ChosenModel:
    """A model, and what runs it; can be sent to other processes, each of which opens it."""

    name: str
    """A bundled name, a model file, or a folder that `stylemapgan export` wrote."""
    engine_config: EngineConfig

    def open(self) -> AbstractEditor:
        """Open the model."""
        return open_editor(self.name, threads=THREADS, **asdict(self.engine_config))

    @property
    def processes(self) -> int:
        """How many processes should run it: one a processor, but only one for another device."""
        return os.cpu_count() or 1 if self.engine_config.device == "cpu" else 1

    def directions(self, file: Path | None) -> tuple[Direction, ...]:
        """Read the directions of a file, or the model's own.

        Raises:
            EditError: The model has none.
            CheckpointError: The file is missing or damaged.
        """
        found = file or zoo.directions_file(self.name)
        if found is None:
            raise EditError(f"{self.name} has no directions: name a file of some in the edit.")
        return read_directions(found)

    def parts(self) -> Parts:
        """Read the parts that the model knows by name.

        Raises:
            EditError: It knows none.
        """
        found = zoo.parts_file(self.name)
        if found is None:
            raise EditError(f"{self.name} has no parts: give the mask as a box or a picture.")
        return read_parts(found)

    def digest(self) -> str:
        """Hash the model's files."""
        digest = hashlib.sha256()
        for path in self._files():
            digest.update(f"{path.name}\0".encode())
            digest.update(path.read_bytes())
        return digest.hexdigest()

    def _files(self) -> Iterator[Path]:
        folder = zoo.find_onnx(self.name)
        if folder is None or self.engine_config.engine == "torch":
            yield zoo.find(self.name)
        else:
            yield from sorted(folder.glob("*.onnx*"))
        for beside in (zoo.framing_file, zoo.parts_file, zoo.directions_file):
            found = beside(self.name)
            if found is not None:
                yield found

"""The models that the server offers; each loads when first used."""

import re
import threading
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from stylemapgan import zoo
from stylemapgan.checkpoints import file as checkpoints
from stylemapgan.config import ModelConfig
from stylemapgan.editing import AbstractEditor
from stylemapgan.editing.directions import Direction, read_directions
from stylemapgan.editing.opening import open_editor
from stylemapgan.editing.parts import Parts, read_parts
from stylemapgan.server.api_errors import not_found
from stylemapgan.zoo.bundled import MODELS

ATTRIBUTION = "ATTRIBUTION.txt"
"""File beside sample pictures that need a credit; its first paragraph is the credit."""
UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
"""Characters that are replaced in names, which are part of URLs."""


class ServedModel:
    """One model; everything about it is read when first needed."""

    def __init__(self, name: str, source: str) -> None:
        """Refer to a model.

        Args:
            name: Name in the API.
            source: Bundled name, file or exported folder.
        """
        self.name = name
        self.source = source
        self._lock = threading.RLock()
        self._editor: AbstractEditor | None = None

    @property
    def editor(self) -> AbstractEditor:
        """The editor; loaded once, even if several threads ask at the same time."""
        with self._lock:
            if self._editor is None:
                self._editor = open_editor(self.source)
            return self._editor

    @property
    def engine(self) -> Literal["onnx", "torch"]:
        """The runtime of the networks."""
        return "torch" if zoo.find_onnx(self.source) is None else "onnx"

    @property
    def config(self) -> ModelConfig:
        """Shapes of the networks."""
        return self._facts["config"]

    @property
    def title(self) -> str:
        """Name for people."""
        return self.name.replace("-", " ").replace("_", " ").capitalize()

    @property
    def licence(self) -> str:
        """Licence of the weights."""
        return self._facts["licence"]

    @property
    def data(self) -> str:
        """Statement on the training data."""
        return self._facts["data"]

    @cached_property
    def about(self) -> str:
        """One sentence on what it edits."""
        card = MODELS / f"{self.source}.md"
        if self.source in zoo.BUNDLED and card.is_file():
            paragraph = card.read_text("utf-8").split("\n\n")[1]
            sentence = " ".join(paragraph.split()).split(". ")[0].split(": ")[0]
            return sentence.replace("*", "").replace("`", "").rstrip(".") + "."
        size = self.config.image_size
        return f"Edits pictures of {size} by {size} pixels."

    @cached_property
    def sample_credit(self) -> str | None:
        """Who took the sample pictures, and their licence; None if they need no credit."""
        file = MODELS / self.source / ATTRIBUTION
        if self.source not in zoo.BUNDLED or not file.is_file():
            return None
        return " ".join(file.read_text("utf-8").split("\n\n")[0].split())

    @cached_property
    def directions(self) -> dict[str, Direction]:
        """Directions by name."""
        file = zoo.directions_file(self.source)
        return {} if file is None else {each.name: each for each in read_directions(file)}

    @cached_property
    def parts(self) -> Parts | None:
        """Automatic parts; None if the model has none."""
        file = zoo.parts_file(self.source)
        return None if file is None else read_parts(file)

    @cached_property
    def samples(self) -> dict[str, Path]:
        """Sample pictures by name, those of the demo's blend first."""
        if self.source not in zoo.BUNDLED:
            return {}
        pictures = zoo.sample_pictures(self.source)
        shown = zoo.read_plan(
            zoo.sample_folder(self.source), pictures, self.config.image_size
        ).blend
        first = [shown.source, shown.reference]  # the Studio starts with these two
        pictures.sort(key=lambda path: first.index(path.name) if path.name in first else len(first))
        return {path.name: path for path in pictures}

    @cached_property
    def _facts(self) -> dict[str, Any]:
        """Metadata of the model file."""
        folder = zoo.find_onnx(self.source)
        if folder is not None:
            from stylemapgan.editing.onnx_sessions import OnnxNetworks

            return OnnxNetworks(folder).facts
        return vars(checkpoints.read_facts(zoo.find(self.source)))


class ServedModels:
    """All models by name."""

    def __init__(self, sources: Sequence[str]) -> None:
        """Refer to models; the first one is the default.

        Raises:
            CheckpointError: One of them does not exist.
        """
        self._by_name: dict[str, ServedModel] = {}
        for source in sources:
            if zoo.find_onnx(source) is None:
                zoo.find(source)  # raises if it does not exist
            name = self._new_name(source)
            self._by_name[name] = ServedModel(name, source)

    def __iter__(self) -> Iterator[ServedModel]:
        """Iterate over all models, the default first."""
        return iter(self._by_name.values())

    @property
    def default(self) -> ServedModel:
        """The model selected at the start."""
        return next(iter(self))

    def get(self, name: str) -> ServedModel:
        """Find a model.

        Raises:
            ApiError: No model has that name.
        """
        if name not in self._by_name:
            raise not_found("model", name)
        return self._by_name[name]

    def _new_name(self, source: str) -> str:
        """Derive an unused name from a path."""
        path = Path(source)
        stem = source if source in zoo.BUNDLED else path.stem if path.is_file() else path.name
        base = UNSAFE.sub("-", stem).strip("-._")[:48] or "model"
        number, name = 1, base
        while name in self._by_name:
            number += 1
            name = f"{base}-{number}"
        return name

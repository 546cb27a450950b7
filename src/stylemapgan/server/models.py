"""The models that the server offers, each loaded when first used."""

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
from stylemapgan.server.errors import not_found
from stylemapgan.zoo.bundled import MODELS

ODD = re.compile(r"[^A-Za-z0-9._-]+")
"""What names in addresses do not hold."""


class ServedModel:
    """One model; what it costs to know something about it is paid when that is first asked."""

    def __init__(self, name: str, source: str) -> None:
        """Point at a model.

        Args:
            name: What clients call it.
            source: A bundled name, a file, or an exported folder.
        """
        self.name = name
        self.source = source
        self._lock = threading.RLock()
        self._editor: AbstractEditor | None = None

    @property
    def editor(self) -> AbstractEditor:
        """What edits; loaded once, however many ask at the same time."""
        with self._lock:
            if self._editor is None:
                self._editor = open_editor(self.source)
            return self._editor

    @property
    def is_loaded(self) -> bool:
        """Whether the networks are in memory."""
        return self._editor is not None

    @property
    def engine(self) -> Literal["onnx", "torch"]:
        """What runs the networks."""
        return "torch" if zoo.find_onnx(self.source) is None else "onnx"

    @property
    def config(self) -> ModelConfig:
        """Shapes of the networks."""
        return self._facts["config"]

    @property
    def title(self) -> str:
        """What people call it."""
        return self.name.replace("-", " ").replace("_", " ").capitalize()

    @property
    def licence(self) -> str:
        """What others may do with the weights."""
        return self._facts["licence"]

    @property
    def data(self) -> str:
        """What it was trained on."""
        return self._facts["data"]

    @cached_property
    def about(self) -> str:
        """One line on what it edits."""
        card = MODELS / f"{self.source}.md"
        if self.source in zoo.BUNDLED and card.is_file():
            paragraph = card.read_text("utf-8").split("\n\n")[1]
            sentence = " ".join(paragraph.split()).split(". ")[0].split(": ")[0]
            return sentence.replace("*", "").replace("`", "").rstrip(".") + "."
        size = self.config.image_size
        return f"Edits pictures of {size} by {size} pixels."

    @cached_property
    def directions(self) -> dict[str, Direction]:
        """Directions by name."""
        file = zoo.directions_file(self.source)
        return {} if file is None else {each.name: each for each in read_directions(file)}

    @cached_property
    def parts(self) -> Parts | None:
        """Automatic parts, where the model has them."""
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
        first = [shown.source, shown.reference]  # the two that a newcomer sees at the start
        pictures.sort(key=lambda path: first.index(path.name) if path.name in first else len(first))
        return {path.name: path for path in pictures}

    @cached_property
    def _facts(self) -> dict[str, Any]:
        """Everything a model file says of itself."""
        folder = zoo.find_onnx(self.source)
        if folder is not None:
            from stylemapgan.editing.onnx_sessions import OnnxNetworks

            return OnnxNetworks(folder).facts
        return vars(checkpoints.read_facts(zoo.find(self.source)))


class Models:
    """All models by name."""

    def __init__(self, sources: Sequence[str]) -> None:
        """Point at models, the one to begin with first.

        Raises:
            CheckpointError: One of them does not exist.
        """
        self._by_name: dict[str, ServedModel] = {}
        for source in sources:
            if zoo.find_onnx(source) is None:
                zoo.find(source)  # or say that there is none
            name = self._new_name(source)
            self._by_name[name] = ServedModel(name, source)

    def __iter__(self) -> Iterator[ServedModel]:
        """Go through all models, the one to begin with first."""
        return iter(self._by_name.values())

    @property
    def default(self) -> ServedModel:
        """The one to begin with."""
        return next(iter(self))

    def get(self, name: str) -> ServedModel:
        """Find a model.

        Raises:
            ApiError: There is none of that name.
        """
        if name not in self._by_name:
            raise not_found("model", name)
        return self._by_name[name]

    def _new_name(self, source: str) -> str:
        """Make a name of a path, other than those there are."""
        path = Path(source)
        stem = source if source in zoo.BUNDLED else path.stem if path.is_file() else path.name
        base = ODD.sub("-", stem).strip("-._")[:48] or "model"
        number, name = 1, base
        while name in self._by_name:
            number += 1
            name = f"{base}-{number}"
        return name

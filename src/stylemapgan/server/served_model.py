"""A StyleMapGAN that the server offers; it loads when first used."""

import threading
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from stylemapgan import zoo
from stylemapgan.checkpoints import file as checkpoints
from stylemapgan.config import ModelConfig
from stylemapgan.editing import AbstractEditor, operations
from stylemapgan.editing.directions import Direction, read_directions
from stylemapgan.editing.framing import find_square
from stylemapgan.editing.opening import open_editor
from stylemapgan.editing.parts import Parts, read_parts
from stylemapgan.editing.photo import Find, FullPhoto, Square
from stylemapgan.errors import EditError
from stylemapgan.images.levels import to_numpy
from stylemapgan.server.abilities import LACKS, Ability
from stylemapgan.server.api_errors import not_found
from stylemapgan.server.stylemap_store import PlainStylemap
from stylemapgan.types import Images, Mask, Stylemap
from stylemapgan.zoo.bundled import MODELS

ATTRIBUTION = "ATTRIBUTION.txt"
"""File beside sample pictures that need a credit; its first paragraph is the credit."""


class ServedModel:
    """One model; everything about it is read when first needed."""

    method = "stylemapgan"
    """Name of the method that edits."""

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

    def load(self) -> None:
        """Load the model now.

        Raises:
            StyleMapGANError: Its files are damaged.
        """
        _ = self.editor

    def warm_up(self) -> None:
        """Run the networks once, so that the first edit is as fast as later ones."""
        self.editor.reconstruct(self.decode(to_numpy(self.editor.mean_stylemap)))

    @property
    def can(self) -> Sequence[Ability]:
        """What it can do besides edits by mask."""
        return tuple(LACKS)

    def need(self, ability: Ability) -> None:
        """Require an ability.

        Raises:
            EditError: The model does not have it.
        """
        if ability not in self.can:
            raise EditError(f"{self.name} edits by {self.method}, which {LACKS[ability]}.")

    @property
    def image_size(self) -> int:
        """Height and width of its pictures, in pixels."""
        return self.config.image_size

    @property
    def stylemap_size(self) -> int:
        """Height and width of its stylemaps, in cells."""
        return self.config.stylemap_size

    @property
    def stylemap_shape(self) -> tuple[int, int, int, int]:
        """Shape of one picture's stylemap."""
        return 1, self.config.style_channels, self.stylemap_size, self.stylemap_size

    @property
    def typical_errors(self) -> tuple[float, ...]:
        """Reconstruction errors of photos that the model knows; empty if not measured."""
        return self.editor.typical_errors

    def find_square(self, photo: FullPhoto, find: Find | None, *, refine: bool) -> Square:
        """Find the square of a photo that the model sees."""
        otherwise = "middle" if photo.width == photo.height else "foreground"
        return find_square(self.editor, photo, find, otherwise=otherwise, refine=refine)

    def encode(self, image: Images) -> PlainStylemap:
        """Encode one photo."""
        return to_numpy(self.editor.encode(image))

    def decode(self, stylemaps: Stylemap) -> Images:
        """Turn stylemaps into images."""
        return to_numpy(self.editor.decode(self.editor.as_array(stylemaps)))

    def as_reference(self, stylemap: PlainStylemap) -> Any:
        """Turn a stylemap into what a part of an edit refers to."""
        return self.editor.as_array(stylemap)

    def as_mask(self, mask: Mask) -> Mask:
        """Turn a mask into what a part of an edit holds."""
        return self.editor.as_mask(mask)

    def sample(self, count: int, seed: int, psi: float) -> Stylemap:
        """Draw random stylemaps and truncate them."""
        drawn = self.editor.sample(count, seed)
        return to_numpy(operations.truncate(drawn, self.editor.mean_stylemap, psi))

    def interpolate(
        self, start: PlainStylemap, end: PlainStylemap, position: float
    ) -> PlainStylemap:
        """Go a share of the way from one stylemap to another."""
        return operations.interpolate(start, end, position)

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
        size = self.image_size
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

    def direction(self, name: str) -> Direction:
        """Find a direction.

        Raises:
            ApiError: The model has none of that name.
        """
        if name not in self.directions:
            raise not_found("direction", name)
        return self.directions[name]

    @cached_property
    def parts(self) -> Parts | None:
        """Automatic parts; None if the model has none."""
        file = zoo.parts_file(self.source)
        return None if file is None else read_parts(file)

    @cached_property
    def part_labels(self) -> Mapping[str, str]:
        """Labels of its automatic parts, by name; empty if it has none."""
        if self.parts is None:
            return {}
        return dict(zip(self.parts.names, self.parts.labels, strict=True))

    @cached_property
    def samples(self) -> dict[str, Path]:
        """Sample pictures by name, those of the demo's blend first."""
        if self.source not in zoo.BUNDLED:
            return {}
        pictures = zoo.sample_pictures(self.source)
        shown = zoo.read_plan(zoo.sample_folder(self.source), pictures, self.image_size).blend
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

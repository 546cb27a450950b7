"""A model of another method than StyleMapGAN that edits by mask in one pass.

Its latents take the place of stylemaps: all numbers of one photo, as a stylemap of one cell.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np

from stylemapgan.checkpoints.method_file import MethodCheckpoint, read_method
from stylemapgan.editing.edit import Edit, Part
from stylemapgan.editing.edit_masks import PlainMask
from stylemapgan.editing.photo import FINDERS, Find, FullPhoto, Square
from stylemapgan.errors import CheckpointError
from stylemapgan.images.levels import to_numpy
from stylemapgan.methods.abstract import (
    AbstractTrainedMethod,
    Capabilities,
    Capability,
    LabelMaps,
    Latent,
)
from stylemapgan.methods.registry import methods_of
from stylemapgan.server.abilities import Ability
from stylemapgan.server.served_model import ServedModel
from stylemapgan.server.stylemap_store import PlainStylemap
from stylemapgan.types import Images, Mask, Stylemap

COMMANDS: Mapping[Capability, str] = {
    "reconstructs": "reconstruct",
    "generates": "generate",
    "interpolates": "interpolate",
    "edits_by_mask": "blend",
}
"""Commands that work with a method's model if it has a capability."""


@runtime_checkable
class NumbersParts(Protocol):
    """A method that finds parts in pictures and numbers them, because nobody has named them."""

    @property
    def part_count(self) -> int:
        """The number of parts."""
        ...

    def number_parts(self, latent: Latent) -> LabelMaps:
        """Number the part that each pixel shows, from 0."""
        ...


class ServedMethod(ServedModel):
    """A method's model; its networks are built at once, and run when first needed."""

    def __init__(self, name: str, source: str) -> None:
        """Build the networks.

        Args:
            name: Name in the API.
            source: Model file.

        Raises:
            CheckpointError: The file is damaged, or none of its methods suits the server.
            MissingExtraError: PyTorch is not installed.
        """
        super().__init__(name, source)
        checkpoint = read_method(Path(source))
        self._opened = _open_able(Path(source), checkpoint)
        self._checkpoint = replace(checkpoint, tensors={})
        self._shapes: dict[str, tuple[int, ...]] = {}
        self.method = self._opened.name

    def load(self) -> None:
        """Edit one picture, which finds what all edits have in common and may take long."""
        with self._lock:
            if not self._shapes:
                size, method = self.image_size, self._opened
                latent = method.encode(np.zeros((1, 3, size, size), np.float32))
                part = Part(reference=latent, mask=np.ones((1, 1, size, size), np.float32))
                method.decode(method.edit(latent, Edit(parts=(part,))))
                self._shapes = {name: rows.shape[1:] for name, rows in latent.arrays.items()}

    def warm_up(self) -> None:
        """Load."""
        self.load()

    @property
    def can(self) -> Sequence[Ability]:
        """What it can do besides edits by mask."""
        capabilities = self._opened.capabilities
        abilities: Mapping[Ability, bool] = {
            "generate": capabilities.generates,
            "interpolate": capabilities.interpolates,
        }
        return [ability for ability, has_it in abilities.items() if has_it]

    @property
    def image_size(self) -> int:
        """Height and width of its pictures, in pixels."""
        return self._opened.image_size

    @property
    def stylemap_size(self) -> int:
        """One cell."""
        return 1

    @property
    def stylemap_shape(self) -> tuple[int, int, int, int]:
        """All numbers of a latent as channels of one cell."""
        return 1, sum(int(np.prod(shape)) for shape in self._loaded_shapes.values()), 1, 1

    @property
    def typical_errors(self) -> tuple[float, ...]:
        """None: model files of methods do not hold them."""
        return ()

    @property
    def title(self) -> str:
        """Name for people, with the method's."""
        return f"{super().title} ({self.method})"

    @property
    def licence(self) -> str:
        """Licence of the weights."""
        return self._checkpoint.licence

    @property
    def data(self) -> str:
        """Statement on the training data."""
        return self._checkpoint.data

    @cached_property
    def about(self) -> str:
        """What the method does."""
        return self._opened.about

    @cached_property
    def part_labels(self) -> Mapping[str, str]:
        """The parts' numbers, from 1; none if the method finds no parts."""
        if not isinstance(self._opened, NumbersParts):
            return {}
        return {f"{number}": f"Part {number}" for number in range(1, self._opened.part_count + 1)}

    def find_parts(self, stylemap: PlainStylemap) -> dict[str, PlainMask]:
        """Find those parts that a picture shows."""
        if not isinstance(self._opened, NumbersParts):
            return {}
        numbers = self._opened.number_parts(self.as_reference(stylemap))[:, None]
        masks = {name: (numbers == int(name) - 1).astype(np.float32) for name in self.part_labels}
        return {name: mask for name, mask in masks.items() if mask.any()}

    def find_square(self, photo: FullPhoto, find: Find | None, *, refine: bool) -> Square:
        """Find a square; the middle one by default, as commands do with such models."""
        del refine
        return FINDERS[find or "middle"](photo)

    def encode(self, image: Images) -> PlainStylemap:
        """Encode one photo."""
        return self._packed(self._opened.encode(image))

    def decode(self, stylemaps: Stylemap) -> Images:
        """Turn packed latents into images."""
        return to_numpy(self._opened.decode(self.as_reference(stylemaps)))

    def edit(self, source: PlainStylemap, edit: Edit) -> Images:
        """Edit one photo; references are latents.

        Raises:
            EditError: The method cannot do what is asked.
        """
        return to_numpy(self._opened.decode(self._opened.edit(self.as_reference(source), edit)))

    def as_reference(self, stylemap: Stylemap) -> Latent:
        """Unpack latents."""
        shapes = self._loaded_shapes
        ends = np.cumsum([int(np.prod(shape)) for shape in shapes.values()])
        columns = np.split(stylemap.reshape(len(stylemap), -1), ends[:-1], axis=1)
        pairs = zip(shapes.items(), columns, strict=True)
        return Latent({name: each.reshape(len(each), *shape) for (name, shape), each in pairs})

    def as_mask(self, mask: Mask) -> Mask:
        """Leave a mask as it is."""
        return mask

    def sample(self, count: int, seed: int, psi: float) -> Stylemap:
        """Draw random latents and truncate them."""
        self.need("generate")
        return self._packed(self._opened.truncate(self._opened.sample(count, seed), psi))

    def interpolate(
        self, start: PlainStylemap, end: PlainStylemap, position: float
    ) -> PlainStylemap:
        """Go a share of the way from one latent to another."""
        self.need("interpolate")
        first, last = self.as_reference(start), self.as_reference(end)
        return self._packed(self._opened.interpolate(first, last, np.array([position], np.float32)))

    def _packed(self, latent: Latent) -> Stylemap:
        """Put all numbers of each row into the channels of one cell."""
        arrays = [to_numpy(latent.arrays[name]) for name in self._loaded_shapes]
        rows = [array.reshape(len(array), -1) for array in arrays]
        return np.concatenate(rows, axis=1, dtype=np.float32)[:, :, None, None]

    @property
    def _loaded_shapes(self) -> Mapping[str, tuple[int, ...]]:
        """The shape of each array of a latent, without its rows."""
        self.load()
        return self._shapes


def _open_able(path: Path, checkpoint: MethodCheckpoint) -> AbstractTrainedMethod:
    """Open the first method that edits by mask in one pass.

    Raises:
        CheckpointError: There is none, or the file is damaged.
        MissingExtraError: PyTorch is not installed.
    """
    try:
        kinds = methods_of(checkpoint)
        for kind in kinds:
            if _suits(kind.capabilities):
                return kind.open(checkpoint)
    except CheckpointError as error:
        raise CheckpointError(f"{path}: {error}") from None
    names = ", ".join(kind.name for kind in kinds)
    raise CheckpointError(
        f"{path}: the server offers methods that edit by mask in one pass, without maps of parts; "
        f"this model opens {names}. It works with "
        f"{_listed(_commands([kind.capabilities for kind in kinds]))}."
    )


def _suits(capabilities: Capabilities) -> bool:
    is_fast = capabilities.time == "one pass"
    return capabilities.edits_by_mask and is_fast and not capabilities.needs_label_map


def _commands(all_capabilities: Sequence[Capabilities]) -> list[str]:
    """List the commands that work with methods; only `evaluate` has maps of parts."""
    able = [each for each in all_capabilities if not each.needs_label_map]
    found = [
        command
        for capability, command in COMMANDS.items()
        if any(getattr(each, capability) for each in able)
    ]
    return [*found, "evaluate", *(["compare"] if able else [])]


def _listed(words: Sequence[str]) -> str:
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last

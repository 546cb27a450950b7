"""StyleMapGAN as two methods, in w and in w⁺: one model, one encoding, two ways to blend.

Source: Kim et al., CVPR 2021, section 3.3.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import ClassVar, final

import numpy as np
from array_api_compat import is_torch_array
from jaxtyping import Bool, Float32

from stylemapgan.editing import operations
from stylemapgan.editing.abstract import AbstractEditor
from stylemapgan.editing.checks import refuse_unequal_batches, refuse_unfit_images
from stylemapgan.editing.directions import fit_by_labels
from stylemapgan.editing.edit import Edit, Space
from stylemapgan.editing.edit_rendering import arrays_of, edited_w_plus, resolved
from stylemapgan.editing.operations import WPlus
from stylemapgan.errors import EditError
from stylemapgan.images.levels import to_numpy
from stylemapgan.images.resizing import shrink
from stylemapgan.methods.abstract import (
    AbstractMethod,
    AbstractModelMethod,
    Capabilities,
    LabelMaps,
    Latent,
    LearnedDirection,
    refuse_other_references,
)
from stylemapgan.methods.photo_sizes import photo_size, small_edit
from stylemapgan.types import Array, Images, Stylemap

STYLEMAP = "stylemap"
LAYER = "w_plus "
"""Followed by a number: resized stylemaps, one for each modulated layer."""


class AbstractStylemapMethod(AbstractModelMethod):
    """Edits with an `AbstractEditor`; what differs is where parts are pasted."""

    space: ClassVar[Space]
    capabilities: ClassVar[Capabilities] = Capabilities(
        reconstructs=True,
        generates=True,
        interpolates=True,
        edits_by_mask=True,
        moves_along_directions=True,
    )

    def __init__(self, editor: AbstractEditor) -> None:
        self._editor = editor

    @classmethod
    def open(cls, editor: AbstractEditor) -> AbstractMethod:
        """Edit with this editor's networks."""
        return cls(editor)

    def encode(self, images: Images, label_maps: LabelMaps | None = None) -> Latent:
        """Find the photos' stylemaps; larger photos are shrunk first."""
        del label_maps
        size = self._editor.image_size
        refuse_unfit_images(images, photo_size(images, size))
        return Latent({STYLEMAP: self._editor.encode(self._editor.as_array(shrink(images, size)))})

    def prepare(self, latent: Latent) -> Latent:
        """Resize the stylemaps for every modulated layer."""
        stylemaps = self._stylemaps(latent)
        return Latent({STYLEMAP: stylemaps, **_layers(self._editor.resize(stylemaps))})

    def decode(self, latent: Latent) -> Images:
        """Synthesize pictures; stylemaps that are not resized yet are resized first."""
        w_plus = self._w_plus(latent)
        if w_plus is None:
            w_plus = self._editor.resize(self._stylemaps(latent))
        return self._editor.synthesize(w_plus)

    def edit(self, source: Latent, edit: Edit) -> Latent:
        """Push and paste; what `prepare` resized is not resized again."""
        own = self._stylemaps(source)
        resized = [(own, self._w_plus(source))]

        def stylemaps_of(reference: Latent) -> Stylemap:
            theirs = self._stylemaps(reference)
            resized.append((theirs, self._w_plus(reference)))
            return theirs

        def resize(stylemaps: Stylemap) -> WPlus:
            known = (w_plus for each, w_plus in resized if each is stylemaps and w_plus)
            return next(known, None) or self._editor.resize(stylemaps)

        for part in edit.parts:
            refuse_other_references(part, self)
        editor = self._editor
        edit = small_edit(edit, editor.image_size)
        placed = tuple(replace(part, space=self.space) for part in edit.parts)
        ready = resolved(
            replace(edit, parts=placed),
            editor.image_size,
            stylemaps_of,
            editor.as_mask,
            editor.as_array,
        )
        refuse_unequal_batches(own, *arrays_of(ready))
        return Latent(_layers(edited_w_plus(ready, own, resize, editor.config.border_fade)))

    def interpolate(
        self, start: Latent, end: Latent, positions: Float32[np.ndarray, " photos"]
    ) -> Latent:
        """Walk straight from stylemap to stylemap."""
        first, last = self._stylemaps(start), self._stylemaps(end)
        t = self._editor.as_array(positions)[:, None, None, None]
        return Latent({STYLEMAP: first + t * (last - first)})

    def sample(self, count: int, seed: int) -> Latent:
        """Draw stylemaps from the mapping network."""
        return Latent({STYLEMAP: self._editor.sample(count, seed)})

    def truncate(self, latent: Latent, psi: float) -> Latent:
        """Pull stylemaps towards the mean stylemap."""
        mean = self._editor.mean_stylemap
        return Latent({STYLEMAP: operations.truncate(self._stylemaps(latent), mean, psi)})

    def learn_direction(
        self, latent: Latent, has_it: Bool[np.ndarray, " photos"]
    ) -> LearnedDirection:
        """Fit a direction of stylemaps; see `fit_by_labels`."""
        stylemaps = to_numpy(latent.arrays[STYLEMAP])
        found = fit_by_labels(stylemaps, has_it, name="direction")
        return LearnedDirection(found.step, found.accuracy)

    def in_float32(self) -> AbstractMethod:
        """Give the same method over the same networks, computing in float32."""
        editor = self._editor.in_float32()
        return self if editor is self._editor else type(self)(editor)

    @property
    def encoding(self) -> str:
        """Both spaces share stylemaps; those of another precision are others."""
        return f"stylemaps {self._editor.precision}"

    @property
    def parameter_bytes(self) -> int | None:
        """Parameters of encoder, mapping network, resizer and synthesis network, if in PyTorch."""
        networks = getattr(self._editor, "networks", None)
        if networks is None:
            return None
        parameters = [*networks.generator.parameters(), *networks.encoder.parameters()]
        return sum(each.numel() * each.element_size() for each in parameters)

    @property
    def runs_on(self) -> Mapping[str, str]:
        """Name what the editor computes with."""
        first = self._editor.as_array(np.zeros(1, dtype=np.float32))
        if not is_torch_array(first):
            return {"engine": type(self._editor).__name__, "device": "cpu"}
        import torch

        return {
            "engine": "PyTorch",
            "device": str(first.device),
            "threads": str(torch.get_num_threads()),
        }

    def _stylemaps(self, latent: Latent) -> Stylemap:
        if STYLEMAP not in latent.arrays:
            raise EditError(
                f"The method {self.name} edits what it encoded itself, got a latent of "
                f"{', '.join(latent.arrays)}."
            )
        return self._editor.as_array(latent.arrays[STYLEMAP])

    def _w_plus(self, latent: Latent) -> list[Array] | None:
        """Get resized stylemaps, if the latent holds them."""
        found = [array for name, array in latent.arrays.items() if name.startswith(LAYER)]
        return [self._editor.as_array(array) for array in found] or None


@final
class StylemapInW(AbstractStylemapMethod):
    """Blends stylemaps as they are: seams are as wide as a cell."""

    name: ClassVar[str] = "w"
    about: ClassVar[str] = "StyleMapGAN: blends stylemaps before they are resized."
    space: ClassVar[Space] = "w"


@final
class StylemapInWPlus(AbstractStylemapMethod):
    """Blends resized stylemaps: borders follow the mask at every resolution."""

    name: ClassVar[str] = "w-plus"
    about: ClassVar[str] = "StyleMapGAN: blends stylemaps resized for every layer."
    space: ClassVar[Space] = "w-plus"


def _layers(w_plus: WPlus) -> dict[str, Array]:
    return {f"{LAYER}{number}": each for number, each in enumerate(w_plus)}

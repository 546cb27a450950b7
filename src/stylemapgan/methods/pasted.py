"""Edits in w⁺ that are put back into the photos, as `paste_back` does for users.

Unlike a model's own output they have the photos' resolution, and outside the mask they are the
photos. With detail, photos supply the pixels that the model agrees with.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import ClassVar, final

import numpy as np
from jaxtyping import Float32

from stylemapgan.editing.abstract import AbstractEditor
from stylemapgan.editing.checks import refuse_unfit_images
from stylemapgan.editing.edit import Edit
from stylemapgan.editing.edit_rendering import placed_references
from stylemapgan.editing.photo import CroppedPhoto, paste_back
from stylemapgan.errors import EditError
from stylemapgan.images.levels import from_bytes, to_bytes, to_numpy
from stylemapgan.images.resizing import shrink
from stylemapgan.methods.abstract import (
    AbstractMethod,
    AbstractModelMethod,
    Capabilities,
    LabelMaps,
    Latent,
    refuse_other_references,
)
from stylemapgan.methods.photo_sizes import photo_size, small_edit
from stylemapgan.methods.stylemapgan.editing import STYLEMAP, StylemapInWPlus
from stylemapgan.types import Images

PIXELS = "pixels"
RECONSTRUCTION = "reconstruction"


class AbstractPastedMethod(AbstractModelMethod):
    """Edits with an `AbstractEditor` and pastes the result; what differs is who supplies pixels."""

    takes_detail: ClassVar[bool]
    """Whether references' photos supply pixels."""
    capabilities: ClassVar[Capabilities] = Capabilities(edits_by_mask=True)

    def __init__(self, editor: AbstractEditor) -> None:
        self._size = editor.image_size
        self._networks = StylemapInWPlus(editor)

    @classmethod
    def open(cls, editor: AbstractEditor) -> AbstractMethod:
        """Edit with this editor's networks."""
        return cls(editor)

    def encode(self, images: Images, label_maps: LabelMaps | None = None) -> Latent:
        """Keep the photos, rounded to the levels of a file; find stylemaps, reconstruct them."""
        del label_maps
        refuse_unfit_images(images, photo_size(images, self._size))
        photos = from_bytes(to_bytes(images))
        encoded = self._networks.encode(shrink(photos, self._size))
        return Latent(
            {
                PIXELS: photos,
                RECONSTRUCTION: to_numpy(self._networks.decode(encoded)),
                **encoded.arrays,
            }
        )

    def decode(self, latent: Latent) -> Images:
        """Give the photos back, edited or not."""
        if PIXELS not in latent.arrays:
            raise EditError(
                f"The method {self.name} edits what it encoded itself, got a latent of "
                f"{', '.join(latent.arrays)}."
            )
        return to_numpy(latent.arrays[PIXELS])

    def edit(self, source: Latent, edit: Edit) -> Latent:
        """Edit in w⁺, then paste each picture into its photo."""
        if edit.pushes:
            self._refuse("moves_along_directions")
        for part in edit.parts:
            refuse_other_references(part, self)
        edit = small_edit(edit, self._size)
        stylemaps = Latent({STYLEMAP: source.arrays[STYLEMAP]})
        edited = to_numpy(self._networks.decode(self._networks.edit(stylemaps, edit)))
        pasted = [self._paste(source, edit, edited, row) for row in range(len(edited))]
        return Latent({PIXELS: np.concatenate(pasted)})

    @property
    def encoding(self) -> str:
        """All methods that paste share photos and stylemaps."""
        return f"photos and {self._networks.encoding}"

    @property
    def parameter_bytes(self) -> int | None:
        """Parameters of the networks, if in PyTorch."""
        return self._networks.parameter_bytes

    @property
    def runs_on(self) -> Mapping[str, str]:
        """Name what the editor computes with."""
        return self._networks.runs_on

    def _paste(
        self, source: Latent, edit: Edit, edited: Images, row: int
    ) -> Float32[np.ndarray, "1 3 length length"]:
        """Put one picture of a batch back into its photo."""
        own = _row(source, row)
        photo = CroppedPhoto.of_image(own[PIXELS])
        made: dict[int, Images] = {}
        parts = []
        for part in edit.parts:
            borrowed = _row(part.reference, row)
            reference = CroppedPhoto.of_image(borrowed[PIXELS])
            made[id(reference)] = borrowed[RECONSTRUCTION]
            mask = to_numpy(part.mask)
            mask = mask[row : row + 1] if len(mask) > 1 else mask
            parts.append(replace(part, reference=reference, mask=mask))
        alone = Edit(parts=tuple(parts))
        references = placed_references(alone, self._size, lambda picture: made[id(picture)])
        pasted = paste_back(
            photo.photo,
            photo.square,
            own[RECONSTRUCTION],
            edited[row : row + 1],
            alone.touched(self._size),
            references=references if self.takes_detail else (),
        )
        return from_bytes(np.asarray(pasted.pixels)[None])


@final
class PastedInWPlus(AbstractPastedMethod):
    """Pastes what the model draws."""

    name: ClassVar[str] = "w-plus pasted"
    about: ClassVar[str] = "StyleMapGAN's edit in w-plus, put back into the photo without detail."
    takes_detail: ClassVar[bool] = False


@final
class DetailedInWPlus(AbstractPastedMethod):
    """Pastes with the photos' own detail."""

    name: ClassVar[str] = "w-plus + detail"
    about: ClassVar[str] = (
        "StyleMapGAN's edit in w-plus, put back into the photo; source and reference supply the "
        "pixels that the model agrees with."
    )
    takes_detail: ClassVar[bool] = True


def _row(latent: Latent, row: int) -> Mapping[str, Images]:
    """Take one photo of a batch; a batch of one stands for all."""
    chosen = slice(row, row + 1) if len(latent) > 1 else slice(0, 1)
    return {name: to_numpy(array) for name, array in latent[chosen].arrays.items()}

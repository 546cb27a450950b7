"""Methods that need no model: they show what the figures of others are worth.

They work on pixels, so encoding keeps a photo as it is.
"""

from abc import abstractmethod
from typing import ClassVar, final

import numpy as np
from jaxtyping import Bool, Float32, Float64, Int64

from stylemapgan.editing import operations
from stylemapgan.editing.abstract import AbstractEditor
from stylemapgan.editing.checks import (
    refuse_unequal_batches,
    refuse_unfit_images,
    refuse_unfit_mask,
)
from stylemapgan.editing.edit import Edit
from stylemapgan.errors import EditError, MissingExtraError
from stylemapgan.images.levels import to_numpy
from stylemapgan.methods.abstract import (
    AbstractMethod,
    AbstractModelMethod,
    Capabilities,
    LabelMaps,
    Latent,
    refuse_other_references,
)
from stylemapgan.methods.photo_sizes import large_mask, photo_size
from stylemapgan.types import Images

INSIDE = 0.5
"""From this mask value on Poisson blending takes a pixel of the reference."""
PIXELS = "pixels"

Pictures = Float32[np.ndarray, "photos 3 size size"]
Masks = Float32[np.ndarray, "photos 1 size size"]


class AbstractPixelMethod(AbstractModelMethod):
    """Pastes pixels of references; what differs is how."""

    capabilities: ClassVar[Capabilities] = Capabilities(edits_by_mask=True)

    def __init__(self, size: int) -> None:
        self._size = size

    @classmethod
    def open(cls, editor: AbstractEditor) -> AbstractMethod:
        """Edit pictures of the model's size."""
        return cls(editor.image_size)

    def encode(self, images: Images, label_maps: LabelMaps | None = None) -> Latent:
        """Keep the photos themselves, also those larger than the model's pictures."""
        del label_maps
        refuse_unfit_images(images, photo_size(images, self._size))
        return Latent({PIXELS: to_numpy(images)})

    def decode(self, latent: Latent) -> Images:
        """Give the pixels back."""
        return self._pixels(latent)

    def edit(self, source: Latent, edit: Edit) -> Latent:
        """Paste one part after another."""
        if edit.pushes:
            self._refuse("moves_along_directions")
        pictures = self._pixels(source)
        for part in edit.parts:
            refuse_other_references(part, self)
            reference, length = self._pixels(part.reference), pictures.shape[-1]
            mask = large_mask(part, self._size, length)
            refuse_unfit_mask(mask, length)
            refuse_unequal_batches(pictures, reference, mask)
            down, right = (length // self._size * pixels for pixels in part.shift)
            moved = (operations.move(each, (down, right)) for each in (reference, mask))
            ours, theirs, inside = _equally_many(pictures, *moved)
            pasted = self.paste(ours, theirs, inside)
            pictures = (1 - np.float32(part.strength)) * ours + np.float32(part.strength) * pasted
        return Latent({PIXELS: pictures})

    @abstractmethod
    def paste(self, source: Pictures, reference: Pictures, mask: Masks) -> Pictures:
        """Put the masked part of the reference into the source.

        Args:
            source: Photos to edit.
            reference: Photos to copy from, lying where they should appear.
            mask: Where.
        """

    @property
    def encoding(self) -> str:
        """All methods on pixels share photos."""
        return PIXELS

    def _pixels(self, latent: Latent) -> Pictures:
        if PIXELS not in latent.arrays:
            raise EditError(
                f"The method {self.name} edits what it encoded itself, got a latent of "
                f"{', '.join(latent.arrays)}."
            )
        return to_numpy(latent.arrays[PIXELS])


@final
class CopyPixels(AbstractPixelMethod):
    """Pastes the reference's pixels, with a hard border."""

    name: ClassVar[str] = "copy pixels"
    about: ClassVar[str] = "Copies the reference's pixels under the mask."

    def paste(self, source: Pictures, reference: Pictures, mask: Masks) -> Pictures:
        """Take the reference wherever the mask is above 0."""
        return np.where(mask > 0, reference, source)


@final
class DoNothing(AbstractPixelMethod):
    """Leaves the source as it is."""

    name: ClassVar[str] = "do nothing"
    about: ClassVar[str] = "Leaves the source as it is."
    changes_photos: ClassVar[bool] = False

    def paste(self, source: Pictures, reference: Pictures, mask: Masks) -> Pictures:
        """Give the source back."""
        del reference, mask
        return source


@final
class PoissonBlending(AbstractPixelMethod):
    """Pastes the reference's gradients and lets its colours meet the source's at the border.

    The difference between source and reference along the border is continued inwards as a membrane
    (the solution of Laplace's equation, free at the picture's edges) and added to the reference.

    Source: Pérez, Gangnet and Blake, "Poisson Image Editing", SIGGRAPH 2003, equations 2 to 8.
    """

    name: ClassVar[str] = "poisson"
    about: ClassVar[str] = (
        "Poisson blending (Pérez et al., SIGGRAPH 2003): copies the reference's gradients."
    )

    def __init__(self, size: int) -> None:
        try:
            import scipy.sparse.linalg  # noqa: F401
        except ModuleNotFoundError:
            raise MissingExtraError("SciPy", "evaluate") from None
        super().__init__(size)

    def paste(self, source: Pictures, reference: Pictures, mask: Masks) -> Pictures:
        """Solve for one picture after another."""
        each = zip(source, reference, mask[:, 0] >= INSIDE, strict=True)
        return np.stack([_blend(*pair) for pair in each])


def _equally_many(*batches: Float32[np.ndarray, "_ _ _ _"]) -> list[np.ndarray]:
    """Repeat batches of one to the length of the longest."""
    count = max(map(len, batches))
    return [np.broadcast_to(each, (count, *each.shape[1:])) for each in batches]


def _blend(
    source: Float32[np.ndarray, "3 size size"],
    reference: Float32[np.ndarray, "3 size size"],
    inside: Bool[np.ndarray, "size size"],
) -> Float32[np.ndarray, "3 size size"]:
    if inside.all() or not inside.any():  # no border where they could meet
        return np.where(inside, reference, source)
    apart = source.astype(np.float64) - reference
    blended = source.copy()
    blended[:, inside] = np.clip(reference[:, inside] + _membrane(apart, inside), -1, 1)
    return blended


def _membrane(
    values: Float64[np.ndarray, "3 size size"], inside: Bool[np.ndarray, "size size"]
) -> Float64[np.ndarray, "3 pixels"]:
    """Continue values from the border into the pixels inside: each is the mean of its neighbours.

    Args:
        values: Known outside.
        inside: Where to find them.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.linalg import splu

    count = int(inside.sum())
    number = np.full(inside.shape, -1)
    number[inside] = np.arange(count)
    here, there = _neighbours(inside.shape)
    here, there = here[inside.ravel()[here]], there[inside.ravel()[here]]
    own, other = number.ravel()[here], number.ravel()[there]
    is_unknown = other >= 0
    degree = np.bincount(own, minlength=count).astype(np.float64)
    rows = np.concatenate([own[is_unknown], np.arange(count)])
    columns = np.concatenate([other[is_unknown], np.arange(count)])
    weights = np.concatenate([-np.ones(int(is_unknown.sum())), degree])
    laplacian = coo_array((weights, (rows, columns)), shape=(count, count)).tocsc()
    border = values.reshape(3, -1)[:, there[~is_unknown]]
    known = np.stack([np.bincount(own[~is_unknown], each, minlength=count) for each in border])
    return splu(laplacian, permc_spec="MMD_AT_PLUS_A").solve(known.T).T


def _neighbours(
    shape: tuple[int, ...],
) -> tuple[Int64[np.ndarray, " pairs"], Int64[np.ndarray, " pairs"]]:
    """List all ordered pairs of pixels that share an edge."""
    numbers = np.arange(shape[0] * shape[1]).reshape(shape)
    across = numbers[:, :-1].ravel(), numbers[:, 1:].ravel()
    down = numbers[:-1].ravel(), numbers[1:].ravel()
    first, second = (np.concatenate(each) for each in zip(across, down, strict=True))
    return np.concatenate([first, second]), np.concatenate([second, first])

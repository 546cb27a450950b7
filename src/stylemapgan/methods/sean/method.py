"""SEAN as a method: photos with label maps to styles of regions, edits of both, and back."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, final

import numpy as np
import torch
from jaxtyping import Float, Float32, UInt8
from torch import Tensor

from stylemapgan.checkpoints.method_file import MethodCheckpoint
from stylemapgan.config import VectorConfig
from stylemapgan.editing import operations
from stylemapgan.editing.checks import refuse_unequal_batches, refuse_unfit_images
from stylemapgan.editing.edit import Edit, Part
from stylemapgan.editing.edit_masks import PartMask
from stylemapgan.errors import CheckpointError, ConfigError, EditError
from stylemapgan.images.levels import to_numpy
from stylemapgan.images.resizing import shrink
from stylemapgan.methods.abstract import (
    AbstractTrainedMethod,
    Capabilities,
    LabelMaps,
    Latent,
    refuse_other_references,
)
from stylemapgan.methods.backbone.placed_parts import placed_parts
from stylemapgan.methods.network_files import fill_networks, shapes_of
from stylemapgan.methods.photo_sizes import photo_size
from stylemapgan.methods.sean.networks import SEANGenerator, StyleEncoder, refuse_unfit_shapes
from stylemapgan.methods.sean.regions import Layout, to_regions
from stylemapgan.types import Images

STYLES, LABEL_MAP, SHARES = "styles", "label_map", "shares"
TAKEN = 0.5
"""From this value of a mask on, a pixel takes the reference's region."""


@dataclass(frozen=True, eq=False)
class _Styled:
    """A latent as tensors."""

    styles: Float[Tensor, "batch rows style"]
    """A row for each region of the photo, then of each reference."""
    label_map: UInt8[Tensor, "batch height width"]
    shares: Float[Tensor, "batch rows height width"]
    """How much of each row a pixel takes."""


@final
class SEAN(AbstractTrainedMethod):
    """Encodes photos as a label map and a style for each region.

    Under a mask, an edit takes both from the reference: pixels show its regions, in its styles.
    Between 0 and 1 a mask mixes styles; regions cannot be mixed, and change at one half. A part
    that is given by its name keeps the source's label map and takes the reference's style.
    """

    name: ClassVar[str] = "sean"
    about: ClassVar[str] = (
        "SEAN (Zhu et al., CVPR 2020): draws a label map, each region in a style of its own."
    )
    capabilities: ClassVar[Capabilities] = Capabilities(
        reconstructs=True,
        interpolates=True,
        edits_by_mask=True,
        edits_by_part=True,
        needs_label_map=True,
    )

    def __init__(
        self, config: VectorConfig, generator: SEANGenerator, encoder: StyleEncoder
    ) -> None:
        self.config = config
        self.generator = generator
        self.encoder = encoder

    @classmethod
    def open(cls, checkpoint: MethodCheckpoint) -> "SEAN":
        """Build generator and style encoder of a model file."""
        config = shapes_of(checkpoint, cls.name)
        try:
            refuse_unfit_shapes(config)
        except ConfigError as error:
            raise CheckpointError(f"its configuration is invalid: {error}") from None
        generator, encoder = SEANGenerator(config), StyleEncoder(config)
        fill_networks(checkpoint, {"generator": generator, "encoder": encoder})
        return cls(config, generator, encoder)

    def encode(self, images: Images, label_maps: LabelMaps | None = None) -> Latent:
        """Average the features of each region; larger photos and maps are shrunk first."""
        size = self.config.image_size
        refuse_unfit_images(images, photo_size(images, size))
        maps = torch.from_numpy(self._small_maps(label_maps, len(images)))
        photos = torch.as_tensor(to_numpy(shrink(images, size)).astype(np.float32))
        with torch.inference_mode():
            styles = self.encoder(photos, to_regions(maps, len(self.config.parts)))
        return _latent({STYLES: styles, LABEL_MAP: maps})

    def decode(self, latent: Latent) -> Images:
        """Draw pictures of the model's size."""
        styled = self._styled(latent)
        layout = Layout(to_regions(styled.label_map, len(self.config.parts)), styled.shares)
        with torch.inference_mode():
            return self.generator(styled.styles, layout).float().numpy()

    def edit(self, source: Latent, edit: Edit) -> Latent:
        """Take regions and styles under masks, or the styles of parts given by their names."""
        self._styled(source)
        if edit.pushes:
            self._refuse("moves_along_directions")
        for part in edit.parts:
            refuse_other_references(part, self)
            by_name = isinstance(part.mask, PartMask)
            source = self._restyled(source, part) if by_name else self._pasted(source, part)
        return source

    def interpolate(
        self, start: Latent, end: Latent, positions: Float32[np.ndarray, " photos"]
    ) -> Latent:
        """Mix the styles of each region; the label map is that of the nearer photo.

        A region that one photo lacks keeps the other's style.
        """
        first, last = self._photo(start), self._photo(end)
        t = torch.as_tensor(positions)[:, None, None]
        shown = [to_regions(each.label_map, len(self.config.parts)) for each in (first, last)]
        has_first, has_last = (each.amax(dim=(2, 3))[:, :, None] > 0 for each in shown)
        begin = torch.where(has_first, first.styles, last.styles)
        finish = torch.where(has_last, last.styles, first.styles)
        label_map = torch.where(t < 0.5, first.label_map, last.label_map)
        return _latent({STYLES: torch.lerp(begin, finish, t), LABEL_MAP: label_map})

    @property
    def image_size(self) -> int:
        """Height and width of the pictures it was trained on, in pixels."""
        return self.config.image_size

    @property
    def encoding(self) -> str:
        """No other method has such latents."""
        return f"latents of {self.name}"

    @property
    def parameter_bytes(self) -> int:
        """Parameters of generator and style encoder."""
        parameters = [*self.generator.parameters(), *self.encoder.parameters()]
        return sum(each.numel() * each.element_size() for each in parameters)

    @property
    def runs_on(self) -> Mapping[str, str]:
        """Name PyTorch on the CPU."""
        return {"engine": "PyTorch", "device": "cpu", "threads": str(torch.get_num_threads())}

    def _pasted(self, source: Latent, part: Part[Any]) -> Latent:
        """Take the reference's regions and styles under the mask."""
        source, (placed,) = placed_parts(source, Edit(parts=(part,)), self.image_size, self)
        ours, theirs = self._styled(source), self._styled(placed.reference)
        weight = torch.as_tensor(placed.mask)
        moved_map = operations.move(theirs.label_map[:, None], placed.shift)[:, 0]
        moved_shares = operations.move(theirs.shares, placed.shift)
        return _latent(
            {
                STYLES: torch.cat([ours.styles, theirs.styles], dim=1),
                LABEL_MAP: torch.where(weight[:, 0] >= TAKEN, moved_map, ours.label_map),
                SHARES: torch.cat([(1 - weight) * ours.shares, weight * moved_shares], dim=1),
            }
        )

    def _restyled(self, source: Latent, part: Part[Any]) -> Latent:
        """Take the reference's style of a part, where the reference shows the part at all."""
        if part.mask.name not in self.config.parts:
            raise EditError(
                f"There is no part {part.mask.name!r}: choose from {', '.join(self.config.parts)}."
            )
        if part.shift != (0, 0):
            raise EditError(
                f"The method {self.name} cannot move a part that is given by its name: give a mask."
            )
        number = self.config.parts.index(part.mask.name)
        ours, theirs = self._styled(source), self._photo(part.reference)
        refuse_unequal_batches(ours.styles, theirs.styles)
        is_shown = (theirs.label_map == number).flatten(1).any(dim=1)
        weight = part.strength * is_shown[:, None, None].float()
        count = max(len(source), len(part.reference))
        styles = ours.styles.expand(count, -1, -1).clone()
        rows = slice(number, None, len(self.config.parts))  # of the photo and of all references
        styles[:, rows] = torch.lerp(styles[:, rows], theirs.styles[:, number, None], weight)
        tensors = _tensors(source).items()
        repeated = {name: each.expand(count, *each.shape[1:]) for name, each in tensors}
        return _latent(repeated | {STYLES: styles})

    def _styled(self, latent: Latent) -> _Styled:
        found = set(latent.arrays)
        if not {STYLES, LABEL_MAP} <= found or not found <= {STYLES, LABEL_MAP, SHARES}:
            raise EditError(
                f"The method {self.name} edits what it encoded itself, got a latent of "
                f"{', '.join(latent.arrays)}."
            )
        tensors = _tensors(latent)
        label_map = tensors[LABEL_MAP]
        own = to_regions(label_map, len(self.config.parts))
        return _Styled(tensors[STYLES], label_map, tensors.get(SHARES, own))

    def _photo(self, latent: Latent) -> _Styled:
        """Let only photos pass, whose regions have one style each."""
        if SHARES in latent.arrays:
            raise EditError(
                f"The method {self.name} takes the styles of regions from photos, got an edit: "
                "encode its picture."
            )
        return self._styled(latent)

    def _small_maps(
        self, label_maps: LabelMaps | None, count: int
    ) -> UInt8[np.ndarray, "photos size size"]:
        """Check label maps, and pick one pixel of each square of larger ones."""
        if label_maps is None:
            raise EditError(f"The method {self.name} needs the map of parts of each photo.")
        size, parts = self.config.image_size, len(self.config.parts)
        length = label_maps.shape[-1]
        if label_maps.shape != (count, length, length) or length % size or not length:
            raise EditError(
                f"Maps of parts must have the shape ({count}, {size}, {size}), or be larger by a "
                f"whole factor, got {label_maps.shape}."
            )
        if label_maps.max() >= parts:
            raise EditError(
                f"A map of parts holds the number {label_maps.max()}, but the model knows {parts} "
                f"parts: {', '.join(self.config.parts)}."
            )
        factor = length // size
        return np.array(label_maps[:, factor // 2 :: factor, factor // 2 :: factor])


def _tensors(latent: Latent) -> dict[str, Tensor]:
    """Copy arrays, which may be read-only or reversed; `Latent.on_cpu` makes floats of numbers."""
    kinds = {name: np.uint8 if name == LABEL_MAP else np.float32 for name in latent.arrays}
    arrays = latent.arrays.items()
    return {name: torch.from_numpy(np.array(array, dtype=kinds[name])) for name, array in arrays}


def _latent(tensors: Mapping[str, Tensor]) -> Latent:
    return Latent({name: tensor.numpy() for name, tensor in tensors.items()})

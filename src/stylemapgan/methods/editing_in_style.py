"""Editing in Style: take over the style of those channels that show one part of the picture.

In the backbone a style has no positions: it scales a channel everywhere. But a channel may be
active in one part of pictures only, such as the eyes, and then its scale is the scale of the eyes.
The method finds out which channels show which part, without labels and without training:

1. *Parts.* Generate many pictures. Each position of a middle layer has a vector of activations.
   Spherical k-means groups these vectors: positions of one group show the same part. Membership
   U[k] of a part is 1 at its positions and 0 elsewhere.
2. *Channels.* Let A_c be the activations of channel c of any layer, normalised to mean 0 and
   variance 1. The channel's share in part k is

       M[k, c] = mean over pictures and positions of A_c^2 U[k]

   Shares of all parts add up to the variance, so M is from 0 to 1, and 1 - M[k, c] is what the
   channel does elsewhere.
3. *Edit* of part k. Scales go from the source's towards the reference's,

       scale_c <- scale_c + q_c (reference's scale_c - scale_c),   0 <= q_c <= 1,

   where q does most for the part while it does little elsewhere: it maximises sum q_c M[k, c]
   under sum q_c (1 - M[k, c]) <= epsilon. Channels in the order of falling M solve that: take each
   one whole until epsilon is used up. Those with M <= rho are never taken.

There is no mask in that. To compare it with methods that have one, a mask chooses the parts that
lie under it. And the other way round, parts are masks: `segment` gives those of photos.

Source: Collins, Bala, Price and Süsstrunk, "Editing in Style: Uncovering the Local Semantics of
GANs", CVPR 2020 (arXiv 2004.14367).
"""

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import ClassVar, final

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from stylemapgan.checkpoints.method_file import MethodCheckpoint
from stylemapgan.config import VectorConfig
from stylemapgan.config.ranges import STRENGTH
from stylemapgan.editing import operations
from stylemapgan.editing.checks import refuse_unequal_batches
from stylemapgan.editing.edit import Edit
from stylemapgan.errors import EditError
from stylemapgan.images.levels import batch_for
from stylemapgan.methods.abstract import Capabilities, LabelMaps, Latent
from stylemapgan.methods.backbone import Style, VectorEncoder, mean_w_plus
from stylemapgan.methods.backbone.opening import Backbone, open_backbone
from stylemapgan.methods.backbone.placed_parts import PlacedPart, placed_parts
from stylemapgan.methods.latent_method import AbstractLatentMethod, Tensors
from stylemapgan.methods.spherical_k_means import spherical_k_means
from stylemapgan.methods.style_catalogue import (
    Activations,
    Catalogue,
    EditingInStyleSettings,
    Membership,
    channel_energies,
    channel_shares,
    choose_channels,
    layer_of,
    membership,
    parts_under,
)
from stylemapgan.types import Images

SCALES, SHIFTS = "scales", "shifts"
MOST_AT_ONCE = 8
"""Pictures of up to 128 pixels that the catalogue generates at once."""


@final
class EditingInStyle(AbstractLatentMethod[VectorEncoder]):
    """Encodes photos in one pass as scales and shifts, and edits the scales of single channels.

    Scales and shifts are affine in style vectors, so walks between them, and to their mean, are
    those between style vectors.

    Shifts stay the source's, as in the paper: a shift changes its channel by the same amount
    everywhere, which M says nothing about.
    """

    name: ClassVar[str] = "editing-in-style"
    about: ClassVar[str] = (
        "Editing in Style (Collins et al., CVPR 2020): takes over the scales of those channels "
        "that are active in a part of the picture."
    )
    capabilities: ClassVar[Capabilities] = Capabilities(
        reconstructs=True,
        generates=True,
        interpolates=True,
        edits_by_mask=True,
        edits_by_part=True,
    )
    method: ClassVar[str] = "backbone"
    parts: ClassVar[tuple[str, ...]] = (SCALES, SHIFTS)

    def __init__(self, backbone: Backbone, settings: EditingInStyleSettings) -> None:
        super().__init__(backbone.config, backbone.generator, backbone.encoder)
        self.settings = settings
        self._noise = backbone.noise()
        self._on_steps: Callable[[int, int], None] | None = None

    @classmethod
    def open(
        cls, checkpoint: MethodCheckpoint, settings: EditingInStyleSettings | None = None
    ) -> "EditingInStyle":
        """Build the networks of a backbone's model file."""
        return cls(open_backbone(checkpoint), settings or EditingInStyleSettings())

    @staticmethod
    def encoder_of(config: VectorConfig) -> VectorEncoder:
        """Build the backbone's encoder."""
        return VectorEncoder(config)

    def watch(self, on_steps: Callable[[int, int], None]) -> None:
        """Report the pictures that the catalogue has gone through."""
        self._on_steps = on_steps

    def edit(self, source: Latent, edit: Edit) -> Latent:
        """Edit those parts that lie under masks, at the mask's strength."""
        if edit.pushes:
            self._refuse("moves_along_directions")
        source, parts = placed_parts(source, edit, self.image_size, self)
        for part in parts:
            strength, chosen = self._parts_under(source, part)
            source = self._borrow(source, part.reference, chosen, strength)
        return source

    def edit_parts(
        self, source: Latent, reference: Latent, numbers: Sequence[int], strength: float = 1.0
    ) -> Latent:
        """Edit parts by their numbers: the paper's edit.

        Args:
            source: Photos to edit.
            reference: Photos to take the parts of; one, or as many as there are sources.
            numbers: Parts, from 0, as `segment` numbers them.
            strength: 0 keeps the source, 1 edits, between mixes.

        Raises:
            EditError: There is no such part, the strength is out of its range, or batches do not
                fit.
        """
        STRENGTH.refuse(strength, EditError)
        refuse_unequal_batches(source, reference)
        count = len(self.catalogue.centres)
        if not all(0 <= number < count for number in numbers):
            raise EditError(f"Parts are numbered from 0 to {count - 1}, got {list(numbers)}.")
        chosen = torch.zeros(1, count, dtype=torch.bool)
        chosen[:, list(numbers)] = True
        return self._borrow(source, reference, chosen, torch.tensor([float(strength)]))

    def segment(self, images: Images) -> LabelMaps:
        """Number the part that each pixel of photos shows.

        Args:
            images: Photos of the model's size, or a whole multiple of it.

        Returns:
            Numbers from 0 to the number of parts - 1, as large as the photos.
        """
        return self._numbers(self.encode(images), images.shape[-1])

    @property
    def part_count(self) -> int:
        """The number of parts."""
        return self.settings.parts

    def number_parts(self, latent: Latent) -> LabelMaps:
        """Number the part that each pixel of encoded photos shows, at the model's size."""
        return self._numbers(latent, self.image_size)

    @cached_property
    def catalogue(self) -> Catalogue:
        """Parts and channels; found when first needed, always the same for one model."""
        settings, synthesis = self.settings, self.generator.synthesis
        layer = layer_of(self.config, settings.positions)
        latent = self.truncate(self.sample(settings.pictures, settings.seed), settings.psi)
        with torch.inference_mode():
            grouped = [self._activations(each, layer) for each in self._batches(latent, 0)]
            vectors = torch.cat(grouped).movedim(1, -1).flatten(0, -2)
            randomness = torch.Generator().manual_seed(settings.seed)
            centres = spherical_k_means(vectors, settings.parts, randomness)
            energies = torch.zeros(settings.parts, latent.arrays[SCALES].shape[1])
            for own, each in zip(grouped, self._batches(latent, 1), strict=True):
                activations = synthesis.activations(self._styles(each), self._noise)
                energies += channel_energies(activations, membership(own, centres))
        return Catalogue(layer, centres, channel_shares(energies))

    def _encode(self, photos: Float[Tensor, "batch 3 height width"]) -> Tensors:
        return self._styles_of(self.encoder(photos))

    def _decode(self, latent: Tensors) -> Float[Tensor, "batch 3 height width"]:
        return self.generator.synthesis.image_of(self._split(latent), self._noise)

    def _draw(self, z: Float[Tensor, "batch z"]) -> Tensors:
        return self._styles_of(self.generator.mapping(z))

    def _pull(self, latent: Tensors, psi: float) -> Tensors:
        mean = self._styles_of(mean_w_plus(self.generator.mapping))
        return {name: mean[name] + psi * (latent[name] - mean[name]) for name in latent}

    def _borrow(
        self,
        source: Latent,
        reference: Latent,
        chosen: Bool[Tensor, "edits parts"],
        strength: Float[Tensor, " edits"],
    ) -> Latent:
        """Take over the scales of the channels that show the chosen parts.

        Several parts are one: their memberships add up, so their shares in a channel do.
        """
        shares = chosen.float() @ self.catalogue.shares  # (edits, channels)
        q = strength[:, None] * choose_channels(shares, self.settings.epsilon, self.settings.rho)
        ours, theirs = self._tensors(source), self._tensors(reference)
        scales = torch.lerp(ours[SCALES], theirs[SCALES], q)
        return Latent({SCALES: scales.numpy(), SHIFTS: ours[SHIFTS].expand_as(scales).numpy()})

    def _parts_under(
        self, source: Latent, part: PlacedPart
    ) -> tuple[Float[Tensor, " edits"], Bool[Tensor, "edits parts"]]:
        """Find the strength of each edit, and the parts under its mask."""
        strength = part.mask.max(axis=(1, 2, 3))
        mask = part.mask / np.where(strength > 0, strength, 1)[:, None, None, None]
        down, right = part.shift
        masks = mask, operations.move(mask, (-down, -right))  # the reference's lies where it was
        memberships = self._membership(source), self._membership(part.reference)
        chosen = parts_under([torch.from_numpy(each) for each in masks], memberships)
        return torch.from_numpy(strength), chosen

    def _numbers(self, latent: Latent, size: int) -> LabelMaps:
        """Number the part at each position of the layer they are found in, and enlarge that."""
        numbers = self._membership(latent).argmax(dim=1).numpy().astype(np.uint8)
        factor = size // numbers.shape[-1]
        return numbers.repeat(factor, axis=1).repeat(factor, axis=2)

    def _membership(self, latent: Latent) -> Membership:
        catalogue = self.catalogue
        with torch.inference_mode():
            return membership(self._activations(latent, catalogue.layer), catalogue.centres)

    def _activations(self, latent: Latent, layer: int) -> Activations:
        """Compute the activations after one layer."""
        synthesis, styles = self.generator.synthesis, self._styles(latent)
        features = synthesis.start(len(latent))
        for number in range(layer + 1):
            features = synthesis.through_layer(number, features, styles[number], self._noise)
        return features

    def _batches(self, latent: Latent, before: int) -> Iterator[Latent]:
        """Cut the catalogue's pictures into batches; report those that are done.

        Args:
            latent: All pictures.
            before: How often all of them were gone through before; twice in all.
        """
        count, size = len(latent), batch_for(self.image_size, MOST_AT_ONCE)
        for start in range(0, count, size):
            yield latent[start : start + size]
            if self._on_steps:
                self._on_steps(before * count + min(start + size, count), 2 * count)

    def _styles_of(self, w_plus: Float[Tensor, "batch layers style"]) -> Tensors:
        """Compute scales and shifts; channels of all layers in a row."""
        styles = self.generator.synthesis.styles(w_plus)
        kinds = zip(*styles, strict=True)
        rows = [torch.cat([each.flatten(1) for each in kind], dim=1) for kind in kinds]
        return dict(zip(self.parts, rows, strict=True))

    def _styles(self, latent: Latent) -> list[Style]:
        return self._split(self._tensors(latent))

    def _split(self, latent: Tensors) -> list[Style]:
        """Cut scales and shifts into those of each layer."""
        widths = [width for width in self.config.generator_widths for _ in range(2)]
        scales, shifts = (
            latent[name][:, :, None, None].split(widths, dim=1) for name in self.parts
        )
        return [Style(*pair) for pair in zip(scales, shifts, strict=True)]

"""Where the parts of a picture are, as judged by a network that learned it from maps of parts.

A small fully convolutional network learns from training photos whose maps of parts are known, by
the protocol of `metrics/learning.py`; a quarter of the batches is blurred, as in
`metrics/attributes.py`. It sees 64x64 pixels and names the part of each. Parts weigh as the square
root of their area, or small ones such as eyes would be left for last.

Coarse results joined with fine ones: Ronneberger et al., "U-Net", MICCAI 2015.
"""

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float, Float32, Int, UInt8
from torch import Tensor, nn

from stylemapgan.data import PhotoSet
from stylemapgan.evaluation.judges.learning import (
    LearningConfig,
    OnProgress,
    block,
    blurred_at_times,
    from_levels,
    judged_batches,
    learn,
    unheard,
    unpack_photos,
)
from stylemapgan.types import Images

LEARNING = LearningConfig(pictures_seen=16_000, most_photos=8_000, batch_size=16)
"""The protocol's numbers."""
WIDTHS = (24, 32, 48)
"""Channels at a half, a quarter and an eighth of the resolution."""

Maps = UInt8[np.ndarray, "pictures rows columns"]
"""Number of the part that each pixel shows."""


class PartNetwork(nn.Module):
    """Down to an eighth of the resolution and up again."""

    def __init__(self, kinds: int, randomness: torch.Generator) -> None:
        super().__init__()
        self.kinds = kinds
        fine, middle, coarse = WIDTHS
        self.fine = block(3, fine, 2, randomness)
        self.middle = block(fine, middle, 2, randomness)
        self.coarse = nn.Sequential(
            block(middle, coarse, 2, randomness), block(coarse, coarse, 1, randomness)
        )
        self.to_middle = block(coarse + middle, middle, 1, randomness)
        self.to_fine = block(middle + fine, fine, 1, randomness)
        to_kinds = nn.Conv2d(fine, 4 * kinds, 1)
        for value in to_kinds.parameters():
            nn.init.zeros_(value)
        self.to_logits = nn.Sequential(to_kinds, nn.PixelShuffle(2))

    def forward(
        self, images: Float[Tensor, "batch 3 side side"]
    ) -> Float[Tensor, "batch kinds side side"]:
        fine = self.fine(images)  # (batch, channels, side / 2, side / 2)
        middle = self.middle(fine)
        coarse = self.coarse(middle)
        middle = self.to_middle(torch.cat([_doubled(coarse), middle], dim=1))
        fine = self.to_fine(torch.cat([_doubled(middle), fine], dim=1))
        return self.to_logits(fine)


@dataclass(frozen=True, eq=False)
class PartSegmenter:
    """A trained network that finds parts."""

    network: PartNetwork
    side: int
    """Height and width at which pictures are judged, in pixels."""

    @property
    def device(self) -> torch.device:
        """Where it computes."""
        return next(self.network.parameters()).device

    @torch.inference_mode()
    def segment(self, images: Images) -> Maps:
        """Name the part that each pixel shows most likely, at the size the network sees."""
        maps = [
            self.network(batch).argmax(dim=1).to(torch.uint8)
            for batch in judged_batches(images, self.side, self.device)
        ]
        return torch.cat(maps).cpu().numpy()


def new_segmenter(
    kinds: int, settings: LearningConfig = LEARNING, device: str | torch.device = "cpu"
) -> PartSegmenter:
    """Make a segmenter of so many parts that knows nothing yet."""
    network = PartNetwork(kinds, torch.Generator().manual_seed(settings.seed))
    return PartSegmenter(network.to(device), settings.side)


def teach_parts(
    segmenter: PartSegmenter,
    photos: PhotoSet,
    maps: Maps,
    settings: LearningConfig = LEARNING,
    on_progress: OnProgress = unheard,
) -> None:
    """Teach a new segmenter where parts are.

    The same machine and number of threads give the same network.

    Args:
        segmenter: Changed in place.
        photos: Those of `settings.rows_of` are learned from.
        maps: Of these photos, in their order.
        settings: The protocol's numbers.
        on_progress: Told how far it is.
    """
    chosen, device = settings.rows_of(photos), segmenter.device
    pictures = unpack_photos(photos, chosen, settings.side).to(device)
    parts = torch.from_numpy(bring_maps_to(maps, settings.side)).to(device)
    weights = _weights(parts, segmenter.network.kinds)
    randomness = torch.Generator().manual_seed(settings.seed)

    def loss_of(rows: Tensor) -> Tensor:
        rows = rows.to(device)
        images = blurred_at_times(from_levels(pictures[rows]), randomness)
        return F.cross_entropy(segmenter.network(images), parts[rows].long(), weights)

    learn(segmenter.network, len(chosen), loss_of, settings, on_progress)


def bring_maps_to(maps: Maps, side: int) -> UInt8[np.ndarray, "pictures side side"]:
    """Shrink or enlarge maps of parts: each pixel takes the part at its middle."""
    tensor = torch.from_numpy(np.array(maps))[:, None]  # a copy, for some arrays are read-only
    return F.interpolate(tensor, (side, side), mode="nearest-exact")[:, 0].numpy()


def where_is(
    part: int | Int[np.ndarray, " pictures"], maps: Maps
) -> Float32[np.ndarray, "pictures 1 rows columns"]:
    """Cut a part out of maps, the same of all or another of each: 1 there, else 0."""
    numbers = np.reshape(part, (-1, 1, 1, 1))
    return (maps[:, None] == numbers).astype(np.float32)


def _weights(parts: UInt8[Tensor, "photos side side"], kinds: int) -> Float[Tensor, " kinds"]:
    """Let a pixel weigh the less the more there are of its part."""
    pixels = torch.bincount(parts.flatten(), minlength=kinds).clamp(min=1)
    return (parts.numel() / (kinds * pixels.float())).sqrt()


def _doubled(features: Tensor) -> Tensor:
    return F.interpolate(features, scale_factor=2.0, mode="nearest")

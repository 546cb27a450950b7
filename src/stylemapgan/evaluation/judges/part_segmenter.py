"""Where the parts of a picture are, as judged by a network trained on maps of parts.

A small fully convolutional network is trained on training photos whose maps of parts are known, by
the protocol of `small_networks`; a quarter of the batches is blurred, as for `attributes`. It sees
64x64 pixels and names the part of each. The loss of a part is weighted by the inverse square root
of its area, so that small parts such as eyes are learned too.

Coarse results joined with fine ones: Ronneberger et al., "U-Net", MICCAI 2015.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float, Float32, Int, UInt8
from torch import Tensor, nn

from stylemapgan.data import PhotoSet
from stylemapgan.data.label_maps import map_file, read_part_map
from stylemapgan.errors import DataError
from stylemapgan.evaluation.context import EvaluationContext
from stylemapgan.evaluation.data import TRAINING, TestData
from stylemapgan.evaluation.findings import Figure, share_figure
from stylemapgan.evaluation.judges.small_networks import (
    OnProgress,
    TrainingProtocol,
    block,
    from_levels,
    judged_batches,
    silent,
    sometimes_blurred,
    train,
    train_or_load,
    training_photos,
    unpack_photos,
)
from stylemapgan.metrics.edit_errors import Shares, join, part_overlap
from stylemapgan.types import Images

PROTOCOL = TrainingProtocol(pictures_seen=16_000, most_photos=8_000, batch_size=16)
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
        """Predict the part that each pixel shows, at the size that the network sees."""
        maps = [
            self.network(batch).argmax(dim=1).to(torch.uint8)
            for batch in judged_batches(images, self.side, self.device)
        ]
        return torch.cat(maps).cpu().numpy()


def new_segmenter(
    kinds: int, config: TrainingProtocol = PROTOCOL, device: str | torch.device = "cpu"
) -> PartSegmenter:
    """Make an untrained segmenter for some number of parts."""
    network = PartNetwork(kinds, torch.Generator().manual_seed(config.seed))
    return PartSegmenter(network.to(device), config.side)


def train_segmenter(
    segmenter: PartSegmenter,
    photos: PhotoSet,
    maps: Maps,
    config: TrainingProtocol = PROTOCOL,
    on_progress: OnProgress = silent,
) -> None:
    """Train a new segmenter.

    The same machine and number of threads give the same network.

    Args:
        segmenter: Changed in place.
        photos: Those of `config.rows_of` are used.
        maps: Of these photos, in their order.
        config: The protocol's numbers.
        on_progress: Called after each step.
    """
    chosen, device = config.rows_of(photos), segmenter.device
    pictures = unpack_photos(photos, chosen, config.side).to(device)
    parts = torch.from_numpy(resized_maps(maps, config.side)).to(device)
    weights = _weights(parts, segmenter.network.kinds)
    randomness = torch.Generator().manual_seed(config.seed)

    def loss_of(rows: Tensor) -> Tensor:
        rows = rows.to(device)
        images = sometimes_blurred(from_levels(pictures[rows]), randomness)
        return F.cross_entropy(segmenter.network(images), parts[rows].long(), weights)

    train(segmenter.network, len(chosen), loss_of, config, on_progress)


def resized_maps(maps: Maps, side: int) -> UInt8[np.ndarray, "pictures side side"]:
    """Resize maps of parts: each pixel takes the part at its middle."""
    tensor = torch.from_numpy(np.array(maps))[:, None]  # a copy, for some arrays are read-only
    return F.interpolate(tensor, (side, side), mode="nearest-exact")[:, 0].numpy()


def where_is(
    part: int | Int[np.ndarray, " pictures"], maps: Maps
) -> Float32[np.ndarray, "pictures 1 rows columns"]:
    """Make masks of a part, the same for all maps or one for each: 1 there, else 0."""
    numbers = np.reshape(part, (-1, 1, 1, 1))
    return (maps[:, None] == numbers).astype(np.float32)


@dataclass(frozen=True, eq=False)
class PartJudge:
    """A segmenter, and its overlap with the true maps of the test photos."""

    segmenter: PartSegmenter
    overlaps: Mapping[str, Shares]
    """Part → what each test photo contributes to the IoU with the true map."""

    def figures(self, context: EvaluationContext) -> tuple[Figure, ...]:
        """Compute how well it finds the parts of test photos."""
        return tuple(
            share_figure(
                shares,
                context.data.names,
                context.bootstrap,
                name="judge-iou",
                title="Judge's own IoU",
                about="IoU of a part as the network that judges parts finds it in the test photos "
                "with the part in their true maps, over the whole set.",
                variant=part,
            )
            for part, shares in self.overlaps.items()
            if shares.denominators.sum() > 0 and len(context.data) > 1
        )


def part_obstacle(data: TestData) -> str | None:
    """Say in one sentence why parts cannot be judged; None if they can."""
    if not data.part_names or data.training is None or not _maps_folder(data).is_dir():
        return f"It needs maps of parts of test and training photos, such as {_maps_folder(data)}/."
    return None


def part_judge(context: EvaluationContext, config: TrainingProtocol = PROTOCOL) -> PartJudge:
    """Train a judge of parts, or load it; only where there is no obstacle."""
    config = replace(config, seed=context.config.seed)
    data, photos = context.data, training_photos(context.data)
    segmenter = new_segmenter(len(data.part_names), config, context.device)
    files = [_map_file(data, photos.names[row]) for row in config.rows_of(photos)]

    def train_it(on_progress: OnProgress) -> None:
        maps = np.concatenate([_read_map(path, config.side) for path in files])
        train_segmenter(segmenter, photos, maps, config, on_progress)

    known = f"{len(data.part_names)} parts {_digest(files)}"
    train_or_load(context, segmenter.network, known, config, train_it)
    return PartJudge(segmenter, _overlaps(context, segmenter))


def _overlaps(context: EvaluationContext, segmenter: PartSegmenter) -> Mapping[str, Shares]:
    """Compare the parts that a segmenter finds in test photos with their maps."""
    data = context.data
    found: dict[str, list[Shares]] = {part: [] for part in data.part_names}
    for rows in context.batches(len(data), "judging parts of photos"):
        found_maps = segmenter.segment(data.images(rows))
        known = resized_maps(data.part_maps(rows), segmenter.side)
        for number, part in enumerate(data.part_names):
            found[part].append(part_overlap(where_is(number, found_maps), where_is(number, known)))
    return {part: join(shares) for part, shares in found.items()}


def _maps_folder(data: TestData) -> Path:
    return data.folder / "labels" / TRAINING


def _map_file(data: TestData, name: str) -> Path:
    """Find the map of a training photo.

    Raises:
        DataError: There is none.
    """
    path = map_file(data.folder, TRAINING, name)
    if not path.is_file():
        raise DataError(f"There is no map of parts at {path}: each training photo needs one.")
    return path


def _read_map(path: Path, side: int) -> Maps:
    """Read one map."""
    return resized_maps(read_part_map(path)[None], side)


def _digest(files: list[Path]) -> str:
    """Hash the bytes of the maps' files, which is much faster than decoding them."""
    digest = hashlib.sha256()
    for path in files:
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _weights(parts: UInt8[Tensor, "photos side side"], kinds: int) -> Float[Tensor, " kinds"]:
    """Weigh a pixel by the inverse square root of its part's area."""
    pixels = torch.bincount(parts.flatten(), minlength=kinds).clamp(min=1)
    return (parts.numel() / (kinds * pixels.float())).sqrt()


def _doubled(features: Tensor) -> Tensor:
    return F.interpolate(features, scale_factor=2.0, mode="nearest")

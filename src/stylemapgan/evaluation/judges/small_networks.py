"""Small networks that evaluation trains on labelled training photos, to judge pictures.

The protocol, which makes figures comparable: a fixed number of pictures seen, in one random order
after another; Adam with a learning rate that falls linearly to 0; the network of the last step.
Nothing is selected by looking at test photos, and the accuracy of a network on them is reported
beside every figure made with it.

Each network is trained once for each data set and then kept in the cache. An entry is named after
the training photos, their labels, the protocol's numbers and the kind of device. `VERSION` goes up
when a network changes: the same weights in another network would judge differently.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float, Float32, Int, UInt8
from torch import Tensor, nn

from stylemapgan.data import PhotoSet, spread_rows
from stylemapgan.errors import ConfigError, DataError
from stylemapgan.evaluation.cache import photos_key
from stylemapgan.evaluation.context import EvaluationContext
from stylemapgan.evaluation.data import TestData
from stylemapgan.images.levels import to_numpy
from stylemapgan.types import Images

VERSION = 1
OnProgress = Callable[[int, int], None]
"""Called with the number of pictures seen, and of all to be seen."""
LossOf = Callable[[Int[Tensor, " batch"]], Float[Tensor, ""]]
"""Computes the mean loss on the photos of some rows."""
BLURRED_SHARE = 0.25
"""Share of the training batches that is blurred."""
AT_ONCE = 256
"""Photos unpacked, or pictures judged, at once."""


@dataclass(frozen=True, kw_only=True)
class TrainingProtocol:
    """How a network is trained; part of the definition of its figures."""

    pictures_seen: int
    """Training pictures that the network sees at most."""
    passes: int = 20
    """How often it sees each photo at most."""
    most_photos: int = 16_000
    """Training photos at most, spread evenly over all."""
    batch_size: int = 32
    """Pictures in a step."""
    learning_rate: float = 3e-3
    """Adam's, at the start."""
    side: int = 64
    """Height and width that pictures are resized to first, in pixels."""
    seed: int = 0
    """Everything random follows from it."""

    def __post_init__(self) -> None:
        if self.batch_size < 2 or self.pictures_seen < self.batch_size:
            raise ConfigError(
                "Training a network takes at least one step of at least 2 pictures, got "
                f"{self.batch_size} pictures a step and {self.pictures_seen} in all."
            )

    def steps(self, photos: int) -> int:
        """Count the updates of a network that is trained on some photos."""
        return max(min(self.pictures_seen, self.passes * photos) // self.batch_size, 1)

    def rows_of(self, photos: PhotoSet) -> Int[np.ndarray, " photos"]:
        """Choose the photos to train on."""
        return spread_rows(len(photos), self.most_photos)


def silent(done: int, total: int) -> None:
    """Ignore progress."""


def train(
    network: nn.Module,
    count: int,
    loss_of: LossOf,
    config: TrainingProtocol,
    on_progress: OnProgress,
) -> None:
    """Train a network on the device where it is.

    Args:
        network: Changed in place; in evaluation mode afterwards.
        count: Photos to train on.
        loss_of: Computes the mean loss of the network on the photos of some rows.
        config: The protocol's numbers.
        on_progress: Called after each step.
    """
    network.train()
    _lay_out(network, torch.channels_last)  # a sixth faster on a CPU
    optimizer = torch.optim.Adam(network.parameters(), lr=config.learning_rate)
    steps = config.steps(count)
    schedule = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 1 / steps, total_iters=steps)
    for done, rows in enumerate(_batches(count, config), start=1):
        loss = loss_of(rows)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        on_progress(done * config.batch_size, steps * config.batch_size)
    network.eval()
    _lay_out(network, torch.contiguous_format)  # as one loaded from the cache


def block(into: int, out: int, stride: int, randomness: torch.Generator) -> nn.Sequential:
    """Build a 3x3 convolution with batch normalisation; a stride of 2 halves the resolution."""
    convolution = nn.Conv2d(into, out, 3, stride, padding=1, bias=False)
    nn.init.kaiming_normal_(convolution.weight, generator=randomness)
    return nn.Sequential(convolution, nn.BatchNorm2d(out), nn.ReLU())


def unpack_photos(
    photos: PhotoSet, rows: Int[np.ndarray, " rows"], side: int
) -> UInt8[Tensor, "rows 3 side side"]:
    """Resize photos for training; as bytes, so that all fit into memory."""
    parts = [
        to_levels(resized(torch.from_numpy(photos.take(rows[start : start + AT_ONCE])), side))
        for start in range(0, len(rows), AT_ONCE)
    ]
    return torch.cat(parts)


def to_levels(images: Float[Tensor, "*shape"]) -> UInt8[Tensor, "*shape"]:
    """Round pictures in [-1, 1] to bytes."""
    return ((images + 1) * 127.5).round().clamp(0, 255).to(torch.uint8)


def from_levels(levels: UInt8[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    """Turn bytes into pictures in [-1, 1]."""
    return levels.float() / 127.5 - 1


def resized(
    images: Float[Tensor, "batch 3 height width"], side: int
) -> Float[Tensor, "batch 3 side side"]:
    """Resize pictures; a pixel of a smaller picture is a weighted mean of all that it covers."""
    if images.shape[-2:] == (side, side):
        return images
    return F.interpolate(images, (side, side), mode="bilinear", antialias=True)


def judged_batches(
    images: Images, side: int, device: str | torch.device
) -> Iterator[Float[Tensor, "batch 3 side side"]]:
    """Cut pictures into batches and round them to bytes, like training pictures."""
    for start in range(0, len(images), AT_ONCE):
        batch = torch.from_numpy(to_numpy(images[start : start + AT_ONCE])).to(device)
        yield from_levels(to_levels(resized(batch, side)))


def sometimes_blurred(
    images: Float[Tensor, "batch 3 side side"], randomness: torch.Generator
) -> Float[Tensor, "batch 3 side side"]:
    """Blur a quarter of the batches: decoded pictures are slightly softer than photos."""
    if float(torch.rand(1, generator=randomness)) >= BLURRED_SHARE:
        return images
    return F.avg_pool2d(F.pad(images, (1, 1, 1, 1), mode="replicate"), 3, stride=1)


def pack(network: nn.Module) -> Float32[np.ndarray, " numbers"]:
    """Concatenate all trained values of a network into one row, for the cache."""
    return np.concatenate([value.cpu().numpy().ravel() for value in _trained_values(network)])


def unpack(network: nn.Module, numbers: Float32[np.ndarray, " numbers"]) -> None:
    """Load trained values into a network of the same shape; sets evaluation mode."""
    start = 0
    with torch.no_grad():
        for value in _trained_values(network):
            row = torch.from_numpy(numbers[start : start + value.numel()].copy())
            value.copy_(row.view(value.shape))
            start += value.numel()
    network.eval()


def training_photos(data: TestData) -> PhotoSet:
    """Get the photos to train on.

    Raises:
        DataError: There are none.
    """
    if data.training is None:
        raise DataError(f"There is no folder train/ in {data.folder} to train judges on.")
    return data.training


def train_or_load(
    context: EvaluationContext,
    network: nn.Module,
    known: str,
    config: TrainingProtocol,
    train_it: Callable[[OnProgress], None],
) -> None:
    """Load a network that an earlier evaluation trained, or train it now.

    Args:
        context: Whose data it is trained on, and whose cache keeps it.
        network: New; changed in place.
        known: Tells apart what is learned, and from which labels.
        config: The protocol's numbers.
        train_it: Trains the network; called only if the cache does not hold it.
    """
    key = {
        "learned": known,
        "version": VERSION,
        "photos": photos_key(training_photos(context.data)),
        "settings": json.dumps(asdict(config), sort_keys=True),
        "device": torch.device(context.device).type,
    }

    def show(done: int, total: int) -> None:
        context.on_progress("training a judge", done, total)

    def make() -> np.ndarray:
        train_it(show)
        return pack(network)

    unpack(network, context.cache.features(key, make))


def _lay_out(network: nn.Module, layout: torch.memory_format) -> None:
    network.to(memory_format=layout)  # pyright: ignore[reportCallIssue]


def _trained_values(network: nn.Module) -> list[Tensor]:
    """List weights and running statistics, without the count of batches."""
    return [value for value in network.state_dict().values() if value.is_floating_point()]


def _batches(count: int, config: TrainingProtocol) -> Iterator[Int[Tensor, " batch"]]:
    """Choose the photos of each step: all in random order, then in another one."""
    randomness = torch.Generator().manual_seed(config.seed)
    steps = config.steps(count)
    needed = steps * config.batch_size
    orders = [torch.randperm(count, generator=randomness) for _ in range(-(-needed // count))]
    yield from torch.cat(orders)[:needed].view(steps, config.batch_size)

"""How evaluation trains small networks of its own, to judge pictures by what data says of photos.

The protocol, for figures to be comparable: a fixed number of pictures seen, in random orders one
after another; Adam with a learning rate that falls to 0 in a straight line; the network of the
last step, whatever the others were like. Nothing is chosen by looking at test photos, and how good
a network is on them stands beside every figure made with it.
"""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float, Float32, Int, UInt8
from torch import Tensor, nn

from stylemapgan.data import PhotoSet
from stylemapgan.errors import ConfigError
from stylemapgan.images.levels import to_numpy
from stylemapgan.types import Images

OnProgress = Callable[[int, int], None]
"""Told how many of how many pictures were seen."""
LossOf = Callable[[Int[Tensor, " batch"]], Float[Tensor, ""]]
"""Looks at the photos of some rows."""
BLURRED_SHARE = 0.25
"""Of the batches that networks learn from."""
AT_ONCE = 256
"""Photos unpacked, or pictures judged, at once."""


@dataclass(frozen=True, kw_only=True)
class LearningConfig:
    """How a network is trained; part of what its figures mean."""

    pictures_seen: int
    """Training pictures the network sees at most."""
    passes: int = 20
    """How often it sees each photo at most."""
    most_photos: int = 16_000
    """Photos learned from at most, spread evenly over all."""
    batch_size: int = 32
    """Pictures a step."""
    learning_rate: float = 3e-3
    """Adam's, at the start."""
    side: int = 64
    """Height and width that pictures are brought to first, in pixels."""
    seed: int = 0
    """Everything random follows from it."""

    def __post_init__(self) -> None:
        if self.batch_size < 2 or self.pictures_seen < self.batch_size:
            raise ConfigError(
                "A network needs at least 2 pictures a step and one step, "
                f"got {self.batch_size} a step and {self.pictures_seen} to be seen."
            )

    def steps(self, photos: int) -> int:
        """Say how often a network is updated that learns from so many photos."""
        return max(min(self.pictures_seen, self.passes * photos) // self.batch_size, 1)

    def rows_of(self, photos: PhotoSet) -> Int[np.ndarray, " photos"]:
        """Say which photos are learned from."""
        count = min(len(photos), self.most_photos)
        return np.linspace(0, len(photos) - 1, count).round().astype(np.int64)

    def told(self) -> dict[str, int | float]:
        """List all settings, for keys of caches."""
        return asdict(self)


def unheard(done: int, total: int) -> None:
    """Tell nobody."""


def learn(
    network: nn.Module,
    count: int,
    loss_of: LossOf,
    settings: LearningConfig,
    on_progress: OnProgress,
) -> None:
    """Train a network where it is.

    Args:
        network: Changed in place; ready to judge afterwards.
        count: Photos there are to learn from.
        loss_of: Gives the mean loss of the network on the photos of some rows.
        settings: The protocol's numbers.
        on_progress: Told how far it is.
    """
    network.train()
    _lay_out(network, torch.channels_last)  # a sixth faster on a CPU
    optimizer = torch.optim.Adam(network.parameters(), lr=settings.learning_rate)
    steps = settings.steps(count)
    schedule = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 1 / steps, total_iters=steps)
    for done, rows in enumerate(_batches(count, settings), start=1):
        loss = loss_of(rows)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        on_progress(done * settings.batch_size, steps * settings.batch_size)
    network.eval()
    _lay_out(network, torch.contiguous_format)  # as one whose numbers were remembered


def block(into: int, out: int, stride: int, randomness: torch.Generator) -> nn.Sequential:
    """Build a 3x3 convolution that may shrink, normalised over the batch."""
    convolution = nn.Conv2d(into, out, 3, stride, padding=1, bias=False)
    nn.init.kaiming_normal_(convolution.weight, generator=randomness)
    return nn.Sequential(convolution, nn.BatchNorm2d(out), nn.ReLU())


def unpack_photos(
    photos: PhotoSet, rows: Int[np.ndarray, " rows"], side: int
) -> UInt8[Tensor, "rows 3 side side"]:
    """Bring photos to the size networks learn at; as bytes, so that all fit into memory."""
    parts = [
        to_levels(bring_to(torch.from_numpy(photos.take(rows[start : start + AT_ONCE])), side))
        for start in range(0, len(rows), AT_ONCE)
    ]
    return torch.cat(parts)


def to_levels(images: Float[Tensor, "*shape"]) -> UInt8[Tensor, "*shape"]:
    """Round pictures in [-1, 1] to bytes."""
    return ((images + 1) * 127.5).round().clamp(0, 255).to(torch.uint8)


def from_levels(levels: UInt8[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    """Turn bytes into pictures in [-1, 1]."""
    return levels.float() / 127.5 - 1


def bring_to(
    images: Float[Tensor, "batch 3 height width"], side: int
) -> Float[Tensor, "batch 3 side side"]:
    """Shrink or enlarge pictures; a shrunk pixel is a weighted mean of all that it covers."""
    if images.shape[-2:] == (side, side):
        return images
    return F.interpolate(images, (side, side), mode="bilinear", antialias=True)


def judged_batches(
    images: Images, side: int, device: str | torch.device
) -> Iterator[Float[Tensor, "batch 3 side side"]]:
    """Cut pictures into batches and round them to bytes, as those learned from are."""
    for start in range(0, len(images), AT_ONCE):
        batch = torch.from_numpy(to_numpy(images[start : start + AT_ONCE])).to(device)
        yield from_levels(to_levels(bring_to(batch, side)))


def blurred_at_times(
    images: Float[Tensor, "batch 3 side side"], randomness: torch.Generator
) -> Float[Tensor, "batch 3 side side"]:
    """Blur a quarter of the batches: decoded pictures are a little softer than photos are."""
    if float(torch.rand(1, generator=randomness)) >= BLURRED_SHARE:
        return images
    return F.avg_pool2d(F.pad(images, (1, 1, 1, 1), mode="replicate"), 3, stride=1)


def pack(network: nn.Module) -> Float32[np.ndarray, " numbers"]:
    """Lay everything a network has learned out in one row, to be kept."""
    return np.concatenate([value.cpu().numpy().ravel() for value in _learned(network)])


def unpack(network: nn.Module, numbers: Float32[np.ndarray, " numbers"]) -> None:
    """Give a network of the same shape back what it had learned; it is ready to judge then."""
    start = 0
    with torch.no_grad():
        for value in _learned(network):
            row = torch.from_numpy(numbers[start : start + value.numel()].copy())
            value.copy_(row.view(value.shape))
            start += value.numel()
    network.eval()


def _lay_out(network: nn.Module, layout: torch.memory_format) -> None:
    network.to(memory_format=layout)  # pyright: ignore[reportCallIssue]


def _learned(network: nn.Module) -> list[Tensor]:
    """List weights and running statistics, but not how many batches were counted."""
    return [value for value in network.state_dict().values() if value.is_floating_point()]


def _batches(count: int, settings: LearningConfig) -> Iterator[Int[Tensor, " batch"]]:
    """Say which photos each step sees: all of them in random order, then in another one."""
    randomness = torch.Generator().manual_seed(settings.seed)
    steps = settings.steps(count)
    needed = steps * settings.batch_size
    orders = [torch.randperm(count, generator=randomness) for _ in range(-(-needed // count))]
    yield from torch.cat(orders)[:needed].view(steps, settings.batch_size)

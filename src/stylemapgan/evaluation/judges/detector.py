"""How easily edited pictures are told from photos: a detector is trained to do it.

The lower its average precision, the better the edits; at the share of edited pictures (one half,
where there are as many as photos) it can only guess. The protocol, for figures to be comparable:

* A small convolutional network learns from photos and edits of the same data. What it says counts
  only for pictures it never saw: cross-validation in five folds, and every picture is judged once.
* Folds are drawn by photo. A photo and all its edits are in one fold, so the network cannot
  know an edit by its background. (Who draws the reference of an edit from the same fold, with
  `folds_of`, keeps borrowed parts from being known, too.)
* All pictures are rounded to the 256 levels of a file first. Photos come as bytes; numbers between
  the levels would give every edit away.
* Training pictures are flipped left to right at random and shifted by up to four pixels. Adam with
  a learning rate that falls to 0 in a straight line, cross-entropy; a fixed number of pictures
  seen, and the network of the last step, whatever the others were like.
* Networks of different folds have different scales: scores are replaced by their rank inside
  their fold, as a share, before average precision is computed over all of them. Equal pictures are
  judged once and score the same; the last bits of a logit depend on its place in a batch.

The network is this project's own; the idea of average precision of a detector as a measure of
edits is that of Kim et al., CVPR 2021, who take the one of Wang et al., "CNN-generated images are
surprisingly easy to spot... for now", CVPR 2020.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Float64, Int, Int64
from torch import Tensor, nn

from stylemapgan.errors import ConfigError, DataError
from stylemapgan.images.levels import from_bytes, to_bytes
from stylemapgan.metrics.intervals import DEFAULT, Bootstrap, Estimate, statistic_interval
from stylemapgan.metrics.ranking import average_precision, identities, ranks, score_once
from stylemapgan.types import Array

LARGEST_SHIFT = 4
"""Pixels that a training picture moves at most, along each side."""


@dataclass(frozen=True, kw_only=True)
class DetectorConfig:
    """How detectors are trained; part of the figure's definition."""

    folds: int = 5
    """Networks that are trained; each judges the photos that the others learn from."""
    pictures_seen: int = 6_000
    """Training pictures each network sees, the same ones again and again."""
    batch_size: int = 32
    """Pictures a step."""
    learning_rate: float = 2e-3
    """Adam's, at the start."""
    widths: tuple[int, ...] = (16, 32, 64, 64)
    """Channels of the convolutions; each halves the resolution."""
    seed: int = 0
    """Everything random follows from it."""

    def __post_init__(self) -> None:
        if self.folds < 2:
            raise ConfigError(f"folds must be at least 2, got {self.folds}.")
        if self.batch_size < 2 or self.pictures_seen < self.batch_size:
            raise ConfigError(
                "A detector needs at least 2 pictures a step and one step, "
                f"got {self.batch_size} a step and {self.pictures_seen} to be seen."
            )

    @property
    def steps(self) -> int:
        """How often a network is updated."""
        return self.pictures_seen // self.batch_size


@dataclass(frozen=True, eq=False)
class Detection:
    """What the detectors said of every picture, photos first, then edits."""

    scores: Float64[np.ndarray, " pictures"]
    """Rank inside the fold, from 0 (surely a photo) to 1 (surely edited)."""
    is_edited: Bool[np.ndarray, " pictures"]
    photos: Int64[np.ndarray, " pictures"]
    """Which photo each picture is, or was made of."""

    @property
    def average_precision(self) -> float:
        """How well the detectors know edits: 1 always, `chance` not at all."""
        return average_precision(self.scores, self.is_edited)

    @property
    def chance(self) -> float:
        """Average precision of guessing: the share of edited pictures.

        Guesses about few pictures score a little more: 0.52 on average for 60 photos and 60 edits.
        """
        return float(self.is_edited.mean())

    def estimate(self, bootstrap: Bootstrap = DEFAULT) -> Estimate:
        """Estimate the average precision; photos are drawn anew, each with all its pictures.

        The interval is for other photos judged by these networks; training others is not in it.
        """
        rows_of = [np.flatnonzero(self.photos == photo) for photo in np.unique(self.photos)]

        def drawn(photos: Int64[np.ndarray, " photos"]) -> float:
            rows = np.concatenate([rows_of[photo] for photo in photos])
            return average_precision(self.scores[rows], self.is_edited[rows])

        return statistic_interval(drawn, len(rows_of), bootstrap)


class Detector(nn.Module):
    """Strided 3x3 convolutions, then the mean and the largest value of each channel.

    The mean tells pictures that are wrong all over, the largest value those with one wrong place.
    """

    def __init__(self, widths: Sequence[int], randomness: torch.Generator) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for into, out in zip((3, *widths), widths, strict=False):
            convolution = nn.Conv2d(into, out, 3, stride=2, padding=1, bias=False)
            nn.init.kaiming_normal_(convolution.weight, generator=randomness)
            layers += [convolution, nn.BatchNorm2d(out), nn.ReLU()]
        self.features = nn.Sequential(*layers)
        self.to_logit = nn.Linear(2 * widths[-1], 1)
        nn.init.zeros_(self.to_logit.weight)
        nn.init.zeros_(self.to_logit.bias)

    def forward(self, images: Float[Tensor, "batch 3 height width"]) -> Float[Tensor, " batch"]:
        features = self.features(images)
        pooled = torch.cat([features.mean(dim=(2, 3)), features.amax(dim=(2, 3))], dim=1)
        return self.to_logit(pooled)[:, 0]


def detect(
    real: Float[Array, "photos 3 height width"],
    edited: Float[Array, "edits 3 height width"],
    sources: Sequence[int] | Int64[np.ndarray, " edits"],
    settings: DetectorConfig | None = None,
    device: str | torch.device = "cpu",
) -> Detection:
    """Train detectors and let each judge the photos it never saw, and their edits.

    Args:
        real: Photos, as many as edits for a chance level of one half.
        edited: Edits of them; or any pictures to tell from photos, such as reconstructions.
        sources: Row of `real` that each edit was made of.
        settings: The protocol's numbers.
        device: Where to train. The same machine and number of threads give the same figures.

    Raises:
        DataError: There are fewer photos than folds, or sources that are no photos.
    """
    settings = settings or DetectorConfig()
    owners = np.concatenate([np.arange(len(real)), np.asarray(sources, dtype=np.int64)])
    if len(owners) != len(real) + len(edited) or not (owners < len(real)).all() or owners.min() < 0:
        raise DataError(
            f"Each of {len(edited)} edits needs the row of its photo, 0 to {len(real) - 1}, "
            f"got {len(owners) - len(real)} rows."
        )
    folds = folds_of(len(real), settings)[owners]
    levels = np.concatenate([to_bytes(pictures) for pictures in (real, edited)])
    same = identities(levels)
    pictures = torch.from_numpy(from_bytes(levels)).to(device)
    is_edited = np.arange(len(owners)) >= len(real)
    labels = torch.from_numpy(is_edited).float().to(device)
    scores = np.zeros(len(owners))
    for fold in range(settings.folds):
        judged = folds == fold
        learned = torch.from_numpy(~judged).to(device)
        network = _train(pictures[learned], labels[learned], settings, settings.seed + fold)
        unseen = pictures[torch.from_numpy(judged).to(device)]
        scores[judged] = ranks(_judge(network, unseen, same[judged], settings.batch_size))
    return Detection(scores, is_edited, owners)


def folds_of(photos: int, settings: DetectorConfig) -> Int64[np.ndarray, " photos"]:
    """Say which fold each photo is in; folds differ in size by one photo at most.

    Raises:
        DataError: There are fewer photos than folds.
    """
    if photos < settings.folds:
        raise DataError(
            f"{settings.folds} folds need at least as many photos, got {photos}: "
            "give more photos, or ask for fewer folds"
        )
    order = np.random.default_rng(settings.seed).permutation(photos)
    return order.astype(np.int64) % settings.folds


def _train(
    pictures: Float[Tensor, "pictures 3 height width"],
    labels: Float[Tensor, " pictures"],
    settings: DetectorConfig,
    seed: int,
) -> Detector:
    randomness = torch.Generator().manual_seed(seed)
    network = Detector(settings.widths, randomness).to(pictures.device)
    optimizer = torch.optim.Adam(network.parameters(), lr=settings.learning_rate)
    schedule = torch.optim.lr_scheduler.LinearLR(
        optimizer, 1.0, 1 / settings.steps, total_iters=settings.steps
    )
    for rows in _batches(len(pictures), settings, randomness).to(pictures.device):
        logits = network(_augmented(pictures[rows], randomness))
        loss = F.binary_cross_entropy_with_logits(logits, labels[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    return network.eval()


def _batches(
    count: int, settings: DetectorConfig, randomness: torch.Generator
) -> Int[Tensor, "steps pictures"]:
    """Say which pictures each step sees: all of them in random order, then in another one."""
    needed = settings.steps * settings.batch_size
    orders = [torch.randperm(count, generator=randomness) for _ in range(-(-needed // count))]
    return torch.cat(orders)[:needed].view(settings.steps, settings.batch_size)


def _augmented(
    images: Float[Tensor, "batch 3 height width"], randomness: torch.Generator
) -> Float[Tensor, "batch 3 height width"]:
    """Flip each picture or not, and shift the batch; what comes into view is mirrored."""
    flips = torch.rand(len(images), 1, 1, 1, generator=randomness).to(images.device) < 0.5
    images = torch.where(flips, images.flip(3), images)
    height, width = images.shape[-2:]
    reach = LARGEST_SHIFT
    down, right = torch.randint(0, 2 * reach + 1, (2,), generator=randomness).tolist()
    padded = F.pad(images, (reach, reach, reach, reach), mode="reflect")
    return padded[..., down : down + height, right : right + width]


def _judge(
    network: Detector,
    pictures: Float[Tensor, "pictures 3 height width"],
    same: Int64[np.ndarray, " pictures"],
    batch_size: int,
) -> Float64[np.ndarray, " pictures"]:
    @torch.inference_mode()
    def logits_of(rows: Int64[np.ndarray, " rows"]) -> Float64[np.ndarray, " rows"]:
        chosen = torch.from_numpy(rows).to(pictures.device)
        logits = [network(pictures[batch]) for batch in chosen.split(batch_size)]
        return torch.cat(logits).double().cpu().numpy()

    return score_once(same, logits_of)

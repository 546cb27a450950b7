"""How easily edited pictures can be detected: small networks are trained to do it.

The lower their average precision, the better the edits; guessing gives the share of edited
pictures, one half where there are as many as photos. The protocol, which makes figures comparable:

* A small convolutional network is trained on photos and edits of the same data. Its scores count
  only for pictures it never saw: cross-validation in folds, with every picture judged once.
* Folds are drawn by photo. A photo and all its edits are in one fold, so the network cannot
  recognise an edit by its background. (Drawing the reference of an edit from the same fold, with
  `folds_of`, keeps borrowed parts unknown, too.)
* All pictures are rounded to the 256 levels of a file first. Photos come as bytes; values between
  the levels would give every edit away.
* Training pictures are flipped left to right at random and shifted by up to four pixels. Adam with
  a learning rate that falls linearly to 0, cross-entropy; a fixed number of pictures seen, and the
  network of the last step.
* Networks of different folds have different scales: scores are replaced by their rank inside
  their fold, as a share, before average precision is computed over all of them. Equal pictures are
  scored once, because the last bits of a logit depend on its position in a batch.

The network is this project's own; the idea of average precision of a detector as a measure of
edits is that of Kim et al., CVPR 2021, who take the one of Wang et al., "CNN-generated images are
surprisingly easy to spot... for now", CVPR 2020.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Float64, Int, Int64, UInt8
from scipy.stats import rankdata
from torch import Tensor, nn

from stylemapgan.errors import ConfigError, DataError
from stylemapgan.images.levels import from_bytes, to_bytes
from stylemapgan.metrics.intervals import DEFAULT, Bootstrap, Estimate, statistic_interval
from stylemapgan.types import Array

LARGEST_SHIFT = 4
"""Pixels that training pictures are shifted at most, along each side."""


@dataclass(frozen=True, kw_only=True)
class DetectorConfig:
    """How detectors are trained; part of the definition of their figures."""

    folds: int = 5
    """Networks trained; each judges the photos that the others are trained on."""
    pictures_seen: int = 6_000
    """Training pictures each network sees, repeating them as needed."""
    batch_size: int = 32
    """Pictures in a step."""
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
                "Training a detector takes at least one step of at least 2 pictures, got "
                f"{self.batch_size} pictures a step and {self.pictures_seen} in all."
            )

    @property
    def steps(self) -> int:
        """Updates of each network."""
        return self.pictures_seen // self.batch_size


@dataclass(frozen=True, eq=False)
class Detection:
    """The detectors' scores of every picture, photos first, then edits."""

    scores: Float64[np.ndarray, " pictures"]
    """Rank inside the fold, from 0 (least likely edited) to 1 (most likely edited)."""
    is_edited: Bool[np.ndarray, " pictures"]
    photos: Int64[np.ndarray, " pictures"]
    """The photo that each picture is, or was made from."""

    @property
    def average_precision(self) -> float:
        """1 if all edits rank above all photos; `chance` if detectors only guess."""
        return _average_precision(self.scores, self.is_edited)

    @property
    def chance(self) -> float:
        """Average precision of guessing: the share of edited pictures.

        On few pictures guesses score slightly more: 0.52 on average for 60 photos and 60 edits.
        """
        return float(self.is_edited.mean())

    def estimate(self, bootstrap: Bootstrap = DEFAULT) -> Estimate:
        """Estimate the average precision, resampling photos together with all their pictures.

        The interval covers other photos judged by these networks, not other networks.
        """
        rows_of = [np.flatnonzero(self.photos == photo) for photo in np.unique(self.photos)]

        def drawn(photos: Int64[np.ndarray, " photos"]) -> float:
            rows = np.concatenate([rows_of[photo] for photo in photos])
            return _average_precision(self.scores[rows], self.is_edited[rows])

        return statistic_interval(drawn, len(rows_of), bootstrap)


class Detector(nn.Module):
    """Strided 3x3 convolutions, then the mean and the largest value of each channel.

    The mean detects pictures that are wrong all over, the largest value those wrong in one place.
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
    config: DetectorConfig | None = None,
    device: str | torch.device = "cpu",
) -> Detection:
    """Train detectors and let each judge the photos it never saw, and their edits.

    Args:
        real: Photos, as many as edits for a chance level of one half.
        edited: Edits of them, or any pictures to detect, such as reconstructions.
        sources: Row of `real` that each edit was made from.
        config: The protocol's numbers.
        device: Where to train. The same machine and number of threads give the same figures.

    Raises:
        DataError: There are fewer photos than folds, or sources that are no photos.
    """
    config = config or DetectorConfig()
    owners = np.concatenate([np.arange(len(real)), np.asarray(sources, dtype=np.int64)])
    if len(owners) != len(real) + len(edited) or not (owners < len(real)).all() or owners.min() < 0:
        raise DataError(
            f"Each of {len(edited)} edits needs the row of its photo, 0 to {len(real) - 1}, "
            f"got {len(owners) - len(real)} rows."
        )
    folds = folds_of(len(real), config)[owners]
    levels = np.concatenate([to_bytes(pictures) for pictures in (real, edited)])
    same = identities(levels)
    pictures = torch.from_numpy(from_bytes(levels)).to(device)
    is_edited = np.arange(len(owners)) >= len(real)
    labels = torch.from_numpy(is_edited).float().to(device)
    scores = np.zeros(len(owners))
    for fold in range(config.folds):
        judged = folds == fold
        learned = torch.from_numpy(~judged).to(device)
        network = _train(pictures[learned], labels[learned], config, config.seed + fold)
        unseen = pictures[torch.from_numpy(judged).to(device)]
        scores[judged] = ranks(_judge(network, unseen, same[judged], config.batch_size))
    return Detection(scores, is_edited, owners)


def folds_of(photos: int, config: DetectorConfig) -> Int64[np.ndarray, " photos"]:
    """Assign photos to folds, which differ in size by at most one photo.

    Raises:
        DataError: There are fewer photos than folds.
    """
    if photos < config.folds:
        raise DataError(
            f"{config.folds} folds need at least as many photos, got {photos}: "
            "give more photos, or ask for fewer folds."
        )
    order = np.random.default_rng(config.seed).permutation(photos)
    return order.astype(np.int64) % config.folds


def ranks(values: Float64[np.ndarray, " values"]) -> Float64[np.ndarray, " values"]:
    """Replace values by their rank as a share, from 0 to 1; equal values share their mean rank."""
    return (rankdata(values) - 0.5) / len(values)


def identities(levels: UInt8[np.ndarray, "pictures _ _ _"]) -> Int64[np.ndarray, " pictures"]:
    """Number the distinct pictures in the order they appear; equal pictures share a number."""
    numbers: dict[bytes, int] = {}
    digests = (hashlib.sha256(picture.tobytes()).digest() for picture in levels)
    return np.array([numbers.setdefault(digest, len(numbers)) for digest in digests], np.int64)


def score_once(
    identities: Int64[np.ndarray, " pictures"],
    score: Callable[[Int64[np.ndarray, " rows"]], Float64[np.ndarray, " rows"]],
) -> Float64[np.ndarray, " pictures"]:
    """Score each distinct picture once: the last bits depend on its position in a batch.

    Args:
        identities: Number of each picture, the same one for equal pictures.
        score: Scores the pictures of some rows, each a different picture.

    Returns:
        A score for every picture, exactly the same for equal ones.
    """
    _, rows, places = np.unique(identities, return_index=True, return_inverse=True)
    return score(rows)[places]


def _average_precision(
    scores: Float64[np.ndarray, " pictures"], is_edited: Bool[np.ndarray, " pictures"]
) -> float:
    """Average precision, not interpolated; NaN where nothing is edited.

    Each distinct score is a threshold: the precision there counts as much as the recall rises.
    """
    if not is_edited.any():
        return float("nan")
    order = np.argsort(-scores)
    called = np.flatnonzero(np.diff(scores[order], append=np.inf)) + 1  # pictures per threshold
    found = np.cumsum(is_edited[order])[called - 1]
    rises = np.diff(found, prepend=0) / found[-1]
    return min(float(rises @ (found / called)), 1.0)  # sums of shares round


def _train(
    pictures: Float[Tensor, "pictures 3 height width"],
    labels: Float[Tensor, " pictures"],
    config: DetectorConfig,
    seed: int,
) -> Detector:
    randomness = torch.Generator().manual_seed(seed)
    network = Detector(config.widths, randomness).to(pictures.device)
    optimizer = torch.optim.Adam(network.parameters(), lr=config.learning_rate)
    schedule = torch.optim.lr_scheduler.LinearLR(
        optimizer, 1.0, 1 / config.steps, total_iters=config.steps
    )
    for rows in _batches(len(pictures), config, randomness).to(pictures.device):
        logits = network(_augmented(pictures[rows], randomness))
        loss = F.binary_cross_entropy_with_logits(logits, labels[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    return network.eval()


def _batches(
    count: int, config: DetectorConfig, randomness: torch.Generator
) -> Int[Tensor, "steps pictures"]:
    """Choose the pictures of each step: all in random order, then in another one."""
    needed = config.steps * config.batch_size
    orders = [torch.randperm(count, generator=randomness) for _ in range(-(-needed // count))]
    return torch.cat(orders)[:needed].view(config.steps, config.batch_size)


def _augmented(
    images: Float[Tensor, "batch 3 height width"], randomness: torch.Generator
) -> Float[Tensor, "batch 3 height width"]:
    """Flip each picture at random, and shift the batch, mirrored at its edges."""
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

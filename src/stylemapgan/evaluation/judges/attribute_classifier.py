"""Which attributes a picture shows, as judged by a network that learned them from labelled photos.

One small convolutional network with a linear head for each attribute learns from the training
photos, by the protocol of `metrics/learning.py`. Photos are aligned, so the heads see what is where
instead of means over the picture. Batches are shifted by up to one pixel at random and never
mirrored: a mirrored hand is another sign, mirrored hair another style. A quarter of the batches is
blurred, so that a picture is not misjudged for being a little softer than photos are.

The idea of judging edits by classifiers of attributes is that of Shen et al., "InterFaceGAN",
TPAMI 2020, section 4; the network and the protocol are this project's own.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float, Int64
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

LEARNING = LearningConfig(pictures_seen=48_000)
"""The protocol's numbers."""
WIDTHS = (32, 64, 96)
"""Channels of the convolutions that halve the resolution."""
LARGEST_SHIFT = 1
"""Pixels that training pictures move at most, along each side."""
LEAST_EXAMPLES = 10
"""Photos of a value without which it is not learned."""
MOST_VALUES = 100
"""An attribute with more values is a name or a number, no attribute."""
UNKNOWN = -1
"""Stands for a value that is not learned; no loss is taken there."""

Vocabulary = Mapping[str, tuple[str, ...]]
"""Attribute → its values, in the order of their numbers."""
Values = Int64[np.ndarray, "pictures attributes"]
"""Numbers of values, `UNKNOWN` for those that the vocabulary has not."""


class AttributeNetwork(nn.Module):
    """Strided convolutions, then one linear head for each attribute over all places."""

    def __init__(self, counts: Sequence[int], side: int, randomness: torch.Generator) -> None:
        super().__init__()
        self.counts = list(counts)
        layers = [
            block(into, out, 2, randomness) for into, out in zip((3, *WIDTHS), WIDTHS, strict=False)
        ]
        self.features = nn.Sequential(*layers, block(WIDTHS[-1], WIDTHS[-1], 1, randomness))
        cells = -(-side // 2 ** len(WIDTHS))
        self.heads = nn.Linear(WIDTHS[-1] * cells**2, sum(counts))
        nn.init.zeros_(self.heads.weight)
        nn.init.zeros_(self.heads.bias)

    def forward(self, images: Float[Tensor, "batch 3 side side"]) -> tuple[Tensor, ...]:
        """Give the logits of each attribute's values."""
        logits = self.heads(self.features(images).flatten(1))
        return logits.split(self.counts, dim=1)


@dataclass(frozen=True, eq=False)
class AttributeClassifier:
    """A trained network and what its numbers mean."""

    vocabulary: Vocabulary
    network: AttributeNetwork
    side: int
    """Height and width at which pictures are judged, in pixels."""

    @property
    def attributes(self) -> tuple[str, ...]:
        """Names of the attributes, in the order of the columns that `judge` gives."""
        return tuple(self.vocabulary)

    @property
    def device(self) -> torch.device:
        """Where it computes."""
        return self.network.heads.weight.device

    @torch.inference_mode()
    def judge(self, images: Images) -> Values:
        """Say which value of each attribute every picture shows most likely."""
        judged = [
            torch.stack([logits.argmax(dim=1) for logits in self.network(batch)], dim=1)
            for batch in judged_batches(images, self.side, self.device)
        ]
        return torch.cat(judged).cpu().numpy()


def vocabulary_of(attributes: Mapping[str, Sequence[str]]) -> Vocabulary:
    """List the values that are frequent enough to be learned, of attributes with at least two.

    Args:
        attributes: Attribute → its value for each photo; empty values are unknown.
    """
    found = {
        name: tuple(
            sorted(v for v, count in Counter(values).items() if v and count >= LEAST_EXAMPLES)
        )
        for name, values in attributes.items()
    }
    return {name: values for name, values in found.items() if 2 <= len(values) <= MOST_VALUES}


def to_values(
    vocabulary: Vocabulary, attributes: Mapping[str, Sequence[str]], count: int
) -> Values:
    """Turn words into numbers; attributes that are missing are unknown for all `count` pictures."""
    columns: list[Sequence[int]] = []
    for name, values in vocabulary.items():
        numbers = {value: number for number, value in enumerate(values)}
        words = attributes.get(name, ("",) * count)
        columns.append([numbers.get(word, UNKNOWN) for word in words])
    return np.array(columns, dtype=np.int64).reshape(len(columns), count).T


def new_classifier(
    vocabulary: Vocabulary,
    settings: LearningConfig = LEARNING,
    device: str | torch.device = "cpu",
) -> AttributeClassifier:
    """Make a classifier that knows words, but no pictures yet."""
    randomness = torch.Generator().manual_seed(settings.seed)
    counts = [len(values) for values in vocabulary.values()]
    network = AttributeNetwork(counts, settings.side, randomness)
    return AttributeClassifier(vocabulary, network.to(device), settings.side)


def teach_attributes(
    classifier: AttributeClassifier,
    photos: PhotoSet,
    attributes: Mapping[str, Sequence[str]],
    settings: LearningConfig = LEARNING,
    on_progress: OnProgress = unheard,
) -> None:
    """Teach a new classifier the attributes of photos.

    The same machine and number of threads give the same network.

    Args:
        classifier: Changed in place.
        photos: Those of `settings.rows_of` are learned from.
        attributes: Attribute → its value for each photo, learned from or not.
        settings: The protocol's numbers.
        on_progress: Told how far it is.
    """
    chosen, device = settings.rows_of(photos), classifier.device
    pictures = unpack_photos(photos, chosen, settings.side).to(device)
    known = to_values(classifier.vocabulary, attributes, len(photos))[chosen]
    values = torch.from_numpy(known).to(device)
    randomness = torch.Generator().manual_seed(settings.seed)

    def loss_of(rows: Tensor) -> Tensor:
        rows = rows.to(device)
        images = blurred_at_times(_shifted(from_levels(pictures[rows]), randomness), randomness)
        wanted = values[rows]  # (batch, attributes)
        logits = classifier.network(images)
        return torch.stack([_loss(each, wanted[:, at]) for at, each in enumerate(logits)]).sum()

    learn(classifier.network, len(chosen), loss_of, settings, on_progress)


def _loss(
    logits: Float[Tensor, "batch values"], wanted: Int64[Tensor, " batch"]
) -> Float[Tensor, ""]:
    """Cross-entropy of the known ones; 0 where none is."""
    total = F.cross_entropy(logits, wanted, ignore_index=UNKNOWN, reduction="sum")
    return total / (wanted != UNKNOWN).sum().clamp(min=1)


def _shifted(
    images: Float[Tensor, "batch 3 side side"], randomness: torch.Generator
) -> Float[Tensor, "batch 3 side side"]:
    """Shift a batch; what comes into view is mirrored."""
    side, reach = images.shape[-1], LARGEST_SHIFT
    down, right = torch.randint(0, 2 * reach + 1, (2,), generator=randomness).tolist()
    padded = F.pad(images, (reach, reach, reach, reach), mode="reflect")
    return padded[..., down : down + side, right : right + side]

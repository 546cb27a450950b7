"""Which attributes a picture shows, as judged by a network trained on labelled photos.

One small convolutional network with a linear head for each attribute is trained on the training
photos, by the protocol of `small_networks`. Photos are aligned, so heads see where a feature lies
instead of means over the picture. Batches are shifted by up to one pixel at random and never
mirrored: a mirrored hand is another sign, mirrored hair another style. A quarter of the batches is
blurred, so that pictures slightly softer than photos are not misjudged.

The idea of judging edits by classifiers of attributes is that of Shen et al., "InterFaceGAN",
TPAMI 2020, section 4; the network and the protocol are this project's own.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int64
from torch import Tensor, nn

from stylemapgan.data import PhotoSet
from stylemapgan.evaluation.context import EvaluationContext
from stylemapgan.evaluation.data import TestData
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
from stylemapgan.metrics.edit_errors import Shares
from stylemapgan.types import Images

PROTOCOL = TrainingProtocol(pictures_seen=48_000)
"""The protocol's numbers."""
WIDTHS = (32, 64, 96)
"""Channels of the convolutions that halve the resolution."""
LARGEST_SHIFT = 1
"""Pixels that training pictures are shifted at most, along each side."""
LEAST_EXAMPLES = 10
"""Photos that a value needs to be learned."""
MOST_VALUES = 100
"""An attribute with more values is taken for a name or a number, and ignored."""
ALL = "all attributes"
UNKNOWN = -1
"""Stands for a value that is not learned; it has no loss."""

Vocabulary = Mapping[str, tuple[str, ...]]
"""Attribute → its values, in the order of their numbers."""
Values = Int64[np.ndarray, "pictures attributes"]
"""Numbers of values; `UNKNOWN` for values that are not in the vocabulary."""


class AttributeNetwork(nn.Module):
    """Strided convolutions, then one linear head for each attribute over all positions."""

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
        """Compute the logits of each attribute's values."""
        logits = self.heads(self.features(images).flatten(1))
        return logits.split(self.counts, dim=1)


@dataclass(frozen=True, eq=False)
class AttributeClassifier:
    """A trained network, and the values that its logits stand for."""

    vocabulary: Vocabulary
    network: AttributeNetwork
    side: int
    """Height and width at which pictures are judged, in pixels."""

    @property
    def attributes(self) -> tuple[str, ...]:
        """Names of the attributes, in the order of the columns of `judge`."""
        return tuple(self.vocabulary)

    @property
    def device(self) -> torch.device:
        """Where it computes."""
        return self.network.heads.weight.device

    @torch.inference_mode()
    def judge(self, images: Images) -> Values:
        """Predict the value of each attribute for every picture."""
        judged = [
            torch.stack([logits.argmax(dim=1) for logits in self.network(batch)], dim=1)
            for batch in judged_batches(images, self.side, self.device)
        ]
        return torch.cat(judged).cpu().numpy()


def vocabulary_of(attributes: Mapping[str, Sequence[str]]) -> Vocabulary:
    """List the values frequent enough to be learned, of attributes with at least two of them.

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
    """Turn words into numbers; missing attributes are unknown for all `count` pictures."""
    columns: list[Sequence[int]] = []
    for name, values in vocabulary.items():
        numbers = {value: number for number, value in enumerate(values)}
        words = attributes.get(name, ("",) * count)
        columns.append([numbers.get(word, UNKNOWN) for word in words])
    return np.array(columns, dtype=np.int64).reshape(len(columns), count).T


def new_classifier(
    vocabulary: Vocabulary,
    config: TrainingProtocol = PROTOCOL,
    device: str | torch.device = "cpu",
) -> AttributeClassifier:
    """Make an untrained classifier."""
    randomness = torch.Generator().manual_seed(config.seed)
    counts = [len(values) for values in vocabulary.values()]
    network = AttributeNetwork(counts, config.side, randomness)
    return AttributeClassifier(vocabulary, network.to(device), config.side)


def train_classifier(
    classifier: AttributeClassifier,
    photos: PhotoSet,
    attributes: Mapping[str, Sequence[str]],
    config: TrainingProtocol = PROTOCOL,
    on_progress: OnProgress = silent,
) -> None:
    """Train a new classifier on the attributes of photos.

    The same machine and number of threads give the same network.

    Args:
        classifier: Changed in place.
        photos: Those of `config.rows_of` are used.
        attributes: Attribute → its value for each photo, used or not.
        config: The protocol's numbers.
        on_progress: Called after each step.
    """
    chosen, device = config.rows_of(photos), classifier.device
    pictures = unpack_photos(photos, chosen, config.side).to(device)
    known = to_values(classifier.vocabulary, attributes, len(photos))[chosen]
    values = torch.from_numpy(known).to(device)
    randomness = torch.Generator().manual_seed(config.seed)

    def loss_of(rows: Tensor) -> Tensor:
        rows = rows.to(device)
        images = sometimes_blurred(_shifted(from_levels(pictures[rows]), randomness), randomness)
        wanted = values[rows]  # (batch, attributes)
        logits = classifier.network(images)
        return torch.stack([_loss(each, wanted[:, at]) for at, each in enumerate(logits)]).sum()

    train(classifier.network, len(chosen), loss_of, config, on_progress)


@dataclass(frozen=True, eq=False)
class AttributeJudge:
    """A classifier, and its predictions for the test photos."""

    classifier: AttributeClassifier
    known: Bool[np.ndarray, "photos attributes"]
    """Whether the value of a test photo is one that was learned."""
    right: Bool[np.ndarray, "photos attributes"]
    """Whether the classifier predicted it from the photo itself."""

    def figures(self, context: EvaluationContext) -> tuple[Figure, ...]:
        """Compute its accuracy on test photos: over all attributes, then for each."""
        columns = {ALL: slice(None)} | {
            name: slice(at, at + 1) for at, name in enumerate(self.classifier.attributes)
        }
        return tuple(
            share_figure(
                _shares(self.right[:, chosen], self.known[:, chosen]),
                context.data.names,
                context.bootstrap,
                name="judge-accuracy",
                title="Judge's own accuracy",
                about="Accuracy of the network that judges attributes, on the test photos "
                "themselves.",
                variant=name,
            )
            for name, chosen in columns.items()
            if self.known[:, chosen].any() and len(self.known) > 1
        )


def attribute_obstacle(data: TestData) -> str | None:
    """Say in one sentence why attributes cannot be judged; None if they can."""
    if not vocabulary_of(data.training_attributes):
        return (
            "It needs training photos with attributes: train/ and attributes.jsonl or labels.csv, "
            f"with at least {LEAST_EXAMPLES} photos of each of two values."
        )
    if not any(value for values in data.attributes.values() for value in values):
        return "It needs attributes of the test photos, like those of the training photos."
    return None


def attribute_judge(
    context: EvaluationContext, config: TrainingProtocol = PROTOCOL
) -> AttributeJudge:
    """Train a judge of attributes, or load it; only where there is no obstacle."""
    config = replace(config, seed=context.config.seed)
    photos, known = training_photos(context.data), context.data.training_attributes
    classifier = new_classifier(vocabulary_of(known), config, context.device)

    def train_it(on_progress: OnProgress) -> None:
        train_classifier(classifier, photos, known, config, on_progress)

    labels = hashlib.sha256(json.dumps(dict(known), sort_keys=True).encode()).hexdigest()
    train_or_load(context, classifier.network, f"attributes {labels}", config, train_it)
    return _judged(context, classifier)


def _judged(context: EvaluationContext, classifier: AttributeClassifier) -> AttributeJudge:
    """Compare a classifier's predictions for the test photos with their attributes."""
    data = context.data
    wanted = to_values(classifier.vocabulary, data.attributes, len(data))
    predicted = [
        classifier.judge(data.images(rows))
        for rows in context.batches(len(data), "judging attributes of photos")
    ]
    known = wanted != UNKNOWN
    return AttributeJudge(classifier, known, known & (np.concatenate(predicted) == wanted))


def _shares(
    right: Bool[np.ndarray, "photos attributes"], known: Bool[np.ndarray, "photos attributes"]
) -> Shares:
    """Count right predictions among known values, for each photo."""
    return Shares(right.sum(axis=1, dtype=np.float64), known.sum(axis=1, dtype=np.float64))


def _loss(
    logits: Float[Tensor, "batch values"], wanted: Int64[Tensor, " batch"]
) -> Float[Tensor, ""]:
    """Cross-entropy over known values; 0 where none is known."""
    total = F.cross_entropy(logits, wanted, ignore_index=UNKNOWN, reduction="sum")
    return total / (wanted != UNKNOWN).sum().clamp(min=1)


def _shifted(
    images: Float[Tensor, "batch 3 side side"], randomness: torch.Generator
) -> Float[Tensor, "batch 3 side side"]:
    """Shift a batch; the picture is mirrored at its edges."""
    side, reach = images.shape[-1], LARGEST_SHIFT
    down, right = torch.randint(0, 2 * reach + 1, (2,), generator=randomness).tolist()
    padded = F.pad(images, (reach, reach, reach, reach), mode="reflect")
    return padded[..., down : down + side, right : right + side]

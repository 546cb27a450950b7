"""The network that says which attributes pictures show, and how often it is right about photos."""

import hashlib
import json
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool

from stylemapgan.evaluation.context import EvaluationContext
from stylemapgan.evaluation.data import TestData
from stylemapgan.evaluation.findings import Figure, share_figure
from stylemapgan.evaluation.judges.attribute_classifier import (
    LEARNING,
    LEAST_EXAMPLES,
    UNKNOWN,
    AttributeClassifier,
    new_classifier,
    teach_attributes,
    to_values,
    vocabulary_of,
)
from stylemapgan.evaluation.judges.learned import remember_or_teach, training_photos
from stylemapgan.evaluation.judges.learning import LearningConfig, OnProgress
from stylemapgan.metrics.edits import Shares

ALL = "all attributes"


@dataclass(frozen=True, eq=False)
class AttributeJudge:
    """A classifier and what it made of the test photos."""

    classifier: AttributeClassifier
    known: Bool[np.ndarray, "photos attributes"]
    """Where the value of a test photo is one that was learned."""
    right: Bool[np.ndarray, "photos attributes"]
    """Where the classifier found it in the photo itself."""

    def figures(self, context: EvaluationContext) -> tuple[Figure, ...]:
        """Tell how often it is right about test photos: over all attributes, then for each."""
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
                about="Share of right answers of the network that judges attributes, about the "
                "test photos themselves.",
                variant=name,
            )
            for name, chosen in columns.items()
            if self.known[:, chosen].any() and len(self.known) > 1
        )


def attribute_obstacle(data: TestData) -> str | None:
    """Say in one sentence why there can be no judge of attributes; None if there can."""
    if not vocabulary_of(data.training_attributes):
        return (
            "It needs training photos with attributes: train/ and attributes.jsonl or labels.csv, "
            f"with at least {LEAST_EXAMPLES} photos of two values."
        )
    if not any(value for values in data.attributes.values() for value in values):
        return "It needs attributes of the test photos, as there are of the training photos."
    return None


def attribute_judge(
    context: EvaluationContext, settings: LearningConfig = LEARNING
) -> AttributeJudge:
    """Train a judge of attributes, or remember it; only where there is no obstacle."""
    settings = replace(settings, seed=context.config.seed)
    photos, known = training_photos(context.data), context.data.training_attributes
    classifier = new_classifier(vocabulary_of(known), settings, context.device)

    def teach(tell: OnProgress) -> None:
        teach_attributes(classifier, photos, known, settings, tell)

    told = hashlib.sha256(json.dumps(dict(known), sort_keys=True).encode()).hexdigest()
    remember_or_teach(context, classifier.network, f"attributes {told}", settings, teach)
    return _judged(context, classifier)


def _judged(context: EvaluationContext, classifier: AttributeClassifier) -> AttributeJudge:
    """Compare what a classifier says of the test photos with what is known of them."""
    data = context.data
    wanted = to_values(classifier.vocabulary, data.attributes, len(data))
    said = [
        classifier.judge(data.images(rows))
        for rows in context.batches(len(data), "judging attributes of photos")
    ]
    known = wanted != UNKNOWN
    return AttributeJudge(classifier, known, known & (np.concatenate(said) == wanted))


def _shares(
    right: Bool[np.ndarray, "photos attributes"], known: Bool[np.ndarray, "photos attributes"]
) -> Shares:
    """Count right answers of those that are known, for each photo."""
    return Shares(right.sum(axis=1, dtype=np.float64), known.sum(axis=1, dtype=np.float64))

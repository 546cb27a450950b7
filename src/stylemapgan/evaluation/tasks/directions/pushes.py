"""Directions fitted to training photos, and test photos pushed along them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64, Int64

from stylemapgan.data import spread_rows
from stylemapgan.editing.edit import Edit, Push
from stylemapgan.evaluation.context import EvaluationContext
from stylemapgan.evaluation.judges.attribute_classifier import AttributeClassifier
from stylemapgan.evaluation.judges.small_networks import training_photos
from stylemapgan.evaluation.tasks.directions.questions import (
    Question,
    Table,
    choose_questions,
    tied_to,
)
from stylemapgan.methods.abstract import AbstractMethod, Latent, LearnedDirection
from stylemapgan.metrics.edit_errors import Shares
from stylemapgan.types import Images

LEARNED_FROM = 1_000
"""Training photos that directions are fitted to, at most; spread evenly over all."""
PUSHED = 32
"""Test photos pushed along each direction, at most; spread evenly over those without the value."""
AMOUNTS = (1.0, 2.0, 3.0)
"""How far: in standard deviations of photos along the direction."""

Rows = slice | Int64[np.ndarray, " rows"]


@dataclass(frozen=True, eq=False)
class FittedQuestion:
    """A question, the direction that answers it, and what must change together with it."""

    question: Question
    direction: LearnedDirection
    tied: frozenset[str]
    """Attributes that cannot all stay."""
    photos: int
    """How many photos it was fitted to."""


@dataclass(frozen=True, eq=False)
class Pushes:
    """Test photos without a value, and the direction each is pushed along."""

    method: AbstractMethod
    """Fitted the directions, and pushes."""
    fitted: Sequence[FittedQuestion]
    photos: Int64[np.ndarray, " pushes"]
    """Rows of the test photos."""
    questions: Int64[np.ndarray, " pushes"]
    """Index of each push's direction in `fitted`."""

    def __len__(self) -> int:
        return len(self.photos)


@dataclass(frozen=True, eq=False)
class PushedPhotos:
    """The pushed photos as judged, for the amount 0 (the reconstruction) and each larger one."""

    has_it: Bool[np.ndarray, "amounts pushes"]
    """Whether the judge finds the value."""
    changed: Int64[np.ndarray, "amounts pushes"]
    """How many other attributes the judge finds changed from the reconstruction."""
    others: Int64[np.ndarray, " pushes"]
    """How many other attributes could have stayed."""
    moved: Float64[np.ndarray, "amounts pushes"]
    """Perceptual distance to the reconstruction."""

    def shares(self, place: int) -> dict[str, Shares]:
        """Say what each push by one amount, given by its index, contributes to every figure."""
        one = np.ones(len(self.others))
        return {
            "success": Shares(self.has_it[place].astype(np.float64), one),
            "leakage": Shares(
                self.changed[place].astype(np.float64), self.others.astype(np.float64)
            ),
            "change": Shares(self.moved[place], one),
        }


def fit_directions(
    context: EvaluationContext, method: AbstractMethod, classifier: AttributeClassifier
) -> list[FittedQuestion]:
    """Fit a direction to each of the most common values that the classifier knows."""
    photos, known = training_photos(context.data), context.data.training_attributes
    rows = spread_rows(len(photos), LEARNED_FROM)
    learned: Table = {name: [values[row] for row in rows] for name, values in known.items()}
    questions = choose_questions(
        learned, context.data.attributes, classifier.attributes, context.config.directions
    )
    encoded = [
        context.encode(method, photos.take(rows[batch]))
        for batch in context.batches(len(rows), "encoding training photos")
    ]
    latent = Latent.join(encoded)
    fitted: list[FittedQuestion] = []
    for question in questions:
        context.on_progress("fitting directions", len(fitted), len(questions))
        counted = question.answers(learned) | question.denials(learned)
        has_it = question.answers(learned)[counted]
        direction = method.learn_direction(latent[counted], has_it)
        tied = tied_to(question, known)
        fitted.append(FittedQuestion(question, direction, frozenset(tied), len(has_it)))
    return fitted


def draw_pushes(
    context: EvaluationContext, method: AbstractMethod, fitted: Sequence[FittedQuestion]
) -> Pushes:
    """Choose the test photos that each direction is tried on."""
    photos: list[Int64[np.ndarray, " rows"]] = []
    for each in fitted:
        without = np.flatnonzero(each.question.denials(context.data.attributes))
        photos.append(without[spread_rows(len(without), PUSHED)])
    counts = [len(rows) for rows in photos]
    return Pushes(method, fitted, np.concatenate(photos), np.arange(len(fitted)).repeat(counts))


def push_photos(
    context: EvaluationContext, pushes: Pushes, classifier: AttributeClassifier
) -> PushedPhotos:
    """Push photos by every amount; classify the results and measure the change."""
    said: list[Int64[np.ndarray, "amounts pushes attributes"]] = []
    moved: list[Float64[np.ndarray, "amounts pushes"]] = []
    for rows in context.batches(len(pushes), "pushing photos"):
        pictures = push(context, pushes, rows)
        said.append(np.stack([classifier.judge(images) for images in pictures]))
        distances = [context.distances[0](images, pictures[0]) for images in pictures[1:]]
        moved.append(np.stack([np.zeros(len(pictures[0])), *distances]))
    return _compare(pushes, np.concatenate(said, axis=1), np.concatenate(moved, axis=1), classifier)


def push(context: EvaluationContext, pushes: Pushes, rows: Rows) -> list[Images]:
    """Decode some pushed photos: the reconstructions, then one batch for each amount."""
    latent = context.latents(pushes.method)[pushes.photos[rows]]
    steps = np.concatenate(
        [pushes.fitted[number].direction.step for number in pushes.questions[rows]]
    )
    return [
        context.edit(pushes.method, latent, Edit(pushes=(Push(direction=steps, amount=amount),)))
        for amount in (0.0, *AMOUNTS)
    ]


def _compare(
    pushes: Pushes,
    said: Int64[np.ndarray, "amounts pushes attributes"],
    moved: Float64[np.ndarray, "amounts pushes"],
    classifier: AttributeClassifier,
) -> PushedPhotos:
    """Turn what the judge found into answers."""
    columns = {name: at for at, name in enumerate(classifier.attributes)}
    has_it = np.zeros(said.shape[:2], dtype=bool)
    counted = np.ones(said.shape[1:], dtype=bool)  # (pushes, attributes)
    for number, each in enumerate(pushes.fitted):
        mine = pushes.questions == number
        name, value = each.question.attribute, each.question.value
        has_it[:, mine] = said[:, mine, columns[name]] == classifier.vocabulary[name].index(value)
        for tied in each.tied & set(columns):
            counted[mine, columns[tied]] = False
    changed = ((said != said[0]) & counted).sum(axis=2)
    return PushedPhotos(has_it, changed, counted.sum(axis=1), moved)

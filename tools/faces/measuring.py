"""How well the model brings portraits back, by what people said about themselves; and smiles."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from stylemapgan.editing import AbstractEditor
from stylemapgan.editing.directions import Direction
from stylemapgan.editing.operations import push
from stylemapgan.images.levels import to_numpy
from stylemapgan.types import Images, Stylemap
from tools.faces.portraits import Portrait
from tools.faces.regions import MOUTH, region_maps

BATCH = 16


def encoded(editor: AbstractEditor, photos: Images) -> Stylemap:
    """Encode many pictures."""
    starts = range(0, len(photos), BATCH)
    return np.concatenate([to_numpy(editor.encode(photos[at : at + BATCH])) for at in starts])


def decoded(editor: AbstractEditor, stylemaps: Stylemap) -> Images:
    """Decode many stylemaps."""
    starts = range(0, len(stylemaps), BATCH)
    return np.concatenate([to_numpy(editor.decode(stylemaps[at : at + BATCH])) for at in starts])


def squared_errors(photos: Images, others: Images) -> np.ndarray:
    """Mean squared error of each picture, on [-1, 1]."""
    return np.square(photos - others).mean(axis=(1, 2, 3))


def sharpness(photos: Images, others: Images) -> float:
    """Mean gradient magnitude of pictures, as a share of the photos'."""
    return _gradient(others) / _gradient(photos)


def _gradient(pictures: Images) -> float:
    down = np.diff(pictures, axis=2)[..., :-1]
    right = np.diff(pictures, axis=3)[:, :, :-1]
    return float(np.sqrt(np.square(down) + np.square(right)).mean())


AGES = ((25, "18-24"), (35, "25-34"), (200, "35-54"))
"""Age below which a person is in a group, and the group."""


def age_group(portrait: Portrait) -> str:
    """Group of a person's age."""
    if not portrait.age.isdigit():
        return "not given"
    years = int(portrait.age)
    return next(name for limit, name in AGES if years < limit)


GROUPINGS: dict[str, Callable[[Portrait], str]] = {
    "age": age_group,
    "gender": lambda portrait: portrait.gender or "not given",
    "ethnicity": lambda portrait: portrait.ethnicity.replace("_", " ") or "not given",
    "expression": lambda portrait: portrait.expression,
}
"""What portraits are grouped by, as people reported it."""


def by_group(
    portraits: list[Portrait], errors: np.ndarray
) -> Iterator[tuple[str, str, int, float]]:
    """Give grouping, group, number of people and mean error of each group."""
    for grouping, group_of in GROUPINGS.items():
        names = np.array([group_of(portrait) for portrait in portraits])
        for name in sorted(set(names)):
            chosen = names == name
            people = {each.person for each, taken in zip(portraits, chosen, strict=True) if taken}
            yield grouping, str(name), len(people), float(errors[chosen].mean())


@dataclass(frozen=True, kw_only=True)
class SmileTest:
    """How close a pushed neutral portrait comes to the person's smiling one; means over people."""

    amount: float
    """The amount, chosen on training people."""
    before: tuple[float, float]
    """Squared error of the neutral portrait's reconstruction: around the mouth, and overall."""
    after: tuple[float, float]
    """The same once pushed."""
    limit: tuple[float, float]
    """The same of the smiling portrait's own reconstruction."""


AMOUNTS = np.arange(0, 4.01, 0.5)
CHOOSING = 40
"""Training portraits on which the amount is chosen: pairs of 20 people."""


def measure_smiles(
    editor: AbstractEditor,
    direction: Direction,
    train: tuple[list[Portrait], Stylemap],
    val: tuple[list[Portrait], Stylemap],
) -> SmileTest:
    """Push neutral portraits, and compare them with the true smiling ones.

    Args:
        editor: Runs the model.
        direction: The smile.
        train: Portraits and stylemaps on which the amount is chosen.
        val: Those of other people, on which it is measured.
    """
    people = sorted({portrait.person for portrait in train[0]})[: CHOOSING // 2]
    rows = [at for at, portrait in enumerate(train[0]) if portrait.person in people]
    some = [train[0][at] for at in rows], train[1][rows]
    scores = [np.mean(_smiles(editor, direction, *some, amount)[1]) for amount in AMOUNTS]
    amount = float(AMOUNTS[int(np.argmin(scores))])
    before, after, limit = (
        _smiles(editor, direction, *val, 0.0)[:2],
        _smiles(editor, direction, *val, amount)[:2],
        _smiles(editor, direction, *val, None)[:2],
    )
    return SmileTest(amount=amount, before=_means(before), after=_means(after), limit=_means(limit))


def _means(errors: tuple[np.ndarray, np.ndarray]) -> tuple[float, float]:
    return float(errors[1].mean()), float(errors[0].mean())


def _smiles(
    editor: AbstractEditor,
    direction: Direction,
    portraits: list[Portrait],
    stylemaps: Stylemap,
    amount: float | None,
) -> tuple[np.ndarray, np.ndarray]:
    """Errors to the smiling photos: overall and in the mouth's region; None decodes the smile."""
    by_name = {portrait.name: at for at, portrait in enumerate(portraits)}
    pairs = [
        (at, by_name[name.replace("neutral", "smiling")])
        for name, at in by_name.items()
        if "neutral" in name
    ]
    smiling = [portraits[other] for _, other in pairs]
    size = editor.image_size
    photos = np.concatenate([portrait.image(size) for portrait in smiling])
    if amount is None:
        start = stylemaps[[other for _, other in pairs]]
    else:
        start = push(stylemaps[[one for one, _ in pairs]], direction.step, amount)
    difference = np.square(decoded(editor, start) - photos).mean(axis=1)
    mouth = region_maps(smiling, size, 3.0) == MOUTH
    around = (difference * mouth).sum(axis=(1, 2)) / mouth.sum(axis=(1, 2))
    return difference.mean(axis=(1, 2)), around

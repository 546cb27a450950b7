"""Directions of faces: labels come from the people's expressions, landmarks and regions."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float64
from scipy.ndimage import gaussian_filter

from stylemapgan.editing.directions import Direction, fit_by_labels
from stylemapgan.types import Stylemap
from tools.faces.portraits import Portrait
from tools.faces.regions import BROWS, HAIR, SKIN, landmarks, lightness, region_map

LEAST_ACCURACY = 0.8
"""Directions recognised less well are left out."""
OUTER_SHARE = 0.25
"""Share of portraits at either end of a measured quantity that serve as examples."""

Measure = Callable[[Portrait], float]


def _gap(portrait: Portrait, *pairs: tuple[int, int]) -> float:
    """Mean distance between pairs of landmarks, as a share of that between the eyes."""
    points = portrait.landmarks
    apart = [np.linalg.norm(points[one] - points[other]) for one, other in pairs]
    return float(np.mean(apart) / np.linalg.norm(points[33] - points[263]))


def open_eyes(portrait: Portrait) -> float:
    """How far the lids are apart."""
    return _gap(portrait, (159, 145), (386, 374))


def open_mouth(portrait: Portrait) -> float:
    """How far the lips are apart."""
    return _gap(portrait, (13, 14))


def high_brows(portrait: Portrait) -> float:
    """How far brows are above the eyes."""
    return _gap(portrait, (105, 133), (334, 362), (66, 133), (296, 362))


def full_lips(portrait: Portrait) -> float:
    """Height of both lips without the gap between them."""
    return _gap(portrait, (0, 17)) - open_mouth(portrait)


def wide_face(portrait: Portrait) -> float:
    """Width at the cheeks against the height from brows to chin."""
    return _gap(portrait, (234, 454)) / _gap(portrait, (9, 152))


def long_hair(portrait: Portrait) -> float:
    """Share of the rows below the eyes that are hair."""
    return float((region_map(portrait)[135:] == HAIR).mean())


def much_hair(portrait: Portrait) -> float:
    """Share of the picture that is hair."""
    return float((region_map(portrait) == HAIR).mean())


def dark_hair(portrait: Portrait) -> float:
    """Darkness of the hair; nan where there is too little of it."""
    hair = region_map(portrait) == HAIR
    return -float(np.median(lightness(portrait)[hair])) if hair.mean() > 0.02 else float("nan")


def dark_brows(portrait: Portrait) -> float:
    """Darkness of the brows against the skin."""
    regions, levels = region_map(portrait), lightness(portrait)
    return float(np.median(levels[regions == SKIN]) - np.quantile(levels[regions == BROWS], 0.3))


def beard(portrait: Portrait) -> float:
    """How much darker and rougher the skin above the lips and on the chin is than the cheeks."""
    levels = lightness(portrait)
    rough = np.abs(levels - gaussian_filter(levels, 1))
    points = landmarks(portrait)
    low = [(points[2] + points[0]) / 2, (points[17] + points[152]) / 2]
    low += [(points[61] + points[172]) / 2, (points[291] + points[397]) / 2]
    cheeks = [points[each] for each in (50, 280, 101, 330)]
    darker = _around(levels, cheeks) - _around(levels, low)
    return darker / 5 + (_around(rough, low) - _around(rough, cheeks))


def _around(levels: np.ndarray, places: list[np.ndarray]) -> float:
    """Median in small squares around places."""
    reach = 5
    cut = [
        levels[round(y) - reach : round(y) + reach, round(x) - reach : round(x) + reach]
        for x, y in places
    ]
    return float(np.median(np.concatenate([each.ravel() for each in cut])))


def skin_lightness(portrait: Portrait) -> float:
    """Lightness of the cheeks."""
    return _around(lightness(portrait), [landmarks(portrait)[each] for each in (50, 280, 101, 330)])


def age(portrait: Portrait) -> float:
    """Age in years, as reported."""
    return float(portrait.age) if portrait.age.isdigit() else float("nan")


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How a direction is found."""

    name: str
    """What commands call it."""
    measure: Measure
    """Portraits at both ends of this quantity are the examples."""
    box: tuple[float, float, float, float]
    """Left, top, right and bottom edge of the cells that may change, as shares of the picture."""


EVERYWHERE = (0.0, 0.0, 1.0, 1.0)
LOWER_FACE = (0.2, 0.5, 0.8, 0.95)
EYES_AND_BROWS = (0.2, 0.3, 0.8, 0.56)
HEAD = (0.0, 0.0, 1.0, 0.6)
PLANS = (
    Plan(name="open-mouth", measure=open_mouth, box=(0.28, 0.6, 0.72, 0.88)),
    Plan(name="full-lips", measure=full_lips, box=(0.28, 0.6, 0.72, 0.88)),
    Plan(name="beard", measure=beard, box=LOWER_FACE),
    Plan(name="open-eyes", measure=open_eyes, box=EYES_AND_BROWS),
    Plan(name="high-brows", measure=high_brows, box=EYES_AND_BROWS),
    Plan(name="dark-brows", measure=dark_brows, box=EYES_AND_BROWS),
    Plan(name="long-hair", measure=long_hair, box=(0.0, 0.3, 1.0, 1.0)),
    Plan(name="much-hair", measure=much_hair, box=HEAD),
    Plan(name="dark-hair", measure=dark_hair, box=HEAD),
    Plan(name="wide-face", measure=wide_face, box=(0.08, 0.35, 0.92, 0.95)),
    Plan(name="older", measure=age, box=EVERYWHERE),
)


EXAMPLES = {
    "smile": "a smiling and a neutral portrait of every person",
    "open-mouth": "the gap between the lips",
    "full-lips": "height of the lips",
    "beard": "darker, rougher skin around the mouth",
    "open-eyes": "the gap between the lids",
    "high-brows": "distance of brows and eyes",
    "dark-brows": "brows darker than the skin",
    "long-hair": "hair below the eyes",
    "much-hair": "area of the hair",
    "dark-hair": "lightness of the hair",
    "wide-face": "width of the cheeks",
    "older": "reported age",
}
"""Name of a direction → what tells its examples apart, for people."""


def find_face_directions(train: list[Portrait], stylemaps: Stylemap) -> list[Direction]:
    """Find every direction that new people are recognised by.

    Args:
        train: Portraits, each person both neutral and smiling.
        stylemaps: Theirs, in float32.
    """
    found = [find_smile(train, stylemaps)]
    people = np.array([portrait.person for portrait in train])
    skin = np.array([skin_lightness(portrait) for portrait in train])
    evened = without_trend(stylemaps, skin)
    for plan in PLANS:
        values = np.array([plan.measure(portrait) for portrait in train])
        known, labels = _outer(values)
        direction = fit_by_labels(
            only_inside(evened[known], plan.box), labels, name=plan.name, groups=people[known]
        )
        found.append(_with_scale_of(direction, stylemaps))
    return found


def without_trend(stylemaps: Stylemap, values: Float64[np.ndarray, " portraits"]) -> np.ndarray:
    """Remove from stylemaps what follows a quantity linearly, such as the lightness of the skin."""
    vectors = np.asarray(stylemaps, dtype=np.float32)
    centred = (values - values.mean()).astype(np.float32)
    slope = np.tensordot(centred, vectors, axes=1) / np.square(centred).sum()
    return vectors - centred[:, None, None, None] * slope


SMILE = "smile"
SMILE_BOX = (0.2, 0.34, 0.8, 0.92)
"""Mouth, cheeks and eyes."""


def find_smile(train: list[Portrait], stylemaps: Stylemap) -> Direction:
    """Find the smile from pairs: what differs between the two portraits of a person.

    Each stylemap counts from the middle of its person's two, so that people do not differ. A step
    of amount 1 is half the usual difference between a neutral and a smiling portrait.
    """
    people = np.array([portrait.person for portrait in train])
    smiling = np.array([portrait.expression == "smiling" for portrait in train])
    own = np.array(only_inside(stylemaps, SMILE_BOX), dtype=np.float32)
    for person in np.unique(people):
        own[people == person] -= own[people == person].mean(axis=0)
    return fit_by_labels(own, smiling, name=SMILE, groups=people)


def only_inside(stylemaps: Stylemap, box: tuple[float, float, float, float]) -> np.ndarray:
    """Keep the cells whose middle is inside a box; the others become zero."""
    cells = stylemaps.shape[-1]
    middle = (np.arange(cells) + 0.5) / cells
    left, top, right, bottom = box
    inside = np.outer((middle > top) & (middle < bottom), (middle > left) & (middle < right))
    return np.asarray(stylemaps) * inside.astype(np.float32)


def _outer(values: Float64[np.ndarray, " portraits"]) -> tuple[np.ndarray, Bool[np.ndarray, " _"]]:
    """Take the portraits at both ends of a quantity; those at the upper end have it."""
    low, high = np.nanquantile(values, [OUTER_SHARE, 1 - OUTER_SHARE])
    known = np.flatnonzero((values <= low) | (values >= high))
    return known, values[known] >= high


def _with_scale_of(direction: Direction, stylemaps: Stylemap) -> Direction:
    """Measure the step on all portraits, also those in between."""
    vectors = np.asarray(stylemaps).reshape(len(stylemaps), -1)
    return replace(direction, scale=float((vectors @ np.ravel(direction.normal)).std()))

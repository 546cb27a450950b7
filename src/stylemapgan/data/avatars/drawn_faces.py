"""Drawn faces: their parts, all choices for each part, and random faces.

The choices are listed here instead of read from the library that draws, so that a release with
more parts does not change the faces of a seed. Left out are hats, costumes, eye patches, and hair
that ignores its colour, lowers the glasses or leaves no room for glasses and beards. Among the
remaining choices, exchanging one part does not change the drawing of any other. (One exception:
`mowgli`, `shaggy_mullet` and `wild` draw beards over the arms of glasses; other hair, below.)
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields

import numpy as np

from stylemapgan.errors import DataError

NONE = "none"
"""The choice that draws nothing; a missing part has the colour `none`, too."""

HAIR = (
    *(NONE, "big_hair", "bob", "braids", "bun", "buzzcut", "caesar", "caesar_side_part"),
    *("cornrows", "curly", "curvy", "dreadlocks", "dreads", "einstein_hair", "elvis"),
    *("evil_spike", "frizzle", "fro", "half_shaved", "long_not_too_long", "mia_wallace"),
    *("mohawk", "mowgli", "pixie", "pompadour", "quiff", "shaggy_mullet", "short_dreads_1"),
    *("short_dreads_2", "short_flat", "short_round", "short_waved", "sides", "straight_1"),
    *("straight_strand", "twist_long_hair", "twist_long_hair_2", "wild"),
)
EYES = (
    *("closed", "default", "eye_roll", "happy", "side", "squint", "surprised", "wink"),
    "wink_wacky",
)
BROWS = (
    *("angry", "angry_natural", "default", "default_natural", "flat_natural", "frown_natural"),
    *("raised_excited", "raised_excited_natural", "sad_concerned", "sad_concerned_natural"),
    *("unibrow_natural", "up_down", "up_down_natural"),
)
NOSES = ("default", "small", "wide")
MOUTHS = (
    *("big_smile", "concerned", "default", "disbelief", "grimace", "sad", "scream_open"),
    *("serious", "smile", "tongue", "twinkle"),
)
FACIAL_HAIR = (
    *(NONE, "beard_light", "beard_magestic", "beard_medium", "einstein_moustache"),
    *("moustache_fancy", "moustache_magnum", "wick_beard"),
)
GLASSES = (
    *(NONE, "kurt", "prescription_1", "prescription_2", "round", "sunglasses", "sunglasses_2"),
    *("wayfarers", "wayfarers_2"),
)
CLOTHING = (
    *("blazer_shirt", "blazer_sweater", "collar_sweater", "hoodie", "overall"),
    *("shirt_crew_neck", "shirt_scoop_neck", "shirt_v_neck"),
)

HAIR_COLOURS = {
    "auburn": "#A55728",
    "black": "#2C1B18",
    "blonde": "#B58143",
    "blonde_golden": "#D6B370",
    "brown": "#724133",
    "brown_dark": "#4A312C",
    "pastel_pink": "#F59797",
    "platinum": "#ECDCBF",
    "red": "#C93305",
    "silver_gray": "#E8E1E1",
}
SKIN_COLOURS = {
    "black": "#614335",
    "brown": "#D08B5B",
    "dark_brown": "#AE5D29",
    "light": "#EDB98A",
    "pale": "#FFDBB4",
    "tanned": "#FD9841",
    "yellow": "#F8D25C",
}
CLOTHING_COLOURS = {
    "black": "#262E33",
    "blue": "#5199E4",
    "blue_dark": "#25557C",
    "blue_light": "#65C9FF",
    "gray": "#929598",
    "gray_light": "#E6E6E6",
    "heather": "#3C4F5C",
    "pastel_blue": "#B1E2FF",
    "pastel_green": "#A7FFC4",
    "pastel_orange": "#FFDEB5",
    "pastel_yellow": "#FFFFB1",
    "pink": "#FF488E",
    "red": "#FF5C5C",
    "white": "#FFFFFF",
}
BACKGROUND_COLOURS = {
    "apricot": "#F2B880",
    "cream": "#F4ECD8",
    "graphite": "#4B5158",
    "lavender": "#B9A7DE",
    "lemon": "#F0DC7A",
    "mint": "#9FDCC0",
    "moss": "#6E8B57",
    "navy": "#2F4468",
    "petrol": "#2E7C83",
    "plum": "#7A4E7E",
    "rose": "#E7A3B3",
    "silver": "#C6CCD2",
    "sky": "#8CC3EE",
    "white": "#FFFFFF",
}

CHOICES: Mapping[str, tuple[str, ...]] = {
    "hair": HAIR,
    "hair_colour": tuple(HAIR_COLOURS),
    "skin_colour": tuple(SKIN_COLOURS),
    "eyes": EYES,
    "brows": BROWS,
    "nose": NOSES,
    "mouth": MOUTHS,
    "facial_hair": FACIAL_HAIR,
    "facial_hair_colour": tuple(HAIR_COLOURS),
    "glasses": GLASSES,
    "clothing": CLOTHING,
    "clothing_colour": tuple(CLOTHING_COLOURS),
    "background_colour": tuple(BACKGROUND_COLOURS),
}
"""Field of a face → its choices."""

COLOUR_OF = {"hair": "hair_colour", "facial_hair": "facial_hair_colour"}
"""Field that may be `none` → the field of its colour, which is then `none` too."""

PARTS: Mapping[str, tuple[str, ...]] = {
    "background": ("background_colour",),
    "face": ("skin_colour",),
    "hair": ("hair", "hair_colour"),
    "eyes": ("eyes",),
    "brows": ("brows",),
    "nose": ("nose",),
    "mouth": ("mouth",),
    "facial_hair": ("facial_hair", "facial_hair_colour"),
    "glasses": ("glasses",),
    "clothing": ("clothing", "clothing_colour"),
}
"""Part → its fields. Its position in this order is its value in a label map."""

CHANCES = {"hair": 0.97, "facial_hair": 0.35, "glasses": 0.4}
"""Probability of each optional part."""


@dataclass(frozen=True, kw_only=True)
class Face:
    """A drawn face: the choices that determine its picture."""

    hair: str
    hair_colour: str
    skin_colour: str
    eyes: str
    brows: str
    nose: str
    mouth: str
    facial_hair: str
    facial_hair_colour: str
    glasses: str
    clothing: str
    clothing_colour: str
    background_colour: str

    def __post_init__(self) -> None:
        absent = {colour for part, colour in COLOUR_OF.items() if getattr(self, part) == NONE}
        for field in fields(self):
            value = getattr(self, field.name)
            allowed = (NONE,) if field.name in absent else CHOICES[field.name]
            if value not in allowed:
                raise DataError(
                    f"A face cannot have {field.name} {value!r}; choose from {', '.join(allowed)}."
                )

    def attributes(self) -> dict[str, str]:
        """Return all choices, ready for JSON."""
        return asdict(self)


def draw_face(seed: int, index: int) -> Face:
    """Draw face number `index` of a seed; it depends on these two numbers alone.

    Args:
        seed: A whole number of at least 0.
        index: A whole number of at least 0.
    """
    return random_face(np.random.default_rng((seed, index)))


def random_face(random: np.random.Generator) -> Face:
    """Draw a face whose attributes are independent."""
    values = {field: _pick(random, field) for field in CHOICES}
    for part, colour in COLOUR_OF.items():
        if values[part] == NONE:
            values[colour] = NONE
    return Face(**values)


def _pick(random: np.random.Generator, field: str) -> str:
    """Choose a value; each field always consumes the same random numbers."""
    chance = CHANCES.get(field, 1.0)
    is_present = random.random() < chance
    choices = [choice for choice in CHOICES[field] if choice != NONE]
    choice = choices[int(random.integers(len(choices)))]
    return choice if is_present else NONE

"""What a folder of avatars contains, and the card that describes it."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from stylemapgan.data.avatars.drawn_faces import PARTS
from stylemapgan.errors import ConfigError, MissingExtraError
from stylemapgan.images.atomic import write_text

DRAWING = 1
"""Version of the drawing; a higher one gives other pictures for the same seed and number."""
LIBRARIES = ("python-avatars", "resvg-py")
"""The packages that draw; other versions may draw other pictures."""
LEAST_SIZE = 16
MOST_SIZE = 1024
CARD = """\
# Avatars: {count:,} drawn faces of {size}x{size} pixels

These faces are drawn by a program; they show no real person. Hair, skin, eyes, brows, nose, mouth,
facial hair, glasses, clothing and background are chosen at random, each independent of the others,
so the true result of exchanging a part between two faces can be drawn as well.

| path | content |
| --- | --- |
{contents}

## How it was made

    stylemapgan avatars OUT {flags}

Drawing version {drawing}, {versions}. The seed and a picture's number determine the face; with the
same versions, the command makes the same files.

## Licences

The parts are from python-avatars (MIT licence, copyright 2021 Ibon), whose authors credit the
designs to Pablo Stanley (avataaars.com and blush.design). resvg-py (MIT licence) rendered them.
"""
CONTENTS = {
    "train/": "{train:,} faces to train on",
    "val/": "{held_out:,} faces held out",
    "labels/": "the part that each pixel shows: {values}. A pixel belongs to the part that covers "
    "most of it; shadows, shine and clear glass hide nothing",
    "attributes.jsonl": "the choices of each face, one face in each line",
    "triples/": "{triples:,} swaps of a part: source, reference, true result, a mask of the "
    "pixels that differ, and, as in labels/, the parts of the three pictures",
}
"""Path → content; lines of missing paths are left out."""


@dataclass(frozen=True, kw_only=True)
class AvatarConfig:
    """Everything that the files of a folder of avatars depend on."""

    count: int = 20_000
    """Number of faces, including those held out."""
    size: int = 64
    """Height and width of the pictures, in pixels."""
    seed: int = 0
    """Seed of the faces."""
    validation_share: float = 0.05
    """Share of the faces that is held out: the last ones go to val/, all others to train/."""
    triples: int = 500
    """Number of swaps with their true results."""
    labels: bool = True
    """Whether to write a label map of the parts for each picture."""

    def __post_init__(self) -> None:
        for name, least in (("count", 1), ("seed", 0), ("triples", 0)):
            if getattr(self, name) < least:
                raise ConfigError(f"{name} must be at least {least}, got {getattr(self, name)}.")
        if not LEAST_SIZE <= self.size <= MOST_SIZE:
            raise ConfigError(f"size must be from {LEAST_SIZE} to {MOST_SIZE}, got {self.size}.")
        if not 0 <= self.validation_share < 1 or self.held_out == self.count:
            raise ConfigError(
                "validation_share must be at least 0 and leave a face to train on, got "
                f"{self.validation_share} of {self.count}."
            )

    @property
    def held_out(self) -> int:
        """Number of faces in val/."""
        return round(self.count * self.validation_share)

    def picture(self, index: int) -> str:
        """Return the path of a face's picture, relative to the folder."""
        part = "train" if index < self.count - self.held_out else "val"
        return f"{part}/{index:06d}.png"

    def describe(self) -> dict[str, str | int | float]:
        """List the options and everything else that pictures depend on, ready for JSON."""
        return {**asdict(self), "drawing": DRAWING, **dict(_library_versions())}


def write_card(folder: Path, config: AvatarConfig) -> None:
    """Write card.md, unless it exists."""
    path = folder / "card.md"
    if path.exists():
        return
    described = config.describe()
    numbers = {
        **described,
        "train": config.count - config.held_out,
        "held_out": config.held_out,
        "values": ", ".join(f"{value} {part}" for value, part in enumerate(PARTS)),
    }
    lines = [
        f"| `{name}` | {text.format(**numbers)} |"
        for name, text in CONTENTS.items()
        if (folder / name).exists()
    ]
    versions = ", ".join(f"{library} {described[library]}" for library in LIBRARIES)
    text = CARD.format(
        **described, contents="\n".join(lines), flags=_flags(config), versions=versions
    )
    write_text(path, text)


def _library_versions() -> Iterator[tuple[str, str]]:
    for library in LIBRARIES:
        try:
            yield library, version(library)
        except PackageNotFoundError:
            raise MissingExtraError(library, "avatars") from None


def _flags(config: AvatarConfig) -> str:
    values = asdict(config)
    labels = "--labels" if values.pop("labels") else "--no-labels"
    given = [f"--{name.replace('_', '-')} {value}" for name, value in values.items()]
    return " ".join([*given, labels])

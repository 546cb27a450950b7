"""The card that describes a folder of avatars."""

from dataclasses import asdict
from pathlib import Path

from stylemapgan.data.avatars.avatar_config import LIBRARIES, AvatarConfig
from stylemapgan.data.avatars.faces import PARTS
from stylemapgan.images.atomic import write_text

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
    "triples/": "{triples:,} swaps of a part: source, reference, true result, and a mask of the "
    "pixels that differ",
}
"""Path → content; lines of missing paths are left out."""


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
        f"| `{place}` | {text.format(**numbers)} |"
        for place, text in CONTENTS.items()
        if (folder / place).exists()
    ]
    versions = ", ".join(f"{library} {described[library]}" for library in LIBRARIES)
    text = CARD.format(
        **described, contents="\n".join(lines), flags=_flags(config), versions=versions
    )
    write_text(path, text)


def _flags(config: AvatarConfig) -> str:
    values = asdict(config)
    labels = "--labels" if values.pop("labels") else "--no-labels"
    given = [f"--{name.replace('_', '-')} {value}" for name, value in values.items()]
    return " ".join([*given, labels])

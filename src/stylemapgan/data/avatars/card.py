"""The card that tells what a folder of avatars is."""

from dataclasses import asdict
from pathlib import Path

from stylemapgan.data.avatars.config import LIBRARIES, AvatarConfig
from stylemapgan.data.avatars.parts import PARTS
from stylemapgan.images.atomic import write_text

CARD = """\
# Avatars: {count:,} drawn faces of {size}x{size} pixels

Drawn by a program, not photographs; nobody is shown. Each face is a random choice of hair, skin,
eyes, brows, nose, mouth, facial hair, glasses, clothing and background, each independent of the
others, so the true result of exchanging a part between two faces can be drawn as well.

| where | what |
| --- | --- |
{contents}

## How it was made

    stylemapgan avatars OUT {flags}

Drawing {drawing}, {versions}. The seed and a picture's number decide the face: made again with
these versions, every file is the same.

## Licences

The parts come with python-avatars (MIT licence, copyright 2021 Ibon), whose authors credit the
designs to Pablo Stanley (avataaars.com and blush.design). resvg-py (MIT licence) turned them into
pixels.
"""
CONTENTS = {
    "train/": "{train:,} faces to train on",
    "val/": "{held_out:,} faces held out",
    "labels/": "the part that each pixel shows: {values}. A pixel is the part that covers "
    "most of it; shadows, shine and clear glass hide nothing",
    "attributes.jsonl": "what each face is made of, one a line",
    "triples/": "{triples:,} swaps of a part: source, reference, true result, and a mask of the "
    "pixels that differ",
}
"""What lies where; a line shows if its folder or file is there."""


def write_card(folder: Path, settings: AvatarConfig) -> None:
    """Write card.md, unless it is there."""
    path = folder / "card.md"
    if path.exists():
        return
    described = settings.describe()
    numbers = {
        **described,
        "train": settings.count - settings.held_out,
        "held_out": settings.held_out,
        "values": ", ".join(f"{value} {part}" for value, part in enumerate(PARTS)),
    }
    lines = [
        f"| `{place}` | {text.format(**numbers)} |"
        for place, text in CONTENTS.items()
        if (folder / place).exists()
    ]
    versions = ", ".join(f"{library} {described[library]}" for library in LIBRARIES)
    text = CARD.format(
        **described, contents="\n".join(lines), flags=_flags(settings), versions=versions
    )
    write_text(path, text)


def _flags(settings: AvatarConfig) -> str:
    values = asdict(settings)
    labels = "--labels" if values.pop("labels") else "--no-labels"
    given = [f"--{name.replace('_', '-')} {value}" for name, value in values.items()]
    return " ".join([*given, labels])

"""What `stylemapgan demo` shows of the pictures in a folder."""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from stylemapgan.config import from_dict
from stylemapgan.errors import ConfigError
from stylemapgan.images.formats import IN_FOLDERS

PLAN = "demo.toml"


@dataclass(frozen=True, kw_only=True)
class DemoBox:
    """A part of a picture, in pixels of the model's image."""

    x: int
    """Left edge."""
    y: int
    """Top edge."""
    width: int
    """How far it reaches to the right."""
    height: int
    """How far it reaches down."""


@dataclass(frozen=True, kw_only=True)
class DemoShift:
    """How far a part moves, in pixels of the model's image."""

    x: int = 0
    """To the right."""
    y: int = 0
    """Down."""


@dataclass(frozen=True, kw_only=True)
class DemoEdit:
    """A part of one picture that goes into another."""

    source: str
    """Name of the picture to edit."""
    reference: str
    """Name of the picture to copy from."""
    box: DemoBox
    """What to copy."""
    shift: DemoShift = DemoShift()
    """How far it moves; transplants only."""


@dataclass(frozen=True, kw_only=True)
class DemoWalk:
    """Two pictures to interpolate between."""

    start: str
    """Name of the first picture."""
    end: str
    """Name of the last picture."""


@dataclass(frozen=True, kw_only=True)
class DemoMove:
    """A picture that is pushed along a direction."""

    source: str
    """Name of the picture to edit."""
    direction: str
    """Name of a direction that comes with the model."""
    amounts: tuple[float, ...]
    """How far, in standard deviations of photos: one picture for each."""


@dataclass(frozen=True, kw_only=True)
class DemoPlan:
    """Edits, one of each kind."""

    blend: DemoEdit
    """A part that does not move."""
    transplant: DemoEdit
    """A part that moves."""
    interpolate: DemoWalk
    """From one picture to another."""
    moves: tuple[DemoMove, ...] = ()
    """Along directions, for models that come with some."""


def read_plan(folder: Path, pictures: Sequence[Path], size: int) -> DemoPlan:
    """Read the plan in the folder, or make one if there is none.

    Args:
        folder: Where the pictures are.
        pictures: The pictures in it, for a plan of their own.
        size: Height and width of the model's image, in pixels.

    Raises:
        ConfigError: The plan cannot be read or is invalid, or there are too few pictures.
    """
    path = folder / PLAN
    if not path.exists():
        return _made_up(folder, pictures, size)
    try:
        return from_dict(DemoPlan, tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, ConfigError) as error:
        raise ConfigError(f"{path}: {error}") from None


def _made_up(folder: Path, pictures: Sequence[Path], size: int) -> DemoPlan:
    """Blend right halves, move the middle by an eighth, walk from first to last."""
    if len(pictures) < 2:
        raise ConfigError(
            f"{folder} holds {len(pictures)} pictures; a demo needs at least 2 ({IN_FOLDERS})."
        )
    first, second, last = pictures[0].name, pictures[1].name, pictures[-1].name
    half, quarter, eighth = size // 2, size // 4, size // 8
    return DemoPlan(
        blend=DemoEdit(
            source=first, reference=second, box=DemoBox(x=half, y=0, width=half, height=size)
        ),
        transplant=DemoEdit(
            source=first,
            reference=second,
            box=DemoBox(x=quarter, y=quarter, width=half, height=half),
            shift=DemoShift(x=eighth, y=eighth),
        ),
        interpolate=DemoWalk(start=first, end=last),
    )

"""Find bundled models, their sample pictures, and what `stylemapgan demo` shows of them.

`models/` holds for each NAME the weights NAME.safetensors, the model card NAME.md, and the folder
NAME with sample pictures; demo.toml, the edits that `stylemapgan demo` shows; onnx/, the networks
as ONNX files; and, for some models, directions.safetensors, parts.safetensors and
framing.safetensors.
"""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from stylemapgan.config import from_dict
from stylemapgan.errors import CheckpointError, ConfigError, ImageError
from stylemapgan.images.formats import IN_FOLDERS, SUFFIXES

BUNDLED = ("hands-64", "hands-128", "avatars-64")
"""Names of the bundled models; the first is the default of every command."""

FRAMING = "framing.safetensors"
MODELS = Path(__file__).parent / "models"
ONNX_NETWORKS = ("encoder", "mapping", "resizer", "modulation", "synthesis", "reconstruct")
"""Files of an exported model, without their suffix .onnx."""


def find(name_or_path: str | Path) -> Path:
    """Find the file of a model.

    A bundled name wins over a file of that name; `./NAME` means the file.

    Raises:
        CheckpointError: It is neither a bundled name nor a file.
    """
    if str(name_or_path) in BUNDLED:
        return MODELS / f"{name_or_path}.safetensors"
    path = Path(name_or_path)
    if path.is_dir():
        raise CheckpointError(
            f"{path} is a folder, not a model: give a .safetensors file, such as one of a run's "
            "snapshots."
        )
    if not path.exists():
        raise CheckpointError(
            f"Unknown model {str(name_or_path)!r}: give a .safetensors file or the name of a "
            f"bundled model ({', '.join(BUNDLED)})."
        )
    return path


def find_onnx(name_or_path: str | Path) -> Path | None:
    """Find the folder with a model's ONNX files, if there is one.

    Args:
        name_or_path: Name of a bundled model, or a folder that `stylemapgan export` wrote.
    """
    is_bundled = str(name_or_path) in BUNDLED
    folder = MODELS / str(name_or_path) / "onnx" if is_bundled else Path(name_or_path)
    has_networks = any((folder / f"{name}.onnx").is_file() for name in ONNX_NETWORKS)
    return folder if has_networks else None


def directions_file(name: str) -> Path | None:
    """Find the directions that come with a bundled model, if there are any."""
    return _beside(name, "directions.safetensors")


def parts_file(name: str) -> Path | None:
    """Find the parts of pictures that a bundled model knows by name, if there are any."""
    return _beside(name, "parts.safetensors")


def framing_file(name_or_path: str | Path) -> Path | None:
    """Find how the photos of a model are framed, if that is known.

    It lies in the folder of a bundled or exported model, and beside the file of any other:
    NAME.framing.safetensors beside NAME.safetensors.
    """
    if str(name_or_path) in BUNDLED:
        return _beside(str(name_or_path), FRAMING)
    path = Path(name_or_path)
    file = path / FRAMING if path.is_dir() else path.with_suffix(f".{FRAMING}")
    return file if file.is_file() else None


def sample_folder(name: str) -> Path:
    """Find the folder of pictures that comes with a bundled model.

    Raises:
        CheckpointError: There is no bundled model of that name.
    """
    if name not in BUNDLED:
        raise CheckpointError(
            f"{name!r} has no sample pictures, only the bundled models have "
            f"({', '.join(BUNDLED)}): give a folder of pictures."
        )
    return MODELS / name


def sample_pictures(name: str) -> list[Path]:
    """List the pictures that come with a bundled model, by name.

    Raises:
        CheckpointError: There is no bundled model of that name.
    """
    return pictures_in(sample_folder(name))


def pictures_in(folder: Path) -> list[Path]:
    """List the pictures of a folder, by name.

    Raises:
        ImageError: There is no such folder.
    """
    if not folder.is_dir():
        raise ImageError(f"The folder of pictures {folder} does not exist.")
    return sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES)


def _beside(name: str, file: str) -> Path | None:
    path = MODELS / name / file
    return path if name in BUNDLED and path.is_file() else None


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
class DemoPlan:
    """Three edits, one of each kind."""

    blend: DemoEdit
    """A part that does not move."""
    transplant: DemoEdit
    """A part that moves."""
    interpolate: DemoWalk
    """From one picture to another."""


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

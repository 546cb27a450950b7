"""Find bundled models and what comes with them.

`models/` holds for each NAME the weights NAME.safetensors, the model card NAME.md, and the folder
NAME with sample pictures; samples.toml, which square of them the model sees; demo.toml, the edits
that `stylemapgan demo` shows; onnx/, the networks as ONNX files; and, for some models,
directions.safetensors, parts.safetensors and framing.safetensors.
"""

from pathlib import Path

from stylemapgan.errors import CheckpointError
from stylemapgan.zoo.pictures import pictures_in

BUNDLED = ("faces-128", "hands-64", "hands-128", "avatars-64")
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


def _beside(name: str, file: str) -> Path | None:
    path = MODELS / name / file
    return path if name in BUNDLED and path.is_file() else None

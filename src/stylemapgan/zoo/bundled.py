"""Find bundled models and their sample pictures.

`models/` holds for each NAME the weights NAME.safetensors, the model card NAME.md, and the folder
NAME with sample pictures and demo.toml, the edits that `stylemapgan demo` shows.
"""

from pathlib import Path

from stylemapgan.errors import CheckpointError, ImageError

BUNDLED = ("hands-64", "hands-128", "avatars-64")
"""Names of the bundled models; the first is the default of every command."""

MODELS = Path(__file__).parent / "models"
PICTURE_SUFFIXES = (".png", ".jpg", ".jpeg", ".webp")


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
            f"There is no model {str(name_or_path)!r}: give a .safetensors file or the name of a "
            f"bundled model ({', '.join(BUNDLED)})."
        )
    return path


def sample_folder(name: str) -> Path:
    """Find the folder of pictures that comes with a bundled model.

    Raises:
        CheckpointError: There is no bundled model of that name.
    """
    if name not in BUNDLED:
        raise CheckpointError(
            f"No pictures come with {name!r}, only with the bundled models "
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
        raise ImageError(f"There is no folder of pictures at {folder}.")
    return sorted(path for path in folder.iterdir() if path.suffix.lower() in PICTURE_SUFFIXES)

"""Errors of this package; messages name what was given, what was expected and what to do."""


class StyleMapGANError(Exception):
    """Base class of all errors of this package."""


class ConfigError(StyleMapGANError):
    """A setting is unknown or invalid."""


class ImageError(StyleMapGANError):
    """A picture or mask cannot be read, or has the wrong size."""


class DataError(StyleMapGANError):
    """Photos or weights that are needed are missing or unusable."""


class CheckpointError(StyleMapGANError):
    """A model file is missing, damaged, or of another architecture."""


class EditError(StyleMapGANError):
    """Stylemaps, masks or settings of an edit do not fit each other."""


class TrainingError(StyleMapGANError):
    """A run cannot start or continue."""


class MissingExtraError(StyleMapGANError):
    """An optional package is needed and not installed."""

    def __init__(self, package: str, extra: str) -> None:
        super().__init__(
            f"This needs {package}, which is not installed: pip install 'stylemapgan[{extra}]'"
        )
        self._given = package, extra

    def __reduce__(self) -> tuple[type, tuple[str, str]]:
        """Let worker processes send it."""
        return type(self), self._given


class StorageError(StyleMapGANError):
    """A file could not be written: the disk is full, a quota is reached, or writing is denied."""

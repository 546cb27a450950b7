"""Errors raised on purpose; each message says what was given, what was expected, what to do."""


class StyleMapGANError(Exception):
    """Anything this package refuses; catch it to catch them all."""


class ConfigError(StyleMapGANError):
    """A setting that makes no sense."""


class ImageError(StyleMapGANError):
    """A picture or mask that cannot be read, or has the wrong size."""


class DataError(StyleMapGANError):
    """A folder of pictures that cannot be used for training."""


class CheckpointError(StyleMapGANError):
    """A weights file that is missing, damaged, or of another architecture."""


class EditError(StyleMapGANError):
    """Stylemaps, masks or settings of an edit that do not fit each other."""


class TrainingError(StyleMapGANError):
    """A run that cannot start or go on."""


class MissingExtraError(StyleMapGANError):
    """An optional package is needed and not installed."""

    def __init__(self, package: str, extra: str) -> None:
        super().__init__(
            f"This needs {package}, which is not installed: pip install 'stylemapgan[{extra}]'"
        )


class StorageError(StyleMapGANError):
    """A file could not be written: the disk is full, a quota is reached, or writing is denied."""

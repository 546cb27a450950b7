"""The version of this package."""

from importlib import metadata


def package_version() -> str:
    """Return the installed version; `0+unknown` for a source folder that is not installed."""
    try:
        return metadata.version("stylemapgan")
    except metadata.PackageNotFoundError:
        return "0+unknown"

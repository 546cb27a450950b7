"""What a folder of avatars is to hold."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version

from stylemapgan.errors import ConfigError, MissingExtraError

DRAWING = 1
"""Raised whenever the same seed and number would give another picture."""
LIBRARIES = ("python-avatars", "resvg-py")
"""What draws; another version may draw otherwise."""
LEAST_SIZE = 16
MOST_SIZE = 1024


@dataclass(frozen=True, kw_only=True)
class AvatarConfig:
    """All that the files of a folder of avatars depend on."""

    count: int = 20_000
    """How many faces, those held out included."""
    size: int = 64
    """Height and width of the pictures, in pixels."""
    seed: int = 0
    """Another seed gives other faces."""
    validation_share: float = 0.05
    """Share of the faces that is held out: the last ones, in val/; all others are in train/."""
    triples: int = 500
    """How many swaps with their true results."""
    labels: bool = True
    """Whether to write a map of the parts beside each picture."""

    def __post_init__(self) -> None:
        for name, least in (("count", 1), ("seed", 0), ("triples", 0)):
            if getattr(self, name) < least:
                raise ConfigError(f"{name} must be at least {least}, got {getattr(self, name)}.")
        if not LEAST_SIZE <= self.size <= MOST_SIZE:
            raise ConfigError(f"size must be from {LEAST_SIZE} to {MOST_SIZE}, got {self.size}.")
        if not 0 <= self.validation_share < 1 or self.held_out == self.count:
            raise ConfigError(
                "validation_share must be from 0 to below 1 and leave a face to train on, got "
                f"{self.validation_share} of {self.count}."
            )

    @property
    def held_out(self) -> int:
        """How many faces are in val/."""
        return round(self.count * self.validation_share)

    def place(self, index: int) -> str:
        """Name the picture of a face, relative to the folder."""
        part = "train" if index < self.count - self.held_out else "val"
        return f"{part}/{index:06d}.png"

    def describe(self) -> dict[str, str | int | float]:
        """List the settings and what else decides how pictures come out, ready for JSON."""
        return {**asdict(self), "drawing": DRAWING, **dict(_library_versions())}


def _library_versions() -> Iterator[tuple[str, str]]:
    for library in LIBRARIES:
        try:
            yield library, version(library)
        except PackageNotFoundError:
            raise MissingExtraError(library, "avatars") from None

"""What a folder of avatars contains."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version

from stylemapgan.errors import ConfigError, MissingExtraError

DRAWING = 1
"""Version of the drawing; a higher one gives other pictures for the same seed and number."""
LIBRARIES = ("python-avatars", "resvg-py")
"""The packages that draw; other versions may draw other pictures."""
LEAST_SIZE = 16
MOST_SIZE = 1024


@dataclass(frozen=True, kw_only=True)
class AvatarConfig:
    """Everything that the files of a folder of avatars depend on."""

    count: int = 20_000
    """Number of faces, including those held out."""
    size: int = 64
    """Height and width of the pictures, in pixels."""
    seed: int = 0
    """Seed of the faces."""
    validation_share: float = 0.05
    """Share of the faces that is held out: the last ones go to val/, all others to train/."""
    triples: int = 500
    """Number of swaps with their true results."""
    labels: bool = True
    """Whether to write a label map of the parts for each picture."""

    def __post_init__(self) -> None:
        for name, least in (("count", 1), ("seed", 0), ("triples", 0)):
            if getattr(self, name) < least:
                raise ConfigError(f"{name} must be at least {least}, got {getattr(self, name)}.")
        if not LEAST_SIZE <= self.size <= MOST_SIZE:
            raise ConfigError(f"size must be from {LEAST_SIZE} to {MOST_SIZE}, got {self.size}.")
        if not 0 <= self.validation_share < 1 or self.held_out == self.count:
            raise ConfigError(
                "validation_share must be at least 0 and leave a face to train on, got "
                f"{self.validation_share} of {self.count}."
            )

    @property
    def held_out(self) -> int:
        """Number of faces in val/."""
        return round(self.count * self.validation_share)

    def picture(self, index: int) -> str:
        """Return the path of a face's picture, relative to the folder."""
        part = "train" if index < self.count - self.held_out else "val"
        return f"{part}/{index:06d}.png"

    def describe(self) -> dict[str, str | int | float]:
        """List the options and everything else that pictures depend on, ready for JSON."""
        return {**asdict(self), "drawing": DRAWING, **dict(_library_versions())}


def _library_versions() -> Iterator[tuple[str, str]]:
    for library in LIBRARIES:
        try:
            yield library, version(library)
        except PackageNotFoundError:
            raise MissingExtraError(library, "avatars") from None

"""Public weights of feature networks: a file given by the user, or a verified download."""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from stylemapgan.config import user_folders
from stylemapgan.errors import DataError
from stylemapgan.features.download import OnProgress, fetch, file_sha256

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class PublicWeights:
    """A published weights file, identified by its SHA-256."""

    name: str
    url: str
    size: int
    """In bytes."""
    sha256: str

    def load(
        self,
        alternative: str,
        given: Sequence[Path] = (),
        on_progress: OnProgress | None = None,
    ) -> dict[str, Tensor]:
        """Read the weights; download them into the cache the first time.

        Args:
            alternative: What to do without a connection; completes "put the file there, or".
            given: Files or folders to search first.
            on_progress: Called with the progress of the download.

        Raises:
            DataError: The file is missing and cannot be downloaded, or is another file.
        """
        path = find_weights(self, given) or cache_folder() / self.name
        if not path.exists():
            self._fetch(path, alternative, given, on_progress)
        found = file_sha256(path)
        if found != self.sha256:
            raise DataError(f"{path} is not {self.name}: SHA-256 {found}, expected {self.sha256}")
        return torch.load(path, map_location="cpu", weights_only=True)

    def _fetch(
        self, path: Path, alternative: str, given: Sequence[Path], on_progress: OnProgress | None
    ) -> None:
        logger.info("Downloading %s into %s.", self.url, path.parent)
        try:
            fetch(self.url, path, self.size, self.sha256, on_progress)
        except DataError as error:
            searched = f"is not in {', '.join(map(str, given))} and " if given else ""
            raise DataError(
                f"{self.name} {searched}could not be downloaded from {self.url} ({error}): "
                f"put the file into {path.parent}, or {alternative}"
            ) from None


def find_weights(public: PublicWeights, given: Sequence[Path]) -> Path | None:
    """Find public weights among files and folders by name, or by content under another name.

    Args:
        public: The weights to find.
        given: Files, and folders to search without their subfolders.

    Raises:
        DataError: A given file or folder does not exist.
    """
    files = [file for path in given for file in _files(path)]
    for file in files:
        if file.name == public.name:
            return file
    for file in files:
        if file.stat().st_size == public.size and file_sha256(file) == public.sha256:
            return file
    return None


def _files(path: Path) -> Iterator[Path]:
    if path.is_dir():
        yield from sorted(file for file in path.iterdir() if file.is_file())
    elif path.is_file():
        yield path
    else:
        raise DataError(f"{path} not found: expected a file or folder with weights.")


def cache_folder() -> Path:
    """Find the folder of downloaded weights: `$XDG_CACHE_HOME/stylemapgan/weights`."""
    return user_folders.cache_folder() / "weights"


VGG16 = PublicWeights(
    name="vgg16-397923af.pth",
    url="https://download.pytorch.org/models/vgg16-397923af.pth",
    size=553_433_881,
    sha256="397923af8e79cdbb6a7127f12361acd7a2f83e06b05044ddf496e83de57a5bf0",
)
"""ImageNet weights of VGG16 (Simonyan and Zisserman, ICLR 2015), by torchvision."""
LPIPS_VGG = PublicWeights(
    name="vgg.pth",
    url=(
        "https://raw.githubusercontent.com/richzhang/PerceptualSimilarity/master/"
        "lpips/weights/v0.1/vgg.pth"
    ),
    size=7_289,
    sha256="a78928a0af1e5f0fcb1f3b9e8f8c3a2a5a3de244d830ad5c1feddc79b8432868",
)
"""How much each channel of VGG16 counts (Zhang et al., CVPR 2018), version 0.1."""

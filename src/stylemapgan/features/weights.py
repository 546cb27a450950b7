"""Public weights of feature networks: a file given by the user, or fetched once and checked."""

import hashlib
import logging
import os
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError

import torch
from torch import Tensor

from stylemapgan.errors import DataError

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class PublicWeights:
    """A file that others publish; equal bytes wherever it comes from."""

    name: str
    url: str
    sha256: str

    def load(self, folder: Path | None = None) -> dict[str, Tensor]:
        """Read the weights, fetching them into the cache the first time.

        Args:
            folder: Where the file lies already; the cache if None.

        Raises:
            DataError: The file is missing and cannot be fetched, or is another file.
        """
        path = (folder or cache_folder()) / self.name
        if folder is None and not path.exists():
            self._fetch(path)
        if not path.is_file():
            raise DataError(f"{path} is missing: it can be fetched from {self.url}")
        found = hashlib.sha256(path.read_bytes()).hexdigest()
        if found != self.sha256:
            raise DataError(f"{path} is not {self.name}: SHA-256 {found}, expected {self.sha256}")
        return torch.load(path, map_location="cpu", weights_only=True)

    def _fetch(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        logger.info("Fetching %s into %s.", self.url, path.parent)
        try:
            torch.hub.download_url_to_file(self.url, str(path), self.sha256, progress=False)
        except (URLError, OSError, RuntimeError) as error:
            raise DataError(
                f"{self.name} could not be fetched from {self.url} ({error}): put the file into "
                f"{path.parent}, or use --perceptual-network efficientnet-lite0, "
                "which needs no download"
            ) from None


def cache_folder() -> Path:
    """Where fetched weights stay: `$XDG_CACHE_HOME/stylemapgan/weights`."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "stylemapgan" / "weights"


VGG16 = PublicWeights(
    name="vgg16-397923af.pth",
    url="https://download.pytorch.org/models/vgg16-397923af.pth",
    sha256="397923af8e79cdbb6a7127f12361acd7a2f83e06b05044ddf496e83de57a5bf0",
)
"""ImageNet weights of VGG16 (Simonyan and Zisserman, ICLR 2015), by torchvision."""
LPIPS_VGG = PublicWeights(
    name="vgg.pth",
    url=(
        "https://raw.githubusercontent.com/richzhang/PerceptualSimilarity/master/"
        "lpips/weights/v0.1/vgg.pth"
    ),
    sha256="a78928a0af1e5f0fcb1f3b9e8f8c3a2a5a3de244d830ad5c1feddc79b8432868",
)
"""How much each channel of VGG16 counts (Zhang et al., CVPR 2018), version 0.1."""

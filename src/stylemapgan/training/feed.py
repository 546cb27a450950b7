"""Photos for one update after another, mirrored at random and on the device that trains."""

import numpy as np
import torch
from torch import Tensor

from stylemapgan.config import TrainConfig
from stylemapgan.data import AbstractPhotos, Prefetcher
from stylemapgan.training import steps
from stylemapgan.types import Share


class PhotoFeed:
    """Each process's part of every batch; it follows from the seed and the images seen."""

    def __init__(
        self, photos: AbstractPhotos, config: TrainConfig, share: Share, device: torch.device
    ) -> None:
        self._photos = photos
        self._config = config
        self._share = share
        self._device = device
        self._prefetcher = Prefetcher(photos, config.batch, share, config.seed)

    def take(self, images_seen: int) -> Tensor:
        """Fetch the photos of the batch that begins after so many images."""
        config = self._config
        if config.speed.prefetch:
            taken = self._prefetcher.take(images_seen)
        else:
            taken = self._photos.batch(images_seen, config.batch, self._share, config.seed)
        draw = np.random.default_rng((config.seed, 1, images_seen)).random(config.batch)
        flips = (draw < 0.5) & config.horizontal_flips
        real = torch.from_numpy(taken)
        is_flipped = torch.from_numpy(flips[self._share.rows])
        real[is_flipped] = real[is_flipped].flip(-1)
        if self._device.type == "cuda":
            real = real.pin_memory()
        real = real.to(self._device, non_blocking=True)
        return steps.lay_out(real, config)

    def __enter__(self) -> "PhotoFeed":
        return self

    def __exit__(self, *_: object) -> None:
        self._prefetcher.close()

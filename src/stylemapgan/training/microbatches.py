"""The photos of one update: fetched, changed at random, and divided into microbatches."""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import torch
from jaxtyping import Bool, Float, UInt8
from torch import Tensor

from stylemapgan.augment import BatchRandomness, augment_photos
from stylemapgan.config import TrainConfig
from stylemapgan.data import AbstractPhotos, Prefetcher
from stylemapgan.data.label_maps import LabelMapSet
from stylemapgan.types import WHOLE, Share


class Phase(IntEnum):
    """Parts of an iteration; each has its own random numbers."""

    GENERATOR = 0
    DISCRIMINATOR = 1
    PENALTY = 2
    RECONSTRUCTION = 3
    HEAD_START = 4
    PHOTOS = 5
    FEATURES = 6


def random_source(seed: int, images_seen: int, phase: Phase) -> torch.Generator:
    """Make the CPU generator of all random numbers of a phase."""
    entropy = np.random.SeedSequence((seed, 2, images_seen, phase))
    return torch.Generator().manual_seed(int(entropy.generate_state(1)[0]))


@dataclass(frozen=True, eq=False)
class Microbatch:
    """Photos for one pass through the networks, and the randomness that belongs to them.

    All random numbers follow from the seed, the images seen and the phase, and are drawn for
    the whole batch: however it is divided, each image gets the same ones. So a run resumes
    without saved states of random number generators.
    """

    real: Float[Tensor, "microbatch 3 height width"]
    seed: int
    images_seen: int
    share: Share = WHOLE
    label_maps: UInt8[Tensor, "microbatch height width"] | None = None
    """The photos' maps of parts, for methods that need them."""

    def randomness(self, phase: Phase) -> BatchRandomness:
        """Start the random numbers of a phase."""
        return BatchRandomness(random_source(self.seed, self.images_seen, phase), self.share)

    def split(self, count: int) -> "list[Microbatch]":
        """Divide the photos into `count` microbatches of equal length."""
        inner = Share().split(count)
        maps = self.label_maps
        return [
            Microbatch(
                real=self.real[part.rows],
                seed=self.seed,
                images_seen=self.images_seen,
                share=share,
                label_maps=None if maps is None else maps[part.rows],
            )
            for part, share in zip(inner, self.share.split(count), strict=True)
        ]


class PhotoFeed:
    """Fetches each process's share of every batch; the seed and the images seen determine it.

    Args:
        photos: Source of the photos.
        config: Batch, seed and random changes.
        share: Which photos of a batch this process trains on.
        device: Where they go.
        label_maps: Their maps of parts, for methods that need them.
    """

    def __init__(
        self,
        photos: AbstractPhotos,
        config: TrainConfig,
        share: Share,
        device: torch.device,
        label_maps: LabelMapSet | None = None,
    ) -> None:
        self._photos = photos
        self._label_maps = label_maps
        self._config = config
        self._share = share
        self._device = device
        self._prefetcher = Prefetcher(photos, config.batch, share, config.seed)

    def take(self, images_seen: int) -> Tensor:
        """Fetch the photos of the batch that begins after `images_seen` images."""
        config = self._config
        if config.speed.prefetch:
            taken = self._prefetcher.take(images_seen)
        else:
            taken = self._photos.batch(images_seen, config.batch, self._share, config.seed)
        real = torch.from_numpy(taken)
        is_flipped = self._flips(images_seen)
        real[is_flipped] = real[is_flipped].flip(-1)
        if not config.photo_augmentation.is_off:
            source = random_source(config.seed, images_seen, Phase.PHOTOS)
            randomness = BatchRandomness(source, self._share)
            real = augment_photos(real, config.photo_augmentation, randomness)
        if self._device.type == "cuda":
            real = real.pin_memory()
        real = real.to(self._device, non_blocking=True)
        return lay_out(real, config)

    def take_label_maps(self, images_seen: int) -> UInt8[Tensor, "microbatch height width"] | None:
        """Fetch the maps of the photos that `take` gives, flipped alike; None if not needed."""
        if self._label_maps is None:
            return None
        config = self._config
        taken = self._label_maps.batch(images_seen, config.batch, self._share, config.seed)
        maps, is_flipped = torch.from_numpy(taken), self._flips(images_seen)
        maps[is_flipped] = maps[is_flipped].flip(-1)
        return maps.to(self._device)

    def _flips(self, images_seen: int) -> Bool[Tensor, " rows"]:
        """Draw which photos of a batch are mirrored."""
        config = self._config
        draw = np.random.default_rng((config.seed, 1, images_seen)).random(config.batch)
        flips = (draw < 0.5) & config.horizontal_flips
        return torch.from_numpy(flips[self._share.rows])

    def __enter__(self) -> "PhotoFeed":
        return self

    def __exit__(self, *_: object) -> None:
        self._prefetcher.close()


def lay_out(images: Tensor, config: TrainConfig) -> Tensor:
    """Put images into the memory format that the configuration names."""
    if not config.speed.channels_last:
        return images.contiguous()
    return images.contiguous(memory_format=torch.channels_last)

"""What methods that optimise a latent for each photo have in common."""

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar, Generic, TypeVar, final

import numpy as np
import torch
from jaxtyping import Float, Float32
from torch import Tensor

from stylemapgan.checkpoints.method_file import MethodCheckpoint
from stylemapgan.config.optimising import OptimisationConfig
from stylemapgan.editing.checks import refuse_unfit_images
from stylemapgan.editing.edit import Edit
from stylemapgan.errors import EditError
from stylemapgan.images.levels import batch_for, to_numpy
from stylemapgan.images.resizing import shrink
from stylemapgan.methods.abstract import AbstractTrainedMethod, Capabilities, LabelMaps, Latent
from stylemapgan.methods.backbone.minimising import AbstractOptimiserSettings, OnSteps
from stylemapgan.methods.backbone.opening import AbstractFrozenNetworks
from stylemapgan.methods.backbone.placed_parts import PlacedPart, placed_parts, union
from stylemapgan.methods.backbone.result_cache import (
    Arrays,
    Progress,
    ResultCache,
    RowNumbers,
)
from stylemapgan.methods.photo_sizes import photo_size
from stylemapgan.types import Images

Self = TypeVar("Self", bound="AbstractOptimiser[Any, Any]")
PHOTO = "photo"
PICTURE = "picture"
Photos = Float[Tensor, "photos 3 size size"]
OnStep = Callable[[int], None]
Settings = TypeVar("Settings", bound=AbstractOptimiserSettings)
Networks = TypeVar("Networks", bound=AbstractFrozenNetworks[Any])


class AbstractOptimiser(AbstractTrainedMethod, Generic[Settings, Networks]):
    """Finds latents of a generator by optimisation; what differs is the loss, and the edit.

    Results are kept on disk, so that work that was interrupted goes on where it stopped. Photos
    that are optimised together do not influence each other, but how numbers are rounded may
    depend on how many there are.
    """

    defaults: ClassVar[Any]
    """Settings as published."""
    most_at_once: ClassVar[int] = 8
    """How many photos of up to 128 pixels are optimised together."""
    capabilities: ClassVar[Capabilities] = Capabilities(
        reconstructs=True,
        generates=True,
        interpolates=True,
        edits_by_mask=True,
        time="optimisation",
    )

    def __init__(self, backbone: Networks, settings: Settings, cache: ResultCache) -> None:
        self.backbone = backbone
        self.settings = settings
        self.on_steps: OnSteps | None = None
        """Called with the steps done and the most that there may be, counted over photos, so
        that a caller can show the time left."""
        self.noise = backbone.noise()
        self._cache = cache
        self.start()

    @classmethod
    def open(
        cls, checkpoint: MethodCheckpoint, settings: Settings | None = None
    ) -> "AbstractOptimiser[Settings, Networks]":
        """Build the networks of a model file, and keep results in the user's cache folder."""
        backbone = cls.open_networks(checkpoint)
        chosen: Settings = cls.defaults if settings is None else settings
        return cls(backbone, chosen, ResultCache.for_method(cls.name, backbone.digest, chosen))

    @staticmethod
    @abstractmethod
    def open_networks(checkpoint: MethodCheckpoint) -> Networks:
        """Build the networks of a model file.

        Raises:
            CheckpointError: The file is another method's, or its tensors do not fit.
        """

    @abstractmethod
    def start(self) -> None:
        """Build what the losses need beside the model's networks."""

    @abstractmethod
    def invert(self, photos: Photos, on_step: OnStep) -> dict[str, Tensor]:
        """Optimise latents of photos.

        Args:
            photos: On the device of the networks.
            on_step: To call with the number of steps done.
        """

    @abstractmethod
    def generate(self, latent: Latent) -> Photos:
        """Generate the pictures of latents."""

    @abstractmethod
    def paste(self, source: Latent, parts: Sequence[PlacedPart]) -> dict[str, np.ndarray]:
        """Paste parts, one after another.

        Args:
            source: Latents of photos that all change.
            parts: With a row for each source.

        Returns:
            What becomes of the latents' arrays.
        """

    def encode(self, images: Images, label_maps: LabelMaps | None = None) -> Latent:
        """Optimise a latent for each photo; larger photos are shrunk first."""
        del label_maps
        refuse_unfit_images(images, photo_size(images, self.image_size))
        photos = to_numpy(shrink(images, self.image_size))
        return Latent({**self.optimised(self.invert, photos), PHOTO: photos})

    def decode(self, latent: Latent) -> Images:
        """Generate pictures, unless an edit made them already."""
        if PICTURE in latent.arrays:
            return to_numpy(latent.arrays[PICTURE])
        with torch.no_grad():
            return to_numpy(self.generate(latent))

    def edit(self, source: Latent, edit: Edit) -> Latent:
        """Paste parts; photos that nothing is pasted into keep their latents."""
        if edit.pushes:
            self._refuse("moves_along_directions")
        source, parts = placed_parts(source, edit, self.image_size, self)
        if not parts:
            return source
        touched = np.flatnonzero(union(parts).any(axis=(1, 2, 3))).astype(np.int64)
        if len(touched) == 0:
            return source
        changed = self.paste(source[touched], [part[touched] for part in parts])
        arrays = {name: to_numpy(array).copy() for name, array in source.arrays.items()}
        for name, array in changed.items():
            arrays[name][touched] = array
        return Latent(arrays)

    def interpolate(
        self, start: Latent, end: Latent, positions: Float32[np.ndarray, " photos"]
    ) -> Latent:
        """Walk straight from latent to latent."""

        def between(name: str) -> np.ndarray:
            first, last = self.array(start, name), self.array(end, name)
            share = positions.reshape(-1, *[1] * (first.ndim - 1))
            return (1 - share) * first + share * last

        return Latent(
            {name: between(name) for name in start.arrays if name not in (PHOTO, PICTURE)}
        )

    def cut_short(self: Self, limits: OptimisationConfig) -> Self:
        """Give the same method with fewer steps or less time for each photo."""
        settings = self.settings.cut_short(limits)
        if settings == self.settings:
            return self
        cache = ResultCache.for_method(self.name, self.backbone.digest, settings)
        return type(self)(self.backbone, settings, replace(cache, folder=self._cache.folder))

    def watch(self, on_steps: OnSteps) -> None:
        """Call something with the steps done and the most that there may be."""
        self.on_steps = on_steps

    def for_timing(self) -> "AbstractOptimiser[Settings, Networks]":
        """Give the same method without results from before."""
        return type(self)(self.backbone, self.settings, replace(self._cache, folder=None))

    def optimised(self, compute: Callable[..., dict[str, Tensor]], *inputs: np.ndarray) -> Arrays:
        """Optimise, unless the results are kept from before.

        Args:
            compute: Is given tensors of some rows, and a function to call with the number of
                steps done; returns results with a row for each.
            inputs: What results follow from, with a row for each photo.
        """
        most = self.settings.all_steps

        def on_rows(rows: RowNumbers, progress: Progress) -> Arrays:
            def on_step(step: int) -> None:
                if self.on_steps:
                    self.on_steps(progress.done * most + len(rows) * step, progress.missing * most)

            tensors = [self.backbone.as_tensor(array[rows]) for array in inputs]
            with torch.enable_grad():
                made = compute(*tensors, on_step)
            on_step(most)  # those that stopped early are done too
            return {name: to_numpy(tensor) for name, tensor in made.items()}

        return self._cache.results(inputs, on_rows, batch_for(self.image_size, self.most_at_once))

    def array(self, latent: Latent, name: str) -> np.ndarray:
        """Get one of the arrays of a latent.

        Raises:
            EditError: The latent is another method's, or was not encoded.
        """
        if name not in latent.arrays:
            raise EditError(
                f"The method {self.name} edits what it encoded itself, got a latent of "
                f"{', '.join(latent.arrays)}."
            )
        return to_numpy(latent.arrays[name])

    def tensor(self, latent: Latent, name: str) -> Tensor:
        """Get one of the arrays of a latent, on the device of the networks."""
        return self.backbone.as_tensor(self.array(latent, name))

    def z(self, count: int, seed: int) -> Float[Tensor, "count z"]:
        """Draw noise vectors; the first ones are the same for every count."""
        shape = count, self.backbone.generator.z_channels
        z = np.random.default_rng(seed).standard_normal(shape)
        return self.backbone.as_tensor(z)

    @property
    def image_size(self) -> int:
        """Height and width of the model's pictures, in pixels."""
        return self.backbone.config.image_size

    @property
    @final
    def encoding(self) -> str:
        """Each optimiser has latents of its own, for each model and all settings."""
        return f"{self.name} {self._cache.owner}"

    @property
    @final
    def parameter_bytes(self) -> int:
        """Parameters of all networks of the model."""
        parameters = self.backbone.parameters()
        return sum(each.numel() * each.element_size() for each in parameters)

    @property
    @final
    def runs_on(self) -> Mapping[str, str]:
        """Name PyTorch's device and threads."""
        return {
            "engine": "PyTorch",
            "device": str(self.backbone.device),
            "threads": str(torch.get_num_threads()),
        }

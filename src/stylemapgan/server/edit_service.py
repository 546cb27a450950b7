"""Everything that edits need, with a cache: a live frame computes only what has changed."""

import hashlib
import time
from collections.abc import Callable, Hashable, Sequence
from dataclasses import replace
from typing import TypeAlias, TypeVar

import numpy as np

from stylemapgan.config import ModelConfig
from stylemapgan.editing.edit_masks import PlainMask
from stylemapgan.editing.edit_rendering import placed_photo, turned_crop
from stylemapgan.editing.operations import AnyStylemap, WPlus
from stylemapgan.editing.photo import CroppedPhoto, Patch, PlacedPhoto, Square, fit
from stylemapgan.editing.photo.square import Point
from stylemapgan.images.levels import to_numpy
from stylemapgan.server.expiring_store import ExpiringStore
from stylemapgan.server.photo_store import PhotoStore
from stylemapgan.server.served_method import ServedMethod
from stylemapgan.server.served_model import ServedModel
from stylemapgan.server.served_models import ServedModels
from stylemapgan.server.server_config import MB, ServerConfig
from stylemapgan.server.stylemap_store import StoredStylemap, StylemapStore
from stylemapgan.types import Images, Stylemap

CACHE_SHARE = 0.3
"""Share of the memory for cached results."""
PAINTERS_SHARE = 0.2
"""Share of the memory for painters; one of `hands-128` needs 12 MB."""
LEAST_RESIZED = 2
"""Resized stylemaps that are always cached, as is one painter, whatever the memory limit: a source
and a reference. Without them, each picture of a large model would take three times as long."""
PLANES = 12
"""Planes of numbers at the model's resolution that a photo prepared for pasting keeps."""
OVERHEAD = 1000
"""Bytes that a cached result is assumed to need besides its numbers."""

Cached = TypeVar("Cached")
Painter: TypeAlias = Callable[[WPlus], Images]


class EditService:
    """Photos, stylemaps and models of one server, and cached results."""

    def __init__(
        self,
        config: ServerConfig,
        models: ServedModels,
        photos: PhotoStore,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Start with an empty cache."""
        self.models = models
        self.photos = photos
        self.stylemaps = StylemapStore(config, clock)
        memory, keep_seconds = config.memory_megabytes * MB, 60 * config.keep_minutes
        self.cache: ExpiringStore[object] = ExpiringStore(
            CACHE_SHARE * memory, keep_seconds=keep_seconds, clock=clock
        )
        self.painters: ExpiringStore[Painter] = ExpiringStore(
            PAINTERS_SHARE * memory, keep_seconds=keep_seconds, clock=clock
        )

    def forget_expired(self) -> None:
        """Remove everything that has expired."""
        photos, stylemaps = self.photos, self.stylemaps
        for store in (photos.files, photos.decoded, stylemaps.entries, self.cache, self.painters):
            store.forget_expired()

    def keep_alive(self, stylemap_id: str) -> None:
        """Count a use of a stylemap and its photo, so that they do not expire."""
        stylemap = self.stylemaps.entries.get(stylemap_id)
        if stylemap is not None and stylemap.photo is not None:
            self.photos.files.get(stylemap.photo)

    def model_of(self, stylemap: StoredStylemap) -> ServedModel:
        """Find the model that a stylemap belongs to."""
        return self.models.get(stylemap.model)

    def encode(self, model: ServedModel, photo: str, square: Square) -> StoredStylemap:
        """Encode the square of a photo, and judge how well the model represents it."""
        image = self.photos.read(photo).crop(square, model.image_size)
        array = model.encode(image)
        stylemap = StoredStylemap(model=model.name, array=array, photo=photo, square=square)
        reconstruction = self.reconstruction(stylemap)
        return replace(stylemap, fit=fit(image, reconstruction, model.typical_errors))

    def resize(self, model: ServedModel, stylemap: Stylemap) -> Sequence[AnyStylemap]:
        """Resize a stylemap; cached."""
        content = to_numpy(stylemap).tobytes()
        key = ("resized", model.name, hashlib.sha256(content).digest())
        self.cache.raise_limit(LEAST_RESIZED * (_bytes_of_resized(model.config) + OVERHEAD))
        return self._cached(key, lambda: model.editor.resize(stylemap), _bytes_of_arrays)

    def reconstruction(self, stylemap: StoredStylemap) -> Images:
        """Decode a stylemap; cached."""
        model = self.model_of(stylemap)

        def decode() -> Images:
            if isinstance(model, ServedMethod):
                return model.decode(stylemap.array)
            array = model.editor.as_array(stylemap.array)
            return to_numpy(model.editor.synthesize(self.resize(model, array)))

        return self._cached(("reconstruction", stylemap.id), decode, lambda image: image.nbytes)

    def painter(self, model: ServedModel, connection: str) -> Painter:
        """Find the painter of a live connection: it reuses what the last frame computed."""
        name = f"{connection} {model.name}"
        painter = self.painters.get(name)
        if painter is None:
            painter = model.editor.painter()
            length = _bytes_of_painter(model.config)
            self.painters.raise_limit(length)
            self.painters.put(name, painter, length)
        return painter

    def forget_connection(self, connection: str) -> None:
        """Remove the painters of a closed live connection."""
        for model in self.models:
            self.painters.forget(f"{connection} {model.name}")

    def picture(self, stylemap: StoredStylemap) -> CroppedPhoto:
        """Find a stylemap's photo and square; for a random stylemap, its reconstruction."""
        if stylemap.photo is not None and stylemap.square is not None:
            return CroppedPhoto(photo=self.photos.read(stylemap.photo), square=stylemap.square)
        return CroppedPhoto.of_image(self.reconstruction(stylemap))

    def patch(self, stylemap: StoredStylemap, size: int) -> Patch:
        """Prepare the square of a stylemap's photo for pasting edits in; cached."""

        def prepare() -> Patch:
            picture = self.picture(stylemap)
            return Patch(picture.photo, picture.square, self.reconstruction(stylemap), size)

        length = 4 * size**2 + self._bytes_of_planes(stylemap)
        return self._cached(("patch", stylemap.id, size), prepare, lambda _: length)

    def turned(
        self, stylemap: StoredStylemap, pivot: Point, rotation: float, scale: float
    ) -> StoredStylemap:
        """Encode a stylemap's picture, turned and scaled about a point; cached."""

        def encode() -> StoredStylemap:
            model = self.model_of(stylemap)
            size = model.image_size
            crop = turned_crop(size, self.picture(stylemap), pivot, rotation, scale)
            array = model.encode(crop.image(size))
            photo = stylemap.photo
            square = None if photo is None else crop.square
            return StoredStylemap(model=stylemap.model, array=array, photo=photo, square=square)

        key = ("turned", stylemap.id, pivot, round(rotation, 1), round(scale, 3))
        return self._cached(key, encode, lambda turned: turned.array.nbytes)

    def placed(self, stylemap: StoredStylemap, shift: tuple[int, int]) -> PlacedPhoto | None:
        """Place a stylemap's photo over the square that is edited; None for a random stylemap.

        Args:
            stylemap: The reference, turned and scaled already.
            shift: How far it moves down and to the right, in pixels of the model's image.
        """
        if stylemap.photo is None:
            return None
        return placed_photo(self.picture(stylemap), self.reconstruction(stylemap), shift)

    def placed_preview(
        self, stylemap: StoredStylemap, shift: tuple[int, int], size: int
    ) -> PlacedPhoto | None:
        """Like `placed`, cut out for previews of a size; cached, so that a stroke cuts nothing."""

        def cut_out() -> PlacedPhoto | None:
            placed = self.placed(stylemap, shift)
            return placed and placed.for_previews(size)

        key = ("placed", stylemap.id, shift, size)
        length = 8 * size**2 + self._bytes_of_planes(stylemap)
        return self._cached(key, cut_out, lambda _: length)

    def parts(self, stylemap: StoredStylemap) -> dict[str, PlainMask]:
        """Find the automatic parts of a stylemap's picture; none if the model has none. Cached."""
        model = self.model_of(stylemap)

        def find() -> dict[str, PlainMask]:
            if isinstance(model, ServedMethod):
                return model.find_parts(stylemap.array)
            parts = model.parts
            if parts is None:
                return {}
            w_plus = self.resize(model, model.editor.as_array(stylemap.array))
            masks = parts.masks(model.editor, w_plus)
            return {name: to_numpy(mask) for name, mask in masks.items()}

        key = ("parts", stylemap.id)
        return self._cached(key, find, lambda masks: sum(mask.nbytes for mask in masks.values()))

    def _bytes_of_planes(self, stylemap: StoredStylemap) -> int:
        """Count the bytes that a photo and its reconstruction need for comparing them."""
        return PLANES * 4 * self.model_of(stylemap).image_size ** 2

    def _cached(
        self, key: Hashable, compute: Callable[[], Cached], length: Callable[[Cached], int]
    ) -> Cached:
        """Take a result from the cache, or compute it."""
        name = repr(key)
        cached = self.cache.get(name)
        if cached is None:
            cached = compute()
            self.cache.put(name, cached, length(cached) + OVERHEAD)
        return cached  # type: ignore[return-value]


def _bytes_of_resized(config: ModelConfig) -> int:
    """Count the bytes of one picture's w_plus."""
    return _bytes_of_maps(config, config.resizer_widths)


def _bytes_of_painter(config: ModelConfig) -> int:
    """Count the bytes of what a painter keeps: w_plus, and scales and shifts."""
    return _bytes_of_resized(config) + 2 * _bytes_of_maps(config, config.generator_widths)


def _bytes_of_maps(config: ModelConfig, widths: Sequence[int]) -> int:
    """Count the bytes of feature maps, two at each resolution."""
    sides = [config.stylemap_size * 2**level for level in range(config.doublings + 1)]
    return sum(2 * 4 * width * side**2 for width, side in zip(widths, sides, strict=True))


def _bytes_of_arrays(arrays: Sequence[AnyStylemap]) -> int:
    return sum(int(np.prod(array.shape)) * 4 for array in arrays)

"""Everything that edits need more than once, made once: a live picture costs only what changed."""

import hashlib
import time
from collections.abc import Callable, Hashable, Sequence
from typing import TypeAlias, TypeVar

import numpy as np
from PIL import Image

from stylemapgan.config import ModelConfig
from stylemapgan.editing.operations import AnyStylemap, WPlus
from stylemapgan.editing.photo import FullPhoto, Patch, Square, fit
from stylemapgan.editing.turning import PlainMask, Point, turned_square
from stylemapgan.images.levels import to_bytes, to_numpy
from stylemapgan.server.config import MB, ServerConfig
from stylemapgan.server.models import Models, ServedModel
from stylemapgan.server.photos import Photos
from stylemapgan.server.store import Store
from stylemapgan.server.stylemaps import KeptStylemap, PlainStylemap, Stylemaps
from stylemapgan.types import Images, Stylemap

MEMORY_SHARE = 0.3
"""How much of the memory the things made here may take."""
PAINTERS_SHARE = 0.2
"""How much of the memory painters may take: that of `hands-128` has 12 MB."""
LEAST_RESIZED = 2
"""Resized stylemaps, and beside them one painter, that are kept whatever the settings allow: a
picture and one to borrow from. Without them, every picture of a large model would take thrice the
time."""
OVERHEAD = 1000
"""Bytes that a thing is taken to need beside its numbers."""

Thing = TypeVar("Thing")
Painter: TypeAlias = Callable[[WPlus], Images]


class EditService:
    """Photos, stylemaps and models of one server, and what was made of them lately."""

    def __init__(
        self,
        settings: ServerConfig,
        models: Models,
        photos: Photos,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Start with nothing made."""
        self.models = models
        self.photos = photos
        self.stylemaps = Stylemaps(settings, clock)
        self.made: Store[object] = Store(
            MEMORY_SHARE * settings.memory_megabytes * MB,
            keep_seconds=60 * settings.keep_minutes,
            clock=clock,
        )
        self.painters: Store[Painter] = Store(
            PAINTERS_SHARE * settings.memory_megabytes * MB,
            keep_seconds=60 * settings.keep_minutes,
            clock=clock,
        )

    def forget_expired(self) -> None:
        """Let go what nobody used for a while."""
        photos = self.photos
        for store in (photos.kept, photos.unpacked, self.stylemaps.kept, self.made, self.painters):
            store.forget_expired()

    def model_of(self, stylemap: KeptStylemap) -> ServedModel:
        """Find the model that a stylemap belongs to."""
        return self.models.get(stylemap.model)

    def encode(self, model: ServedModel, photo: str, square: Square) -> KeptStylemap:
        """Encode a photo's square, and tell whether the model knows such photos."""
        editor = model.editor
        image = self.photos.read(photo).crop(square, editor.image_size)
        stylemap = editor.encode(image)
        return KeptStylemap(
            model=model.name,
            array=to_numpy(stylemap),
            photo=photo,
            square=square,
            fit=fit(image, editor.decode(stylemap), editor.typical_errors),
        )

    def resize(self, model: ServedModel, stylemap: Stylemap) -> Sequence[AnyStylemap]:
        """Resize a stylemap, unless that was done lately."""
        content = to_numpy(stylemap).tobytes()
        key = ("resized", model.name, hashlib.sha256(content).digest())
        self.made.raise_limit(LEAST_RESIZED * (_length_of_resized(model.config) + OVERHEAD))
        return self._once(key, lambda: model.editor.resize(stylemap), _length_of_all)

    def reconstruction(self, stylemap: KeptStylemap) -> Images:
        """Decode a stylemap, unless that was done lately."""
        model = self.model_of(stylemap)

        def make() -> Images:
            array = model.editor.as_array(stylemap.array)
            return to_numpy(model.editor.synthesize(self.resize(model, array)))

        return self._once(("reconstruction", stylemap.id), make, lambda image: image.nbytes)

    def painter(self, model: ServedModel, page: str) -> Painter:
        """Find what paints a page's pictures, each quicker for knowing the one before."""
        name = f"{page} {model.name}"
        painter = self.painters.get(name)
        if painter is None:
            painter = model.editor.painter()
            length = _length_of_memory(model.config)
            self.painters.raise_limit(length)
            self.painters.put(name, painter, length)
        return painter

    def forget_page(self, page: str) -> None:
        """Let go what painted a page that closed."""
        for model in self.models:
            self.painters.forget(f"{page} {model.name}")

    def picture(self, stylemap: KeptStylemap) -> tuple[FullPhoto, Square]:
        """Find the photo and the square of a stylemap; an invented picture is its own photo."""
        if stylemap.photo is not None and stylemap.square is not None:
            return self.photos.read(stylemap.photo), stylemap.square
        pixels = to_bytes(self.reconstruction(stylemap))[0]
        size = len(pixels)
        whole = Square(x=size / 2, y=size / 2, side=float(size))
        return FullPhoto(pixels=Image.fromarray(pixels)), whole

    def patch(self, stylemap: KeptStylemap, size: int) -> Patch:
        """Prepare the square of a stylemap's photo for edits to be pasted in."""

        def make() -> Patch:
            photo, square = self.picture(stylemap)
            return Patch(photo, square, self.reconstruction(stylemap), size)

        return self._once(("patch", stylemap.id, size), make, lambda _: 4 * size * size)

    def turned(
        self, stylemap: KeptStylemap, pivot: Point, rotation: float, scale: float
    ) -> PlainStylemap:
        """Encode a stylemap's picture turned and scaled about a point."""

        def make() -> PlainStylemap:
            editor = self.model_of(stylemap).editor
            photo, square = self.picture(stylemap)
            place = turned_square(square, editor.image_size, pivot, rotation, scale)
            return to_numpy(editor.encode(photo.crop(place, editor.image_size)))

        key = ("turned", stylemap.id, pivot, round(rotation, 1), round(scale, 3))
        return self._once(key, make, lambda array: array.nbytes)

    def parts(self, stylemap: KeptStylemap) -> dict[str, PlainMask]:
        """Find the automatic parts of a stylemap's picture; none where the model has none."""
        model = self.model_of(stylemap)
        parts = model.parts
        if parts is None:
            return {}

        def make() -> dict[str, PlainMask]:
            w_plus = self.resize(model, model.editor.as_array(stylemap.array))
            masks = parts.masks(model.editor, w_plus)
            return {name: to_numpy(mask) for name, mask in masks.items()}

        key = ("parts", stylemap.id)
        return self._once(key, make, lambda masks: sum(mask.nbytes for mask in masks.values()))

    def _once(
        self, key: Hashable, make: Callable[[], Thing], length: Callable[[Thing], int]
    ) -> Thing:
        """Make a thing, or take the one that was made before."""
        name = repr(key)
        made = self.made.get(name)
        if made is None:
            made = make()
            self.made.put(name, made, length(made) + OVERHEAD)
        return made  # type: ignore[return-value]


def _length_of_resized(config: ModelConfig) -> int:
    """Count w_plus of one picture, in bytes."""
    return _length_of_maps(config, config.resizer_widths)


def _length_of_memory(config: ModelConfig) -> int:
    """Count what a painter remembers, in bytes: w_plus, and scales and shifts."""
    return _length_of_resized(config) + 2 * _length_of_maps(config, config.generator_widths)


def _length_of_maps(config: ModelConfig, widths: Sequence[int]) -> int:
    """Count maps of so many channels in bytes, two for each resolution."""
    sides = [config.stylemap_size * 2**level for level in range(config.doublings + 1)]
    return sum(2 * 4 * width * side**2 for width, side in zip(widths, sides, strict=True))


def _length_of_all(arrays: Sequence[AnyStylemap]) -> int:
    return sum(int(np.prod(array.shape)) * 4 for array in arrays)

"""A photo with the square of it that the model sees."""

import logging
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal, TypeAlias

import numpy as np
from jaxtyping import Float32
from PIL import Image

from stylemapgan import zoo
from stylemapgan.editing.photo.faces import face_square
from stylemapgan.editing.photo.finding_squares import foreground_square, middle_square
from stylemapgan.editing.photo.full_photo import FullPhoto
from stylemapgan.editing.photo.square import Square
from stylemapgan.errors import ImageError, MissingExtraError
from stylemapgan.images.levels import to_bytes
from stylemapgan.types import Images

logger = logging.getLogger(__name__)

Find: TypeAlias = Literal["middle", "foreground", "face"]
"""How to find the square that a model sees."""
FINDERS: dict[Find, Callable[[FullPhoto], Square]] = {
    "middle": middle_square,
    "foreground": foreground_square,
    "face": face_square,
}
FACE: Literal["face"] = "face"
"""Subject of models of faces, see `Checkpoint`."""


def usual_square(
    photo: FullPhoto,
    subject: str,
    otherwise: Find,
    refined: Callable[[FullPhoto, Square], Square] = lambda photo, square: square,
) -> Square:
    """Find the square that a model of some subject sees if nobody chooses.

    Args:
        photo: The photo.
        subject: What the model's photos show: `editor.subject`.
        otherwise: How to find the square of other subjects, and of faces if OpenCV is not
            installed or finds none.
        refined: Makes the square around a face more exact.
    """
    if subject == FACE:
        try:
            return refined(photo, face_square(photo))
        except (ImageError, MissingExtraError) as error:
            logger.info("The %s square of a photo is taken: %s", otherwise, error)
    return FINDERS[otherwise](photo)


def known_square(path: Path) -> Square | None:
    """Look up the square that samples.toml beside a picture names, if it does.

    Raises:
        ConfigError: samples.toml is invalid.
    """
    known = zoo.square_of(path)
    return None if known is None else Square(**asdict(known))


@dataclass(frozen=True, kw_only=True, eq=False)
class CroppedPhoto:
    """A photo at full resolution, and the square of it that the model sees."""

    photo: FullPhoto
    square: Square

    @classmethod
    def read(cls, path: Path, find: Find = "middle") -> "CroppedPhoto":
        """Read a photo and find its square.

        Args:
            path: JPEG, PNG, WebP, AVIF, HEIC, BMP, TIFF, GIF or PPM.
            find: The square in the middle, around what stands out, or around the largest face.

        Raises:
            ImageError: The file is missing or damaged, or holds no face.
            MissingExtraError: Faces are to be found and OpenCV is not installed.
        """
        photo = FullPhoto.read(path)
        return cls(photo=photo, square=FINDERS[find](photo))

    @classmethod
    def of_sample(cls, path: Path) -> "CroppedPhoto":
        """Read a picture with the square that samples.toml beside it names, or the middle one.

        Raises:
            ImageError: The file is missing or damaged.
            ConfigError: samples.toml is invalid.
        """
        photo = FullPhoto.read(path)
        return cls(photo=photo, square=known_square(path) or middle_square(photo))

    @classmethod
    def of_image(cls, image: Images) -> "CroppedPhoto":
        """Make a photo of a model's own picture, (1, 3, S, S) in [-1, 1]; all of it is seen."""
        pixels = to_bytes(image)[0]
        size = len(pixels)
        whole = Square(x=size / 2, y=size / 2, side=float(size))
        return cls(photo=FullPhoto(pixels=Image.fromarray(pixels)), square=whole)

    def image(self, size: int) -> Float32[np.ndarray, "1 3 size size"]:
        """Cut the square out as the image a model takes.

        Args:
            size: Height and width of the model's image, in pixels.
        """
        return self.photo.crop(self.square, size)

"""A photo with the square of it that the model sees."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

import numpy as np
from jaxtyping import Float32
from PIL import Image

from stylemapgan.editing.photo.faces import face_square
from stylemapgan.editing.photo.finding_squares import foreground_square, middle_square
from stylemapgan.editing.photo.full_photo import FullPhoto
from stylemapgan.editing.photo.square import Square
from stylemapgan.images.levels import to_bytes
from stylemapgan.types import Images

Find: TypeAlias = Literal["middle", "foreground", "face"]
"""How to find the square that a model sees."""
FINDERS: dict[Find, Callable[[FullPhoto], Square]] = {
    "middle": middle_square,
    "foreground": foreground_square,
    "face": face_square,
}


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

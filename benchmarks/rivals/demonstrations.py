"""The photos and edits that the sheets show, the same for every method."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float32, UInt8

from benchmarks.rivals.cells import DataName
from stylemapgan import images
from stylemapgan.data.label_maps import map_file, middle_square, read_part_map, read_part_names
from stylemapgan.editing import Edit, Part
from stylemapgan.errors import DataError
from stylemapgan.evaluation.data import TEST
from stylemapgan.images.levels import to_numpy
from stylemapgan.methods.abstract import AbstractMethod, LabelMaps, Latent
from stylemapgan.types import Images, Mask

Box = tuple[int, int, int, int]

PHOTOS: Mapping[DataName, tuple[str, ...]] = {
    "faces-64": (
        "005_neutral",
        "013_smiling",
        "029_neutral",
        "037_smiling",
        "061_neutral",
        "173_neutral",
    ),
    "avatars-64": ("012005", "012011"),
    "hands-64": ("047_5", "107_1"),
}
"""Names of validation pictures that are reconstructed for sheets and times."""
EDITS: Mapping[DataName, tuple[tuple[str, str, Box], ...]] = {
    "faces-64": (
        ("029_neutral", "013_smiling", (20, 40, 24, 12)),
        ("061_neutral", "005_neutral", (16, 22, 32, 10)),
        ("173_neutral", "037_smiling", (32, 0, 32, 64)),
    ),
    "avatars-64": (
        ("012013", "012015", (16, 0, 32, 16)),
        ("012017", "012022", (20, 36, 24, 12)),
        ("012026", "012028", (0, 32, 64, 32)),
    ),
    "hands-64": (
        ("117_5", "067_3", (0, 0, 64, 32)),
        ("127_4", "067_5", (42, 30, 22, 18)),
        ("037_4", "027_1", (0, 0, 64, 28)),
    ),
}
"""Source, reference and box (left, top, width, height, of 64 pixels) of the edits."""
SHOWN: frozenset[DataName] = frozenset({"faces-64", "avatars-64"})
"""Data sets on the sheets; photographs of hands are not part of the repository."""
GIVEN = {"reconstructions": ("photos",), "edits": ("sources", "references")}
"""Kind of result → the pictures that methods are given for it."""
OUTSIDE = 0.3
"""Brightness of a reference outside the mask, as a share of its own."""
ALL = slice(None)
EDGE = 64
"""Height and width that boxes refer to, in pixels."""


@dataclass(frozen=True, eq=False)
class Demonstrations:
    """Pictures in [-1, 1] that methods are given."""

    photos: Images
    sources: Images
    references: Images
    masks: Mask
    """1 where the reference should appear."""
    maps: Mapping[str, LabelMaps]
    """Maps of parts of `photos`, `sources` and `references`; empty where there are none."""

    def encode(self, method: AbstractMethod, kind: str, rows: slice = ALL) -> Latent:
        """Encode `photos`, `sources` or `references`, with their maps if the method needs them."""
        pictures = getattr(self, kind)[rows]
        if not method.capabilities.needs_label_map or kind not in self.maps:
            return method.encode(pictures)
        return method.encode(pictures, self.maps[kind][rows])


def read_demonstrations(data: DataName, folder: Path, size: int) -> Demonstrations:
    """Read the pictures to show.

    Args:
        data: Which data set.
        folder: Where it is, with val/.
        size: Height and width that the methods need.

    Raises:
        DataError: A picture is missing.
    """

    def read(name: str) -> Float32[np.ndarray, "1 3 size size"]:
        path = folder / "val" / f"{name}.png"
        if not path.exists():
            raise DataError(f"{path} is missing: make the data again with `prepare`.")
        return images.read(path, size)

    def mask(box: Box) -> Mask:
        left, top, width, height = (round(value * size / EDGE) for value in box)
        return images.box_mask((left, top, width, height), size)

    def map_of(name: str) -> UInt8[np.ndarray, "size size"]:
        return middle_square(read_part_map(map_file(folder, TEST, f"{name}.png")), size)

    names = {
        "photos": PHOTOS[data],
        "sources": [source for source, _, _ in EDITS[data]],
        "references": [reference for _, reference, _ in EDITS[data]],
    }
    has_maps = bool(read_part_names(folder, TEST))
    return Demonstrations(
        **{kind: np.concatenate(list(map(read, each))) for kind, each in names.items()},
        masks=np.concatenate([mask(box) for _, _, box in EDITS[data]]),
        maps={kind: np.stack(list(map(map_of, each))) for kind, each in names.items() if has_maps},
    )


def draw(method: AbstractMethod, shown: Demonstrations) -> dict[str, Images]:
    """Reconstruct and edit the pictures, as far as the method can; each result is a strip."""
    found = {}
    if method.can("reconstructs"):
        found["reconstructions"] = method.decode(shown.encode(method, "photos"))
    if method.can("edits_by_mask"):
        sources, references = (shown.encode(method, each) for each in ("sources", "references"))
        edit = Edit(parts=(Part(reference=references, mask=shown.masks),))
        found["edits"] = method.decode(method.edit(sources, edit))
    return {name: join(to_numpy(pictures)) for name, pictures in found.items()}


def given(shown: Demonstrations) -> dict[str, Images]:
    """Lay out what methods are given, as strips; references are dark outside the mask."""
    share = OUTSIDE + (1 - OUTSIDE) * shown.masks
    references = (shown.references + 1) * share - 1
    pictures = {"photos": shown.photos, "sources": shown.sources, "references": references}
    return {name: join(each) for name, each in pictures.items()}


def join(pictures: Float32[np.ndarray, "pictures 3 size size"]) -> Images:
    """Lay pictures side by side, (1, 3, size, pictures x size)."""
    return np.concatenate(list(pictures), axis=-1)[None]


def split(strip: Float32[np.ndarray, "1 3 size _"]) -> Float32[np.ndarray, "pictures 3 size size"]:
    """Take pictures that lie side by side apart."""
    size = strip.shape[-2]
    return np.stack(np.split(strip[0], strip.shape[-1] // size, axis=-1))

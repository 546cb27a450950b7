"""Which portraits are edited, what they take from which others, and what the truth is."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32
from PIL import Image

from stylemapgan.data import PhotoSet, open_folder
from stylemapgan.data.label_maps import LABELS, map_file, middle_square, read_part_map
from stylemapgan.editing.edit import Edit, Part
from stylemapgan.evaluation.context import EvaluationContext
from stylemapgan.evaluation.data import TEST, TRAINING, TestData
from stylemapgan.evaluation.tasks.portraits.landmarks import (
    PARTS,
    RIGID,
    SIZE,
    Points,
    eyes,
    mouth,
    read_landmarks,
    similarity,
)
from stylemapgan.images.levels import from_bytes
from stylemapgan.images.resizing import enlarge
from stylemapgan.methods.abstract import AbstractMethod, LabelMaps

NEUTRAL, SMILING = "neutral", "smiling"
SMILES = ("mouth", "mouth and eyes")
"""What a neutral portrait takes from the same person's smiling one."""

Picture = Float32[np.ndarray, "1 3 size size"]
Mask = Float32[np.ndarray, "1 1 512 512"]


@dataclass(frozen=True, eq=False)
class Portrait:
    """A photograph, and whose it is."""

    name: str
    person: str
    is_seen: bool
    """Whether the model was trained on it."""
    row: int
    """In its set of photos."""
    points: Points


@dataclass(frozen=True, eq=False)
class Exchange:
    """A source, a reference, and what is taken."""

    source: Portrait
    reference: Portrait
    part: str

    @property
    def name(self) -> str:
        """Such as `005_neutral + mouth of 005_smiling`."""
        return f"{self.source.name} + {self.part} of {self.reference.name}"

    @property
    def mask(self) -> Mask:
        """Where either portrait shows the part; for exchanged hair, where the reference does."""
        if self.part == "mouth and eyes":
            pairs = [mouth(each.points) | eyes(each.points) for each in self._both]
        elif self.part == "hair":
            pairs = [PARTS[self.part](self.reference.points)]
        else:
            pairs = [PARTS[self.part](each.points) for each in self._both]
        return np.logical_or.reduce(pairs).astype(np.float32)[None, None]

    @property
    def _both(self) -> tuple[Portrait, Portrait]:
        return self.source, self.reference


@dataclass(frozen=True, eq=False)
class Portraits:
    """Portraits at one resolution, their landmarks' own by default."""

    data: TestData
    tested: PhotoSet
    training: PhotoSet | None
    known: Mapping[tuple[str, str], Portrait]
    """Person and expression → portrait."""

    def picture(self, portrait: Portrait) -> Picture:
        """Copy out a photograph."""
        photos = self.training if portrait.is_seen else self.tested
        assert photos is not None  # seen portraits are training photos
        return photos.take(np.array([portrait.row]))

    def part_map(self, portrait: Portrait) -> LabelMaps:
        """Read the map of a portrait's parts, at the size of its picture.

        Raises:
            DataError: It is missing or damaged.
        """
        photos, split = (self.training, TRAINING) if portrait.is_seen else (self.tested, TEST)
        assert photos is not None  # seen portraits are training photos
        path = map_file(self.data.folder, split, photos.names[portrait.row])
        return middle_square(read_part_map(path), photos.size)[None]

    def smiles(self, *, seen: bool) -> list[Exchange]:
        """List what neutral portraits take from the same person's smiling ones."""
        return [
            Exchange(source, self.known[person, SMILING], part)
            for part in SMILES
            for (person, expression), source in self.known.items()
            if expression == NEUTRAL and source.is_seen is seen and (person, SMILING) in self.known
        ]

    def swaps(self, folds: Sequence[int], seed: int) -> list[Exchange]:
        """Let each person take a part of another person of the same fold, at random.

        Args:
            folds: One for each person, in the order of `people`.
            seed: Draws who takes what from whom.
        """
        random = np.random.default_rng(seed)
        people, numbers = self.people, np.asarray(folds)
        swaps: dict[int, Exchange] = {}
        for fold in np.unique(numbers):
            circle = random.permutation(np.flatnonzero(numbers == fold))
            parts = np.resize(list(PARTS), len(circle))
            for row, other, part in zip(circle, np.roll(circle, 1), parts, strict=True):
                swaps[int(row)] = Exchange(people[row], people[other], str(part))
        return [swaps[row] for row in sorted(swaps)]

    @property
    def people(self) -> list[Portrait]:
        """List one portrait of each person: the neutral one where there is one."""
        found = {person: portrait for (person, _), portrait in self.known.items()}
        neutral = {person: self.known.get((person, NEUTRAL)) for person in found}
        return [neutral[person] or portrait for person, portrait in found.items()]

    def truth(self, exchange: Exchange) -> Picture:
        """Bring the smiling photograph to the place of the neutral one.

        Both are aligned by eyes and mouth, and a smile moves the mouth. Turn, scale and shift by
        points that it hardly moves undo that.
        """
        return self.registered(exchange.reference, exchange.source, RIGID)

    def registered(self, portrait: Portrait, to: Portrait, by: Sequence[int]) -> Picture:
        """Turn, scale and shift a photograph so that it lies as another one does.

        Args:
            portrait: What is moved.
            to: What it is to lie on.
            by: Landmarks that are brought as close together as possible.
        """
        picture = self.picture(portrait)
        size = picture.shape[-1]
        start, end = (
            each.points[list(by)].astype(np.float64) * size / SIZE for each in (to, portrait)
        )
        matrix = tuple(map(float, similarity(start, end).ravel()))
        levels = np.moveaxis(picture[0], 0, -1)
        photo = Image.fromarray(np.rint((levels + 1) * 127.5).astype(np.uint8))
        moved = photo.transform(
            (size, size), Image.Transform.AFFINE, matrix, Image.Resampling.BICUBIC
        )
        return from_bytes(np.asarray(moved)[None])


def open_portraits(data: TestData, size: int = SIZE) -> Portraits:
    """Open the portraits of a folder that have landmarks, a person and an expression.

    Args:
        data: The folder.
        size: Height and width of their pictures; landmarks stay as they are.

    Raises:
        DataError: Landmarks are damaged.
    """
    landmarks = read_landmarks(data.folder)
    tested = open_folder(data.folder / TEST, size)
    training = None if data.training is None else open_folder(data.folder / TRAINING, size)
    known = {}
    for photos, split in ((tested, TEST), (training, TRAINING)):
        for each in _portraits(data, photos, split, landmarks) if photos else ():
            known[each[0], each[1]] = each[2]
    return Portraits(data, tested, training, known)


def has_maps(data: TestData) -> bool:
    """Tell whether test photos and, where there are any, training photos have maps of parts."""
    splits = (TEST, TRAINING) if data.training is not None else (TEST,)
    return all((data.folder / LABELS / split).is_dir() for split in splits)


def editing_methods(context: EvaluationContext) -> list[AbstractMethod]:
    """List the methods that can edit portraits; those that need maps only where there are maps."""
    return context.able("edits_by_mask", with_maps=has_maps(context.data))


def carry_out(
    context: EvaluationContext,
    method: AbstractMethod,
    portraits: Portraits,
    exchange: Exchange,
) -> Picture:
    """Edit one portrait by a method, at the portraits' resolution."""
    needs_maps = method.capabilities.needs_label_map
    source, reference = (
        method.encode(portraits.picture(each), portraits.part_map(each) if needs_maps else None)
        for each in (exchange.source, exchange.reference)
    )
    edit = Edit(parts=(Part(reference=reference, mask=exchange.mask),))
    return np.clip(enlarge(context.edit(method, source, edit), SIZE), -1, 1)


def _portraits(
    data: TestData, photos: PhotoSet, split: str, landmarks: Mapping[str, Points]
) -> Iterator[tuple[str, str, Portrait]]:
    table = data.attributes_of(split, photos.names)
    people, expressions = table.get("person", ()), table.get("expression", ())
    for row, (name, person, expression) in enumerate(
        zip(photos.names, people, expressions, strict=False)
    ):
        points = landmarks.get(name.rpartition(".")[0])
        if points is not None and person and expression in (NEUTRAL, SMILING):
            portrait = Portrait(name.rpartition(".")[0], person, split == TRAINING, row, points)
            yield person, expression, portrait

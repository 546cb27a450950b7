"""How the photos of one Parquet file are encoded."""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from stylemapgan.data.sources import AbstractSource
from stylemapgan.data.worker_pool import Stopped
from stylemapgan.editing.abstract import AbstractEditor
from stylemapgan.editing.chosen_model import ChosenModel
from stylemapgan.editing.encoding.encode_config import EncodeConfig
from stylemapgan.editing.encoding.stylemap_files import EncodedPhoto, part_path, write_part
from stylemapgan.editing.framing.framed_photo import frame_photo
from stylemapgan.editing.photo import fit
from stylemapgan.errors import ImageError
from stylemapgan.images.decoding import reason_of
from stylemapgan.images.levels import to_numpy
from stylemapgan.types import Images

AT_ONCE = 8
"""Photos that go through the networks together."""

ShouldStop = Callable[[], bool]


@dataclass(frozen=True)
class Part:
    """What became of the photos of a file."""

    number: int
    photos: int
    encoded: int


@dataclass(frozen=True, kw_only=True, eq=False)
class PartMaker:
    """Encodes photos file by file; can be sent to other processes; each opens the model."""

    source: AbstractSource
    out: Path
    model: ChosenModel
    config: EncodeConfig
    about: Mapping[str, Any]
    """The model, for the files' metadata."""

    @cached_property
    def editor(self) -> AbstractEditor:
        """The model, opened when the first photo needs it."""
        return self.model.open()

    @property
    def parts(self) -> int:
        """How many files there will be."""
        return -(-len(self.source) // self.config.photos_per_file)

    def indices(self, number: int) -> range:
        """Which photos of the source a file holds."""
        start = number * self.config.photos_per_file
        return range(start, min(start + self.config.photos_per_file, len(self.source)))

    def __call__(self, number: int, should_stop: ShouldStop) -> Part:
        """Encode the photos of a file and write it.

        Args:
            number: Which file.
            should_stop: Called before each batch.

        Raises:
            Stopped: `should_stop` returned true; nothing of the file is written.
            StorageError: The disk is full or writing is denied.
            MissingExtraError: A package that is needed is not installed.
        """
        photos = list(self._encoded(self.indices(number), should_stop))
        config = self.editor.config
        side = config.stylemap_size
        shape = (config.style_channels, side, side)
        write_part(part_path(self.out, number), photos, shape, self.about)
        return Part(number, len(photos), sum(photo.stylemap is not None for photo in photos))

    def _encoded(self, indices: range, should_stop: ShouldStop) -> Iterator[EncodedPhoto]:
        for start in range(0, len(indices), AT_ONCE):
            if should_stop():
                raise Stopped
            looked = [self._look(index) for index in indices[start : start + AT_ONCE]]
            seen = [picture for _, picture in looked if picture is not None]
            encoded = iter(self._encode(seen) if seen else ())
            for photo, picture in looked:
                yield photo if picture is None else replace(photo, **next(encoded))

    def _look(self, index: int) -> tuple[EncodedPhoto, Images | None]:
        """Read a photo and cut out its square, or find out why that cannot be."""
        record = self.source.record(index)
        found = EncodedPhoto(
            photo=record.name.encode("utf-8", "backslashreplace").decode(),
            sha256=hashlib.sha256(record.content).digest(),
        )
        try:
            framed = frame_photo(
                record, self.editor, self.config.find, refine=self.config.refine_square
            )
        except ImageError as error:
            return replace(found, problem=reason_of(error)), None
        return replace(found, square=framed.square), framed.picture

    def _encode(self, pictures: Sequence[Images]) -> Iterator[dict[str, Any]]:
        """Compute what the model finds out about photos."""
        batch = np.concatenate(pictures)
        stylemaps = self.editor.encode(batch)
        shown = to_numpy(self.editor.decode(stylemaps)) if self.config.fit else None
        for row, stylemap in enumerate(to_numpy(stylemaps).astype(np.float16)):
            values: dict[str, Any] = {"stylemap": stylemap}
            if shown is not None:
                typical = self.editor.typical_errors
                judged = fit(batch[row : row + 1], shown[row : row + 1], typical)
                values |= {"error": judged.error, "fit": judged.verdict}
            yield values

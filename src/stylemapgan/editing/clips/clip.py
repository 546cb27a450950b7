"""What a clip is, whatever its file: frames one after the other, and facts about them."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from stylemapgan.editing.photo import FullPhoto
from stylemapgan.images import Provenance


@dataclass(frozen=True, kw_only=True, eq=False)
class ClipFrame:
    """A frame, as its file has it."""

    number: int
    """Its place in the clip, from 0."""
    start: Fraction
    """When it begins, in seconds from the clip's first frame."""
    duration: Fraction
    """How long it shows, in seconds."""
    photo: FullPhoto
    """Its pixels in the file's layout, with what turns them upright."""
    decoded: Any = None
    """The decoder's own frame, with samples and colours as the file has them; None of an
    animation."""


@dataclass(frozen=True, kw_only=True)
class ClipFacts:
    """What a clip's file says about all of its frames."""

    width: int
    """Of the upright picture, in pixels."""
    height: int
    rate: Fraction
    """Frames a second, on average."""
    frames: int
    """How many there are, as far as the file tells."""


class AbstractClip(ABC):
    """A file that frames can be read from, any number of times."""

    @property
    @abstractmethod
    def facts(self) -> ClipFacts:
        """Size, rate and length."""

    @abstractmethod
    def frames(self) -> Iterator[ClipFrame]:
        """Decode the frames one by one, from the first on; only the last one is kept.

        Raises:
            ImageError: The file is damaged.
        """


@dataclass(frozen=True, kw_only=True, eq=False)
class EditedFrame:
    """A frame, and what the edit makes of it."""

    source: ClipFrame
    photo: FullPhoto
    """As the source's photo, with the edit pasted in."""
    is_strange: bool = False
    """Whether the model reconstructs it worse than any photo it was tested on."""


class AbstractClipWriter(ABC):
    """Writes a clip in segments, which are joined at the end without being encoded again."""

    suffix: str
    """Of a segment's file."""

    @abstractmethod
    def write_segment(self, path: Path, frames: Iterable[EditedFrame]) -> None:
        """Write consecutive frames; the file appears complete or not at all.

        Raises:
            ImageError: The encoder cannot write such frames.
            StorageError: The disk is full or writing is denied.
        """

    @abstractmethod
    def join(
        self,
        segments: Sequence[Path],
        out: Path,
        *,
        provenance: Provenance | None,
        end: Fraction,
        until: Fraction | None,
    ) -> None:
        """Make the clip of its segments; it appears complete or not at all.

        Args:
            segments: All of them, in order.
            out: Where to.
            provenance: What the file says about its origin.
            end: When the last frame ends, in seconds.
            until: Seconds of the source's sound that are copied; None for all.

        Raises:
            StorageError: The disk is full or writing is denied.
        """

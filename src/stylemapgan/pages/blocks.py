"""What a page is made of: plain values that know nothing of HTML."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeAlias

from stylemapgan.types import Images

Numbers: TypeAlias = Sequence[int | float]


@dataclass(frozen=True)
class Heading:
    """The title of what follows, up to the next heading."""

    text: str


@dataclass(frozen=True)
class Paragraph:
    """Running text."""

    text: str


@dataclass(frozen=True)
class Facts:
    """Short figures and names, each under its label."""

    items: Mapping[str, str]


@dataclass(frozen=True)
class Table:
    """Rows of cells; columns of numbers are set flush right."""

    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    caption: str = ""


@dataclass(frozen=True, eq=False)
class Picture:
    """One picture with its caption."""

    images: Images | Path
    """A batch of one image, or a picture file."""
    caption: str
    longest_side: int | None = None
    """Shrink to so many pixels; without it, the picture stays as it is."""


@dataclass(frozen=True)
class Gallery:
    """Pictures side by side; a click enlarges one."""

    pictures: Sequence[Picture]


@dataclass(frozen=True)
class Series:
    """One line of a chart; a value that is not finite leaves a gap."""

    label: str
    x: Numbers
    y: Numbers
    low: Numbers = ()
    """Lower edge of a faint band around the line, one for each x; none if empty."""
    high: Numbers = ()
    """Upper edge of that band."""


@dataclass(frozen=True)
class Chart:
    """Lines over a common axis; charts that follow each other stand side by side."""

    title: str
    series: Sequence[Series]
    y_label: str = ""
    log_y: bool = False
    x_label: str = ""
    marks: Mapping[str, int | float] = field(default_factory=dict)
    """Names of places on the x axis; each gets a vertical line."""


@dataclass(frozen=True)
class Notice:
    """Something to act on, or to be glad of."""

    text: str
    level: Literal["warning", "good"]
    title: str = ""


@dataclass(frozen=True)
class Code:
    """Text to read letter by letter, such as a settings file."""

    text: str


Block: TypeAlias = Heading | Paragraph | Facts | Table | Picture | Gallery | Chart | Notice | Code

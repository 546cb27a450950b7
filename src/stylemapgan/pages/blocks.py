"""What a page is made of: plain values that know nothing of HTML."""

import math
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
class Cell:
    """A cell that says more than its text."""

    text: str
    below: str = ""
    """A small second line, such as an interval."""
    is_strong: bool = False
    """Whether it stands out."""


@dataclass(frozen=True)
class Table:
    """Rows of cells; columns of numbers are set flush right."""

    columns: Sequence[str]
    rows: Sequence[Sequence[str | Cell]]
    caption: str = ""
    keeps_first: bool = False
    """Whether the first column stays in sight while others scroll: for tables of many columns."""


@dataclass(frozen=True, eq=False)
class Picture:
    """One picture with its caption."""

    images: Images | Path
    """A batch of one image, or a picture file."""
    caption: str
    longest_side: int | None = None
    """Shrink to so many pixels; without it, the picture stays as it is."""
    scrolls: bool = False
    """Whether a narrow page scrolls it inside a box instead of shrinking it: for sheets."""


@dataclass(frozen=True)
class Gallery:
    """Pictures side by side; a click enlarges one."""

    pictures: Sequence[Picture]
    is_large: bool = False
    """Two in a row rather than four, for sheets."""


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
class Dot:
    """One figure of a `Dots` chart."""

    label: str
    value: int | float
    text: str
    """The value, as people read it."""
    low: int | float = math.nan
    """Lower end of its interval; without one, there is only the dot."""
    high: int | float = math.nan
    is_strong: bool = False
    """Whether it stands out."""


@dataclass(frozen=True)
class Dots:
    """Figures on a common scale, one below the other, each with its interval as a line.

    Charts of dots that follow each other stand side by side.
    """

    title: str
    dots: Sequence[Dot]


@dataclass(frozen=True)
class Definitions:
    """Terms and what they mean, one below the other."""

    items: Mapping[str, str]


@dataclass(frozen=True)
class Details:
    """Blocks that are shown once somebody opens them."""

    title: str
    blocks: "Sequence[Block]"


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


Block: TypeAlias = (
    Heading
    | Paragraph
    | Facts
    | Table
    | Picture
    | Gallery
    | Chart
    | Dots
    | Definitions
    | Details
    | Notice
    | Code
)

"""The blocks of a page, as plain values without HTML."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeAlias

from stylemapgan.types import Images

Numbers: TypeAlias = Sequence[int | float]


@dataclass(frozen=True)
class Heading:
    """The title of a section."""

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
    """A table cell with a second line or emphasis."""

    text: str
    below: str = ""
    """A small second line, such as an interval."""
    is_strong: bool = False
    """Whether it is emphasised."""


@dataclass(frozen=True)
class Table:
    """Rows of cells; columns of numbers are aligned right."""

    columns: Sequence[str]
    rows: Sequence[Sequence[str | Cell]]
    caption: str = ""
    keeps_first: bool = False
    """Whether the first column stays visible while others scroll: for tables of many columns."""


@dataclass(frozen=True, eq=False)
class Picture:
    """One picture with its caption."""

    images: Images | Path
    """A batch of one image, or a picture file."""
    caption: str
    longest_side: int | None = None
    """Longest side in pixels to shrink to; None keeps the size."""
    scrolls: bool = False
    """Whether it scrolls on a narrow page instead of shrinking: for sheets."""


@dataclass(frozen=True)
class Gallery:
    """Pictures side by side; clicking enlarges one."""

    pictures: Sequence[Picture]
    is_large: bool = False
    """Whether to show two in a row instead of four: for sheets."""


@dataclass(frozen=True)
class Series:
    """One line of a chart; values that are not finite leave gaps."""

    label: str
    x: Numbers
    y: Numbers
    low: Numbers = ()
    """Lower edge of a band around the line, one for each x; no band if empty."""
    high: Numbers = ()
    """Upper edge of the band."""


@dataclass(frozen=True)
class Chart:
    """Lines over a common axis; consecutive charts stand side by side."""

    title: str
    series: Sequence[Series]
    y_label: str = ""
    log_y: bool = False
    x_label: str = ""
    marks: Mapping[str, int | float] = field(default_factory=dict)
    """Name → position on the x axis of a vertical line."""


@dataclass(frozen=True)
class Dot:
    """One figure of a `Dots` chart."""

    label: str
    value: int | float
    text: str
    """The value, formatted."""
    low: int | float = math.nan
    """Lower end of its interval; NaN for none."""
    high: int | float = math.nan
    is_strong: bool = False
    """Whether it is emphasised."""


@dataclass(frozen=True)
class Dots:
    """Figures on a common scale, one below the other, each with its interval as a line.

    Consecutive charts of dots stand side by side.
    """

    title: str
    dots: Sequence[Dot]


@dataclass(frozen=True)
class Definitions:
    """Terms and their meanings, one below the other."""

    items: Mapping[str, str]


@dataclass(frozen=True)
class Details:
    """Blocks that are hidden until the reader opens them."""

    title: str
    blocks: "Sequence[Block]"


@dataclass(frozen=True)
class Notice:
    """A warning, or good news."""

    text: str
    level: Literal["warning", "good"]
    title: str = ""


@dataclass(frozen=True)
class Code:
    """Text in a fixed-width font, such as a configuration file."""

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

"""Draw what each method beside StyleMapGAN computes.

    python docs/images/methods.py

Writes method-NAME.svg beside this file, for docs/concepts/rivals.md.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Literal

HERE = Path(__file__).parent
COLUMN, ROW, MARGIN = 150, 76, 12
"""Distances between the middles of boxes, and the border, in pixels."""
WIDTH, HEIGHT = 112, 44
"""Of a box."""
LINE = 15

Kind = Literal["network", "latent", "picture", "step"]
FILLS: dict[Kind, str] = {
    "network": 'fill="#ece7f6" stroke="#5e35b1"',
    "latent": 'fill="#fff3d6" stroke="#b07a00"',
    "picture": 'fill="#fff" stroke="#888"',
    "step": 'fill="#fff" stroke="#888" stroke-dasharray="4 3"',
}
TIP = (
    '<marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" '
    'orient="auto"><path d="M0 0 8 4 0 8z" fill="#555"/></marker>'
)


@dataclass(frozen=True)
class Box:
    """A network, a latent, a picture, or something computed; `text` has up to two lines."""

    kind: Kind
    text: str
    column: float
    row: float

    @property
    def middle(self) -> tuple[float, float]:
        """Where it is, in pixels."""
        x, y = MARGIN + WIDTH / 2 + COLUMN * self.column, MARGIN + HEIGHT / 2 + ROW * self.row
        return x, y


@dataclass(frozen=True)
class Drawing:
    """Boxes by name, and arrows between them: from, to."""

    title: str
    boxes: dict[str, Box]
    arrows: tuple[tuple[str, str], ...]
    compared: tuple[tuple[str, str], ...] = ()
    """Boxes that a loss compares; joined by dashed lines."""

    def to_svg(self) -> str:
        """Write the picture."""
        width = max(box.middle[0] for box in self.boxes.values()) + WIDTH / 2 + MARGIN
        height = max(box.middle[1] for box in self.boxes.values()) + HEIGHT / 2 + MARGIN
        return "\n".join(
            [
                f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" '
                f'width="{width:g}" height="{height:g}" font-family="Helvetica, Arial, sans-serif" '
                'font-size="13" text-anchor="middle" fill="#222">',
                f"  <title>{escape(self.title)}</title>",
                f"  <defs>{TIP}</defs>",
                f'  <rect width="{width:g}" height="{height:g}" fill="#fff"/>',
                *(f"  {line}" for line in self._lines()),
                *(f"  {line}" for box in self.boxes.values() for line in _draw(box)),
                "</svg>",
                "",
            ]
        )

    def _lines(self) -> Iterator[str]:
        for one, other in self.arrows:
            path = _between(self.boxes[one], self.boxes[other])
            yield f'<path d="{path}" fill="none" stroke="#555" marker-end="url(#tip)"/>'
        for one, other in self.compared:
            path = _between(self.boxes[one], self.boxes[other])
            yield f'<path d="{path}" fill="none" stroke="#c62828" stroke-dasharray="3 3"/>'


def _between(one: Box, other: Box) -> str:
    """Find the line from one box's edge to another's.

    It is straight in a row or column. To the next column it turns half-way, to a further one below
    or above its end; to the left it leaves downwards or upwards.
    """
    (x, y), (to_x, to_y) = one.middle, other.middle
    side = WIDTH / 2 if to_x > x else -WIDTH / 2
    edge = HEIGHT / 2 if to_y > y else -HEIGHT / 2
    if x == to_x:
        return f"M{x:g} {y + edge:g}V{to_y - edge:g}"
    if y == to_y:
        return f"M{x + side:g} {y:g}H{to_x - side:g}"
    if to_x < x:
        return f"M{x:g} {y + edge:g}V{to_y:g}H{to_x - side:g}"
    if to_x > x + COLUMN:
        return f"M{x + side:g} {y:g}H{to_x:g}V{to_y - edge:g}"
    return f"M{x + side:g} {y:g}H{x + COLUMN / 2:g}V{to_y:g}H{to_x - side:g}"


def _draw(box: Box) -> Iterator[str]:
    x, y = box.middle
    yield (
        f'<rect x="{x - WIDTH / 2:g}" y="{y - HEIGHT / 2:g}" width="{WIDTH}" height="{HEIGHT}" '
        f'rx="4" {FILLS[box.kind]}/>'
    )
    lines = box.text.split("\n")
    for number, line in enumerate(lines):
        down = y + 4.5 + LINE * (number - (len(lines) - 1) / 2)
        size = ' font-size="11"' if number or len(line) > 15 else ""
        yield f'<text x="{x:g}" y="{down:g}"{size}>{escape(line)}</text>'


def _boxes(*rows: tuple[Kind, str, str, float, float]) -> dict[str, Box]:
    """Make boxes of rows of kind, name, text, column and row."""
    return {name: Box(kind, text, column, row) for kind, name, text, column, row in rows}


DRAWINGS = {
    "image2stylegan": Drawing(
        "Image2StyleGAN: style vectors descend from their mean until G shows the photo",
        _boxes(
            ("latent", "mean", "mean w\nthe start", 0, 0),
            ("latent", "w", "w_plus\noptimised", 1, 0),
            ("network", "g", "G\nfixed", 2, 0),
            ("picture", "image", "image", 3, 0),
            ("picture", "photo", "photo", 4, 0),
            ("step", "descent", "descent\non features, pixels", 1, 1),
        ),
        (("mean", "w"), ("w", "g"), ("g", "image"), ("image", "descent"), ("descent", "w")),
        (("image", "photo"),),
    ),
    "in-domain": Drawing(
        "In-Domain inversion: style vectors start at the encoder's and must be found again by it",
        _boxes(
            ("picture", "photo", "photo", 0, 0),
            ("network", "e", "E", 1, 0),
            ("latent", "w", "w_plus\noptimised", 2, 0),
            ("network", "g", "G\nfixed", 3, 0),
            ("picture", "image", "image", 4, 0),
            ("picture", "same", "photo", 5, 0),
            ("network", "again", "E\nfixed", 3, 1),
            ("latent", "found", "w_plus\nfound again", 2, 1),
        ),
        (
            ("photo", "e"),
            ("e", "w"),
            ("w", "g"),
            ("g", "image"),
            ("image", "again"),
            ("again", "found"),
        ),
        (("w", "found"), ("image", "same")),
    ),
    "neural-collage": Drawing(
        "Neural Collage: activations of two photos are blended under the mask, level by level",
        _boxes(
            ("picture", "source", "source", 0, 0),
            ("picture", "reference", "reference", 0, 1),
            ("latent", "ours", "w_plus\nby D's features", 1, 0),
            ("latent", "theirs", "w_plus\nby D's features", 1, 1),
            ("network", "g", "G", 2, 0),
            ("network", "other", "G", 2, 1),
            ("step", "blend", "blend activations\nunder the mask", 3, 0),
            ("network", "rest", "rest of G", 4, 0),
            ("step", "poisson", "Poisson blending\ninto the source", 5, 0),
        ),
        (
            ("source", "ours"),
            ("reference", "theirs"),
            ("ours", "g"),
            ("theirs", "other"),
            ("g", "blend"),
            ("other", "blend"),
            ("blend", "rest"),
            ("rest", "poisson"),
        ),
    ),
    "pix2latent": Drawing(
        "pix2latent: evolution draws z with scale and shift; each descends, then they are ranked",
        _boxes(
            ("step", "draw", "CMA-ES\ndraws 18 points", 0, 0),
            ("latent", "z", "z, scale, shift", 1, 0),
            ("network", "g", "G\nfixed", 2, 0),
            ("step", "place", "scaled, shifted\nimages", 3, 0),
            ("picture", "photo", "photo", 4, 0),
            ("step", "descent", "descent\na few steps each", 1, 1),
            ("step", "ranks", "ranks\nof their losses", 0, 1),
        ),
        (
            ("draw", "z"),
            ("z", "g"),
            ("g", "place"),
            ("place", "descent"),
            ("descent", "z"),
            ("descent", "ranks"),
            ("ranks", "draw"),
        ),
        (("place", "photo"),),
    ),
    "editing-in-style": Drawing(
        "Editing in Style: the channels of a part take over the reference's scales",
        _boxes(
            ("picture", "random", "random images\nof G", 0, 0),
            ("step", "means", "activations in\n12 parts (k-means)", 1, 0),
            ("step", "chosen", "channels\nof a part", 2, 0),
            ("picture", "source", "source", 0, 1),
            ("picture", "reference", "reference", 0, 2),
            ("network", "e", "E", 1, 1),
            ("network", "f", "E", 1, 2),
            ("step", "scales", "scales: exchange\nthose channels'", 2, 1),
            ("network", "g", "G", 3, 1),
            ("picture", "edited", "edited", 4, 1),
        ),
        (
            ("random", "means"),
            ("means", "chosen"),
            ("chosen", "scales"),
            ("source", "e"),
            ("reference", "f"),
            ("e", "scales"),
            ("f", "scales"),
            ("scales", "g"),
            ("g", "edited"),
        ),
    ),
    "ali-bigan": Drawing(
        "ALI and BiGAN: the discriminator tells photos with their z from images with theirs",
        _boxes(
            ("picture", "photo", "photo x", 0, 0),
            ("network", "e", "E\nALI: draws z", 1, 0),
            ("latent", "inferred", "z of x", 2, 0),
            ("latent", "z", "random z", 0, 1),
            ("network", "g", "G", 1, 1),
            ("picture", "image", "image", 2, 1),
            ("step", "pairs", "pairs x, z", 3, 0),
            ("step", "others", "pairs image, z", 3, 1),
            ("network", "d", "D\nwhich kind?", 4, 0),
        ),
        (
            ("photo", "e"),
            ("e", "inferred"),
            ("z", "g"),
            ("g", "image"),
            ("inferred", "pairs"),
            ("image", "others"),
            ("pairs", "d"),
            ("others", "d"),
        ),
    ),
    "alae": Drawing(
        "ALAE: photos and images meet in w, where the discriminator is and where E must invert G",
        _boxes(
            ("latent", "z", "random z", 0, 0),
            ("network", "f", "F", 1, 0),
            ("latent", "w", "w", 2, 0),
            ("network", "g", "G", 3, 0),
            ("picture", "photo", "image or photo", 4, 0),
            ("network", "e", "E", 3, 1),
            ("latent", "found", "w", 2, 1),
            ("network", "d", "D\nreal?", 1, 1),
        ),
        (
            ("z", "f"),
            ("f", "w"),
            ("w", "g"),
            ("g", "photo"),
            ("photo", "e"),
            ("e", "found"),
            ("found", "d"),
        ),
        (("w", "found"),),
    ),
    "structured-noise": Drawing(
        "Structured Noise: a grid of codes in the place of the constant, and one style for all",
        _boxes(
            ("latent", "local", "local codes\n16 for each cell", 0, 0),
            ("latent", "shared", "global, shared\n1 number each", 0, 1),
            ("latent", "style", "style code", 0, 2),
            ("network", "grid", "linear layers\none for each cell", 1, 0),
            ("network", "mapping", "F\nmapping network", 1, 2),
            ("network", "g", "G", 2, 0),
            ("picture", "image", "image", 3, 0),
        ),
        (
            ("local", "grid"),
            ("shared", "grid"),
            ("style", "mapping"),
            ("grid", "g"),
            ("mapping", "g"),
            ("g", "image"),
        ),
    ),
    "sean": Drawing(
        "SEAN: a style vector for each part of the photo, spread over the map of parts",
        _boxes(
            ("picture", "photo", "photo", 0, 0),
            ("picture", "map", "map of parts", 2, 1),
            ("network", "e", "style encoder", 1, 0),
            ("step", "pool", "average\ninside each part", 2, 0),
            ("latent", "styles", "a style vector\nfor each part", 3, 0),
            ("network", "g", "G\nSEAN blocks", 4, 0),
            ("picture", "image", "image", 5, 0),
        ),
        (
            ("photo", "e"),
            ("e", "pool"),
            ("map", "pool"),
            ("map", "g"),
            ("pool", "styles"),
            ("styles", "g"),
            ("g", "image"),
        ),
    ),
}


def main() -> None:
    """Write all drawings."""
    for name, drawing in DRAWINGS.items():
        (HERE / f"method-{name}.svg").write_text(drawing.to_svg(), encoding="utf-8")


if __name__ == "__main__":
    main()

"""Label maps of drawn faces: the part that each pixel shows.

The drawing is rendered again with each part in one flat colour, without smoothing and at three
times the size: a pixel shows the part that is on top at most of its 3x3 points. Paint that is less
than half opaque (shadows, shine, clear glasses) hides nothing. The nose is an exception, because it
is drawn as a shadow. Neck and ears belong to the face.
"""

from xml.etree import ElementTree

import numpy as np
from jaxtyping import UInt8

from stylemapgan.data.avatars.drawn_faces import PARTS, Face
from stylemapgan.data.avatars.rendering import rasterise, to_svg

LAYERS = {
    "transparent_Body": "face",
    "transparent_Clothing": "clothing",
    "transparent_Mouth": "mouth",
    "transparent_Nose": "nose",
    "transparent_Eyes": "eyes",
    "transparent_Eyebrow": "brows",
    "transparent_Top": "hair",
}
"""Id of a group in the drawing → its part."""
LAYERS_IN_HAIR = {"_Facial-Hair": "facial_hair", "_Accessory": "glasses"}
"""Ending of a group's id inside hair → its part."""
LEAST_OPACITY = 0.5
"""Fainter paint shows the part below."""
STEP = 16
"""Distance between the grey levels that stand for parts."""
POINTS = 3
"""Points along each side of a pixel."""
UNPAINTED = ("defs", "mask", "clipPath", "filter", "metadata")
"""Elements that shape others and are not visible themselves."""
SVG = "{http://www.w3.org/2000/svg}"
HREF = "{http://www.w3.org/1999/xlink}href"


def label_map(face: Face, size: int) -> UInt8[np.ndarray, "size size"]:
    """Find the part that each pixel of `render(face, size)` shows.

    Args:
        face: The drawn face.
        size: Height and width of the picture, in pixels.

    Returns:
        Positions in `PARTS`, 0 for the background.
    """
    background = _flat_colour("background")
    grey = rasterise(to_flat_svg(face), size * POINTS, background, is_smooth=False)
    return most_frequent(grey[..., 0] // STEP, POINTS)


def most_frequent(
    values: UInt8[np.ndarray, "height width"], side: int
) -> UInt8[np.ndarray, "rows columns"]:
    """Shrink a map to the most frequent value of each square; if tied, the highest."""
    rows, columns = values.shape[0] // side, values.shape[1] // side
    kinds = len(PARTS)
    squares = np.arange(rows * columns).reshape(rows, columns).repeat(side, 0).repeat(side, 1)
    counts = np.bincount((squares * kinds + values).ravel(), minlength=rows * columns * kinds)
    highest_first = counts.reshape(rows, columns, kinds)[..., ::-1]
    return (kinds - 1 - highest_first.argmax(axis=-1)).astype(np.uint8)


def to_flat_svg(face: Face) -> str:
    """Compose the drawing of a face with one flat colour for each part."""
    root = ElementTree.fromstring(to_svg(face))
    _Flattening(root).flatten(root, "background")
    return ElementTree.tostring(root, encoding="unicode")


class _Flattening:
    """One pass over a drawing; records what it has painted."""

    def __init__(self, root: ElementTree.Element) -> None:
        self._masks = {
            f"url(#{mask.get('id')})": {shape.get(HREF, "drawn there") for shape in mask}
            for mask in root.iter(f"{SVG}mask")
        }
        self._painted: set[str] = set()

    def flatten(
        self,
        element: ElementTree.Element,
        part: str,
        fill_opacity: float = 1.0,
        opacity: float = 1.0,
    ) -> None:
        """Give an element and its content the flat colour of its part; remove faint paint.

        Args:
            element: Changed in place.
            part: The part it belongs to, unless its id names another.
            fill_opacity: As inherited.
            opacity: Product of all groups around it.
        """
        part = _part_of(element.get("id", ""), part)
        fill_opacity = float(element.attrib.pop("fill-opacity", fill_opacity))
        opacity *= float(element.attrib.pop("opacity", 1.0))
        for effect in ("filter", "style"):  # filters cast shadows, styles tint glass
            element.attrib.pop(effect, None)

        if fill_opacity * opacity < LEAST_OPACITY and part != "nose":
            element.set("fill", "none")
        elif element.get("fill", "none") != "none":
            element.set("fill", _flat_colour(part))
            self._painted.add(element.get(HREF, ""))
        for child in list(element):
            if self._is_covered(child):
                element.remove(child)
            elif child.tag.removeprefix(SVG) not in UNPAINTED:
                self.flatten(child, part, fill_opacity, opacity)

    def _is_covered(self, element: ElementTree.Element) -> bool:
        """Whether the element lies within shapes that its part has painted; masks are slow."""
        shapes = self._masks.get(element.get("mask", ""))
        return shapes is not None and shapes <= self._painted


def _part_of(element_id: str, part: str) -> str:
    if part == "hair":
        for ending, inner in LAYERS_IN_HAIR.items():
            if element_id.endswith(ending):
                return inner
    return LAYERS.get(element_id, part)


def _flat_colour(part: str) -> str:
    level = list(PARTS).index(part) * STEP
    return f"#{level:02x}{level:02x}{level:02x}"

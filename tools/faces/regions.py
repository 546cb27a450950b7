"""Where hair, skin, brows, eyes, nose, mouth, neck and background are, by landmarks and colour.

A rule, not a person, draws these regions: polygons of the face mesh for the organs, and colour for
the rest. They name clusters of features and judge the named parts.
"""

from functools import cache

import numpy as np
from jaxtyping import Bool, Float32, Float64, Int
from PIL import Image, ImageCms, ImageDraw
from scipy.ndimage import binary_closing, binary_dilation, binary_fill_holes, binary_opening, label
from scipy.spatial import ConvexHull

from tools.faces.portraits import SIDE as ALIGNED
from tools.faces.portraits import Portrait

LABELS = ("Background", "Hair", "Skin", "Brows", "Eyes", "Nose", "Mouth", "Neck")
"""What the numbers of a region map mean."""
BACKGROUND, HAIR, SKIN, BROWS, EYES, NOSE, MOUTH, NECK = range(len(LABELS))

OVAL = (10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377)
OVAL += (152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109)
EYE_POINTS = (
    (33, 7, 163, 144, 145, 153, 154, 155, 133, 173, 157, 158, 159, 160, 161, 246),
    (263, 249, 390, 373, 374, 380, 381, 382, 362, 398, 384, 385, 386, 387, 388, 466),
)
BROW_POINTS = ((46, 53, 52, 65, 55, 107, 66, 105, 63, 70), (276, 283, 282, 295, 285, 336, 296, 334))
NOSE_POINTS = (6, 48, 115, 64, 98, 97, 2, 326, 327, 294, 344, 278)
MOUTH_POINTS = (61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 409, 270, 269, 267, 0, 37, 39)
CHIN, CHEEKS = 152, (50, 280, 101, 330, 205, 425, 151, 9)
SIDE = 256
"""Height and width of a region map, in pixels: half of the aligned picture."""
EYE_MARGIN, BROW_MARGIN, NOSE_MARGIN, MOUTH_MARGIN = 5, 2.5, 2.5, 4
"""Pixels of a region map by which regions are larger than their polygons."""
UNLIKE_BACKGROUND = 14.0
"""Distance in Lab from the background's colour from which a pixel is foreground."""
UNLIKE_SKIN = 26.0
"""Distance in Lab from the cheeks' colour from which a pixel outside the organs is hair."""
UNLIKE_SKIN_ABOVE = 15.0
"""The same above the brows and outside the face's oval, where little but hair is."""
LEAST_HAIR = 125
"""Pixels of a piece of hair; smaller ones are shadows."""
LIGHTNESS_WEIGHT = 0.7
"""Shadows change lightness more than a and b."""

Region = Bool[np.ndarray, "256 256"]


@cache
def region_map(portrait: Portrait, margin: float = 1.0) -> Int[np.ndarray, "256 256"]:
    """Give every pixel of a portrait of 256 pixels the index of its region.

    Args:
        portrait: The portrait.
        margin: Factor of the margins around eyes, brows, nose and mouth.
    """
    points = landmarks(portrait)
    regions = _coloured(portrait).copy()
    regions[_grown(_polygon_hull(points, NOSE_POINTS), margin * NOSE_MARGIN)] = NOSE
    for brow in BROW_POINTS:
        regions[_grown(_polygon_hull(points, brow), margin * BROW_MARGIN)] = BROWS
    for eye in EYE_POINTS:
        regions[_grown(_polygon(points, eye), margin * EYE_MARGIN)] = EYES
    regions[_grown(_polygon_hull(points, MOUTH_POINTS), margin * MOUTH_MARGIN)] = MOUTH
    return regions


@cache
def _coloured(portrait: Portrait) -> Int[np.ndarray, "256 256"]:
    """Separate background, hair, skin and neck, by colour and the face's outline."""
    lab, points = _lab(portrait), landmarks(portrait)
    oval = _polygon(points, OVAL)
    foreground = _foreground(lab, oval)
    unlike_skin = _distance(lab, np.median(lab[_polygon_hull(points, CHEEKS) & oval], axis=0))
    rows = np.arange(SIDE)[:, None]
    above = rows < points[list(BROW_POINTS[0] + BROW_POINTS[1]), 1].min()
    is_hair = np.where(above & ~oval, unlike_skin > UNLIKE_SKIN_ABOVE, unlike_skin > UNLIKE_SKIN)
    is_hair = foreground & is_hair & (above | ~oval)

    regions = np.full((SIDE, SIDE), BACKGROUND)
    regions[foreground] = SKIN
    hair = binary_closing(binary_opening(is_hair), iterations=3)
    regions[_large_pieces(hair)] = HAIR
    below = foreground & (rows > points[CHIN, 1] - 10) & ~oval & (unlike_skin < 2 * UNLIKE_SKIN)
    regions[below & _under_the_jaw(oval)] = NECK
    regions[oval & (regions != HAIR)] = SKIN
    return regions


def landmarks(portrait: Portrait) -> Float32[np.ndarray, "468 2"]:
    """Points of the face mesh, (x, y) in pixels of a region map."""
    return portrait.landmarks * np.float32(SIDE / ALIGNED)


def region_maps(
    portraits: list[Portrait], size: int, margin: float = 1.0
) -> Int[np.ndarray, "portraits size size"]:
    """Draw the regions of portraits in pixels of a model's image; see `region_map`."""
    maps = []
    for portrait in portraits:
        full = Image.fromarray(region_map(portrait, margin).astype(np.uint8))
        maps.append(np.asarray(full.resize((size, size), Image.Resampling.NEAREST), dtype=np.int64))
    return np.stack(maps)


def _lab(portrait: Portrait) -> Float64[np.ndarray, "256 256 3"]:
    srgb, lab = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
    small = Image.fromarray(portrait.pixels).reduce(ALIGNED // SIDE)
    levels = np.array(ImageCms.profileToProfile(small, srgb, lab, outputMode="LAB"), np.float64)
    levels[..., 0] *= 100 / 255
    levels[..., 1:] = (levels[..., 1:] + 128) % 256 - 128  # Pillow stores a and b as signed bytes
    return levels


def _distance(lab: np.ndarray, colour: np.ndarray) -> Float64[np.ndarray, "256 256"]:
    weights = np.array([LIGHTNESS_WEIGHT, 1.0, 1.0])
    return np.linalg.norm((lab - colour) * weights, axis=-1)


def _foreground(lab: np.ndarray, oval: Region) -> Region:
    """Separate the person from the plain background: what is connected with the face."""
    wall = np.concatenate([lab[:100, :6].reshape(-1, 3), lab[:100, -6:].reshape(-1, 3)])
    unlike = np.linalg.norm(lab - np.median(wall, axis=0), axis=-1) > UNLIKE_BACKGROUND
    names, _ = label(binary_opening(unlike) | oval)
    found = names == np.bincount(names[oval]).argmax()
    return np.asarray(binary_fill_holes(found))


def _large_pieces(region: Region) -> Region:
    names, count = label(region)
    sizes = np.bincount(names.ravel(), minlength=count + 1)
    sizes[0] = 0
    return np.asarray(sizes[names] >= LEAST_HAIR)


def _under_the_jaw(oval: Region) -> Region:
    """Columns and rows below the face's outline, from its lowest point in each column."""
    columns = oval.any(axis=0)
    lowest = np.where(columns, SIDE - 1 - oval[::-1].argmax(axis=0), 0)
    reach = np.flatnonzero(columns)
    lowest[: reach[0]] = lowest[reach[0]]
    lowest[reach[-1] :] = lowest[reach[-1]]
    return np.arange(SIDE)[:, None] > np.maximum(lowest, 0.72 * lowest.max())[None]


def _polygon(points: np.ndarray, indices: tuple[int, ...]) -> Region:
    drawn = Image.new("1", (SIDE, SIDE))
    corners = [tuple(map(float, points[index])) for index in indices]
    ImageDraw.Draw(drawn).polygon(corners, fill=1, outline=1)
    return np.asarray(drawn)


def _polygon_hull(points: np.ndarray, indices: tuple[int, ...]) -> Region:
    chosen = points[list(indices)]
    order = ConvexHull(chosen).vertices
    return _polygon(points, tuple(indices[each] for each in order))


def _grown(region: Region, pixels: float) -> Region:
    if round(pixels) == 0:
        return region
    return np.asarray(binary_dilation(region, iterations=round(pixels)))


@cache
def lightness(portrait: Portrait) -> Float32[np.ndarray, "256 256"]:
    """L of the Lab colours, from 0 to 100."""
    return _lab(portrait)[..., 0].astype(np.float32)

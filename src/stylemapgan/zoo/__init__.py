"""Models that come with the package, and what to show of them."""

from stylemapgan.zoo.bundled import (
    BUNDLED,
    ONNX_NETWORKS,
    directions_file,
    find,
    find_onnx,
    framing_file,
    parts_file,
    sample_folder,
    sample_pictures,
)
from stylemapgan.zoo.demo_plan import (
    DemoBox,
    DemoEdit,
    DemoMove,
    DemoPlan,
    DemoShift,
    DemoWalk,
    read_plan,
)
from stylemapgan.zoo.pictures import KnownSquare, pictures_in, square_of

__all__ = [
    "BUNDLED",
    "ONNX_NETWORKS",
    "DemoBox",
    "DemoEdit",
    "DemoMove",
    "DemoPlan",
    "DemoShift",
    "DemoWalk",
    "KnownSquare",
    "directions_file",
    "find",
    "find_onnx",
    "framing_file",
    "parts_file",
    "pictures_in",
    "read_plan",
    "sample_folder",
    "sample_pictures",
    "square_of",
]

"""Models that come with the package, and what to show of them."""

from stylemapgan.zoo.bundled import (
    BUNDLED,
    ONNX_NETWORKS,
    DemoBox,
    DemoEdit,
    DemoPlan,
    DemoShift,
    DemoWalk,
    directions_file,
    find,
    find_onnx,
    framing_file,
    parts_file,
    pictures_in,
    read_plan,
    sample_folder,
    sample_pictures,
)

__all__ = [
    "BUNDLED",
    "ONNX_NETWORKS",
    "DemoBox",
    "DemoEdit",
    "DemoPlan",
    "DemoShift",
    "DemoWalk",
    "directions_file",
    "find",
    "find_onnx",
    "framing_file",
    "parts_file",
    "pictures_in",
    "read_plan",
    "sample_folder",
    "sample_pictures",
]

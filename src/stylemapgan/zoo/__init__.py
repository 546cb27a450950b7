"""Models that come with the package, and what to show of them."""

from stylemapgan.zoo.bundled import (
    BUNDLED,
    find,
    pictures_in,
    sample_folder,
    sample_pictures,
)
from stylemapgan.zoo.demo import DemoBox, DemoEdit, DemoPlan, DemoShift, DemoWalk, read_plan

__all__ = [
    "BUNDLED",
    "DemoBox",
    "DemoEdit",
    "DemoPlan",
    "DemoShift",
    "DemoWalk",
    "find",
    "pictures_in",
    "read_plan",
    "sample_folder",
    "sample_pictures",
]

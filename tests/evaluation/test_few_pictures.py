"""Whatever there is too little of, an evaluation names it: no traceback, no missing number."""

import math
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from toy_faces import SIZE, PixelEditor, write_faces

from stylemapgan.config.evaluation import EvaluationConfig
from stylemapgan.evaluation.context import EvaluationContext
from stylemapgan.evaluation.data import open_test_data
from stylemapgan.evaluation.tasks.task_registry import TASKS
from stylemapgan.methods.registry import open_methods

FEWEST = EvaluationConfig(
    steps=2, edits=2, detector_pictures=64, runs=1, generated=8, pairs=8, directions=1
)


@pytest.fixture
def small_context(context, tmp_path):
    """A context with as few faces as asked for."""

    def build(training: int, tested: int, triples: int, **changes: int) -> EvaluationContext:
        write_faces(tmp_path / "faces", training, tested, triples)
        return replace(
            context,
            methods=open_methods(PixelEditor()),
            data=open_test_data(tmp_path / "faces", SIZE),
            config=replace(FEWEST, **changes),
        )

    return build


@pytest.mark.parametrize(
    ("counts", "changes"),
    [
        ((1, 1, 1), {}),
        ((1, 2, 1), {}),
        ((2, 3, 2), {}),
        ((8, 7, 2), {}),
        ((9, 8, 3), {"steps": 1, "generated": 1, "pairs": 1, "edits": 1}),
    ],
)
def test_each_task_gives_numbers_or_says_what_is_missing(small_context, counts, changes):
    few = small_context(*counts, **changes)
    for name in TASKS.keys() - {"runtime", "portraits", "true-edits"}:  # these need landmarks
        task = TASKS[name]()
        obstacle = task.obstacle(few)
        if obstacle is not None:
            assert "at least" in obstacle
            continue
        for figure in task.measure(few).figures:
            estimate = figure.estimate
            found = (estimate.value, estimate.low, estimate.high)
            assert not any(map(math.isnan, found)), f"{name}: {figure.key}"


def test_detectors_look_for_halves_where_hardly_any_photo_shows_a_part(small_context):
    few = small_context(8, 6, 2)
    labels = few.data.folder / "labels"
    (labels / "parts.txt").write_text("all of it")
    for path in (labels / "val").iterdir():
        Image.fromarray(np.zeros((SIZE, SIZE), np.uint8)).save(path)
    few = replace(few, data=open_test_data(few.data.folder, SIZE))
    found = TASKS["detectability"]().measure(few)
    assert found.notes[0].startswith("Halves are exchanged: fewer than 6 photos show a named part")
    assert "average-precision (halves, w)" in [figure.key for figure in found.figures]

"""The network that says where parts are, and how well it finds those of photos."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from stylemapgan.errors import DataError
from stylemapgan.evaluation.context import EvaluationContext
from stylemapgan.evaluation.data import TRAINING, TestData, read_part_map
from stylemapgan.evaluation.findings import Figure, share_figure
from stylemapgan.evaluation.judges.learned import remember_or_teach, training_photos
from stylemapgan.evaluation.judges.learning import LearningConfig, OnProgress
from stylemapgan.evaluation.judges.segmentation import (
    LEARNING,
    Maps,
    PartSegmenter,
    bring_maps_to,
    new_segmenter,
    teach_parts,
    where_is,
)
from stylemapgan.metrics.edits import Shares, join, part_overlap


@dataclass(frozen=True, eq=False)
class PartJudge:
    """A segmenter and what it made of the test photos."""

    segmenter: PartSegmenter
    overlaps: Mapping[str, Shares]
    """Part → what each test photo adds to its IoU with the true map."""

    def figures(self, context: EvaluationContext) -> tuple[Figure, ...]:
        """Tell how well it finds the parts of test photos."""
        return tuple(
            share_figure(
                shares,
                context.data.names,
                context.bootstrap,
                name="judge-iou",
                title="Judge's own IoU",
                about="IoU of a part as the network that judges parts finds it in the test photos "
                "themselves with the part in their true maps, over the whole set.",
                variant=part,
            )
            for part, shares in self.overlaps.items()
            if shares.denominators.sum() > 0 and len(context.data) > 1
        )


def part_obstacle(data: TestData) -> str | None:
    """Say in one sentence why there can be no judge of parts; None if there can."""
    if not data.part_names or data.training is None or not _maps_folder(data).is_dir():
        return f"It needs maps of parts of test and training photos, such as {_maps_folder(data)}/."
    return None


def part_judge(context: EvaluationContext, settings: LearningConfig = LEARNING) -> PartJudge:
    """Train a judge of parts, or remember it; only where there is no obstacle."""
    settings = replace(settings, seed=context.config.seed)
    data, photos = context.data, training_photos(context.data)
    segmenter = new_segmenter(len(data.part_names), settings, context.device)
    files = [_map_file(data, photos.names[row]) for row in settings.rows_of(photos)]

    def teach(tell: OnProgress) -> None:
        maps = np.concatenate([_read_map(path, settings.side) for path in files])
        teach_parts(segmenter, photos, maps, settings, tell)

    known = f"{len(data.part_names)} parts {_digest(files)}"
    remember_or_teach(context, segmenter.network, known, settings, teach)
    return PartJudge(segmenter, _overlaps(context, segmenter))


def _overlaps(context: EvaluationContext, segmenter: PartSegmenter) -> Mapping[str, Shares]:
    """Compare where a segmenter finds the parts of test photos with where they are."""
    data = context.data
    found: dict[str, list[Shares]] = {part: [] for part in data.part_names}
    for rows in context.batches(len(data), "judging parts of photos"):
        said = segmenter.segment(data.images(rows))
        known = bring_maps_to(data.part_maps(rows), segmenter.side)
        for number, part in enumerate(data.part_names):
            found[part].append(part_overlap(where_is(number, said), where_is(number, known)))
    return {part: join(shares) for part, shares in found.items()}


def _maps_folder(data: TestData) -> Path:
    return data.folder / "labels" / TRAINING


def _map_file(data: TestData, name: str) -> Path:
    """Find the map of a training photo.

    Raises:
        DataError: There is none.
    """
    path = (_maps_folder(data) / name).with_suffix(".png")
    if not path.is_file():
        raise DataError(f"There is no map of parts at {path}, as for other photos.")
    return path


def _read_map(path: Path, side: int) -> Maps:
    """Read one map."""
    return bring_maps_to(read_part_map(path)[None], side)


def _digest(files: list[Path]) -> str:
    """Name maps after their files' bytes; much faster than to unpack them."""
    digest = hashlib.sha256()
    for path in files:
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()

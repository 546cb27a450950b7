"""Train the stages of cells, each once, across interruptions."""

import json
import shutil
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict
from pathlib import Path

from benchmarks.machine import describe_source
from benchmarks.paper.pixel_noise import NoisyGenerator
from benchmarks.paper.stages import Stage
from stylemapgan.errors import TrainingError
from stylemapgan.images.atomic import replacing
from stylemapgan.machine.precision import processor_name
from stylemapgan.methods.stylemapgan.recipe import stylemapgan_recipe
from stylemapgan.models import Generator
from stylemapgan.training import start
from stylemapgan.training.loop import Progress
from stylemapgan.training.run_folder import RunFolder

FINISHED = "finished.json"
"""Written last: a stage with this file is complete."""


def train_stages(
    output: Path,
    stages: list[Stage],
    should_stop: Callable[[], bool],
    on_progress: Callable[[str, Progress], None],
) -> bool:
    """Train the stages that are not finished.

    Returns:
        Whether all stages are finished; False if it was asked to stop.

    Raises:
        TrainingError: A folder holds a run with another configuration.
    """
    before = None
    for stage in stages:
        folder = output / stage.folder
        if not is_finished(folder):
            _prepare(folder, stage, before)
            if not _train(folder, stage, should_stop, on_progress):
                return False
        before = folder
    return True


def is_finished(folder: Path) -> bool:
    """Whether a stage has been trained to its end."""
    return (folder / FINISHED).exists()


def newest_snapshot(folder: Path) -> Path:
    """The averaged weights at the end of a finished stage."""
    return max((folder / "snapshots").glob("*.safetensors"))


def _prepare(folder: Path, stage: Stage, before: Path | None) -> None:
    """Create a run's folder that continues from the end of the previous stage."""
    run = RunFolder(folder)
    if (folder / "config.toml").exists():
        if run.config() != stage.config:
            raise TrainingError(
                f"{folder} was started with other settings: choose another --output, or delete it"
            )
        return
    if before is not None:
        with replacing(_state(folder)) as unfinished:
            shutil.copyfile(_state(before), unfinished)
    run.create(stage.config)  # writes config.toml last


def _state(folder: Path) -> Path:
    path = folder / "state" / "latest.pt"
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def _train(
    folder: Path,
    stage: Stage,
    should_stop: Callable[[], bool],
    on_progress: Callable[[str, Progress], None],
) -> bool:
    begin = time.perf_counter()
    generator_class = NoisyGenerator if stage.has_pixel_noise else Generator
    run = start.resume(stylemapgan_recipe(generator_class), folder)
    resumed_at = run.state.images_seen
    generator = run.state.generator
    if stage.is_generator_frozen:
        generator.requires_grad_(False)

    def before_update() -> bool:
        if isinstance(generator, NoisyGenerator):
            generator.reseed(run.state.images_seen)
        return should_stop()

    with closing(run.photos):
        run.train(before_update, lambda progress: on_progress(stage.folder, progress))
    if run.state.images_seen < stage.config.training.images:
        return False
    facts = {
        "images": run.state.images_seen,
        "images_of_last_start": run.state.images_seen - resumed_at,
        "seconds_of_last_start": round(time.perf_counter() - begin, 1),
        "cpu": processor_name(),
        "source": asdict(describe_source()),
    }
    with replacing(folder / FINISHED) as unfinished:
        unfinished.write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")
    return True

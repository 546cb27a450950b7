"""Train cells, each once, across interruptions."""

import json
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict
from pathlib import Path

from benchmarks.machine import describe_machine, describe_source
from stylemapgan.config import RunConfig
from stylemapgan.errors import TrainingError
from stylemapgan.images.atomic import replacing
from stylemapgan.methods.recipes import recipe_for
from stylemapgan.training import start
from stylemapgan.training.loop import Progress
from stylemapgan.training.run_folder import RunFolder

STARTS = "starts.json"
"""What each start of a run trained, how long it took and where."""


def train_cell(
    folder: Path,
    config: RunConfig,
    should_stop: Callable[[], bool],
    on_progress: Callable[[Progress], None],
) -> bool:
    """Train a cell's run unless it is finished.

    Args:
        folder: The run's folder; new, or of an earlier start.
        config: What to train.
        should_stop: Asked before each update.
        on_progress: Called now and then.

    Returns:
        Whether it is finished; False if it was asked to stop.

    Raises:
        TrainingError: The folder holds a run with another configuration.
    """
    if is_finished(folder, config):
        return True
    if not (folder / "config.toml").exists():
        RunFolder(folder).create(config)
    elif RunFolder(folder).config() != config:
        raise TrainingError(
            f"{folder} was started with other settings: choose another --output, or delete it"
        )
    begin = time.process_time()
    run = start.resume(recipe_for(config), folder)
    resumed_at = run.state.images_seen
    with closing(run.photos):
        run.train(should_stop, on_progress)
    seen = run.state.images_seen
    facts = {
        "images_from": resumed_at,
        "images_to": seen,
        "processor_seconds": round(time.process_time() - begin, 1),
        "machine": asdict(describe_machine()),
        "source": asdict(describe_source()),
    }
    with replacing(folder / STARTS) as unfinished:
        unfinished.write_text(json.dumps([*read_starts(folder), facts], indent=1) + "\n", "utf-8")
    return seen >= config.training.images


def read_starts(folder: Path) -> list[dict[str, object]]:
    """List what each start of a run trained; none if it has not stopped yet."""
    path = folder / STARTS
    return json.loads(path.read_text("utf-8")) if path.exists() else []


def is_finished(folder: Path, config: RunConfig) -> bool:
    """Whether a run has been trained to its end."""
    return any(start["images_to"] == config.training.images for start in read_starts(folder))


def newest_snapshot(folder: Path) -> Path:
    """Find the averaged weights at the end of a finished run."""
    return max((folder / "snapshots").glob("*.safetensors"))

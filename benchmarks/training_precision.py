"""Training speed of a preset in each precision, on this processor.

`python -m benchmarks.training_precision` trains on images of random pixels, as
`stylemapgan train --preset laptop-64 --precision …` does: with `auto`, then in each precision. It
prints images per second, as the progress bar would.
"""

import dataclasses
import logging
import os
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # as the commands of stylemapgan do
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
from cyclopts import App
from PIL import Image

from stylemapgan.config import DataConfig, RunConfig, preset
from stylemapgan.config.training import Precision
from stylemapgan.machine import one_line
from stylemapgan.machine.precision import choose, processor_name
from stylemapgan.methods import runs
from stylemapgan.training.loop import Progress
from stylemapgan.training.processes import Hardware

PRECISIONS: tuple[Precision, ...] = ("auto", "32-true", "bf16-mixed")
PHOTOS = 64
"""Number of images of random pixels to train on."""

app = App(name="python -m benchmarks.training_precision")


@app.default
def measure(name: str = "laptop-64", /, *, images: int = 500, adversarial: bool = False) -> None:
    """Train briefly in each precision, and print images per second.

    Args:
        name: The preset.
        images: Images of each run; those before the first report of its speed do not count.
        adversarial: Start with all updates, instead of the preset's warm-up.
    """
    logging.getLogger("lightning_fabric").setLevel(logging.WARNING)
    print(f"{processor_name()}; {one_line('cpu', choose('auto'))}; load {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory() as scratch:
        os.environ["XDG_CACHE_HOME"] = scratch
        photos = _draw(Path(scratch) / "photos", name)
        config = _config(name, photos, images, adversarial=adversarial)
        for precision in PRECISIONS:
            rate = images_per_second(config, Path(scratch) / precision, precision)
            print(f"{name}, {precision}: {rate:.1f} images/s", flush=True)


def images_per_second(config: RunConfig, folder: Path, precision: Precision) -> float:
    """Train, and time all updates from the first report to the last.

    Args:
        config: Configuration of the run; its precision is replaced.
        folder: New folder for the run.
        precision: Precision to train in.
    """
    training = dataclasses.replace(config.training, precision=precision)
    config = dataclasses.replace(config, training=training)
    reports: list[tuple[int, float]] = []

    def note(progress: Progress) -> None:
        reports.append((progress.images_seen, time.perf_counter()))

    run = runs.start(config, folder, hardware=Hardware(accelerator="cpu"))
    run.train(on_progress=note)
    (first, begin), *_, (last, end) = reports
    return (last - first) / (end - begin)


def _config(name: str, photos: Path, images: int, *, adversarial: bool) -> RunConfig:
    usual = preset(name)
    begins = {"adversarial_from": 0, "perceptual_from": 0} if adversarial else {}
    training = dataclasses.replace(
        usual.training, images=images, cooldown=0, sample_every=images + 1, **begins
    )
    return dataclasses.replace(usual, training=training, data=DataConfig(photos=str(photos)))


def _draw(folder: Path, name: str) -> Path:
    """Write images of random pixels, of the preset's size."""
    folder.mkdir()
    size = preset(name).model.image_size
    for index, pixels in enumerate(
        np.random.default_rng(0).integers(0, 256, (PHOTOS, size, size, 3), dtype=np.uint8)
    ):
        Image.fromarray(pixels).save(folder / f"{index}.png")
    return folder


if __name__ == "__main__":
    sys.exit(app(result_action="return_int_as_exit_code_else_zero"))

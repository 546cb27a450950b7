"""The report of a run: facts, warnings, sample sheets, curves and configuration."""

import logging
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from stylemapgan import images
from stylemapgan.config import to_toml
from stylemapgan.data import spread_rows
from stylemapgan.errors import ImageError
from stylemapgan.pages import (
    Block,
    Code,
    Facts,
    Gallery,
    Heading,
    Notice,
    Paragraph,
    Picture,
    Table,
    write_page,
)
from stylemapgan.training.report.curves import charts
from stylemapgan.training.report.history import ENOUGH, Curve, History, read_history
from stylemapgan.training.report.warnings import CHECKS, warnings

logger = logging.getLogger(__name__)

EARLIER_SHEETS = 8
"""Sample sheets shown besides the newest, spread evenly over the run."""
LARGE, SMALL = 1400, 800
"""Longest side of the newest and of earlier sheets, in pixels."""

MEANING = {
    "mse": "Squared error of reconstructions on [-1, 1]; below 0.01 a picture is recognisable.",
    "sharpness": "Mean gradient magnitude of reconstructions; 1 is as crisp as the photos.",
    "perceptual": "Distance of reconstructions to photos in features of the perceptual network.",
    "frechet": "Fréchet distance (EfficientNet-Lite0) between random images and photos.",
}


def write_report(run: Path, output: Path) -> History:
    """Write a run's report as one HTML file.

    Args:
        run: Folder of the run, finished or not.
        output: File to write.

    Raises:
        TrainingError: The folder does not hold a run, or its journal has no losses yet.
        MissingExtraError: Jinja or Matplotlib is not installed.
    """
    history = read_history(run)
    training, seen = history.config.training, history.images_seen
    state = "finished" if seen >= training.images else f"{seen / training.images:.0%} done"
    subtitle = f"{_size(history)}, {seen:,} of {training.images:,} images seen, {state}"
    write_page(output, f"Run {run.resolve().name}", list(blocks(history)), subtitle)
    return history


def blocks(history: History) -> Iterator[Block]:
    """Build the blocks of the report, from top to bottom."""
    yield Facts(_facts(history))
    yield from _notices(history)
    yield from _sheets(history.samples)
    if history.validation:
        yield Heading("Validation")
        yield _validation_table(history)
    yield Heading("Curves")
    yield Paragraph(
        "Lines are means, bands hold the middle 80 % of values, and dotted vertical lines mark the "
        "start of a phase. The number beside a name is the newest value."
    )
    yield from charts(history)
    yield Heading("Data and machine")
    yield Facts({"Licence of the weights": history.config.data.licence})
    yield Paragraph(f"Data: {history.config.data.statement}")
    if history.machines:
        yield _machine_table(history)
    yield Heading("Configuration")
    yield Code(to_toml(history.config).strip())


def _facts(history: History) -> dict[str, str]:
    config = history.config.training
    seen = history.images_seen
    facts = {
        "Images seen": f"{seen:,} of {config.images:,}",
        "Time trained": duration(history.seconds),
        "Speed": f"{np.median(history.speed.last(0.1).y):.1f} images/s",
        "Batch": f"{config.batch} images",
        "Precision": config.precision,
    }
    if seen < config.images:
        rate = float(np.median(history.speed.last(0.1).y))
        facts["Time left"] = duration((config.images - seen) / max(rate, 1e-9))
    for name, curve in history.validation.items():
        facts[f"Validation {name}"] = f"{curve.y[-1]:.3g}"
    return facts


def _notices(history: History) -> Iterator[Block]:
    for images_seen, text in history.logged_warnings:
        yield Notice(text, "warning", f"logged at {images_seen:,} images")
    found = warnings(history)
    for warning in found:
        yield Notice(warning.text, "warning", warning.title)
    if not found:
        yield Notice(
            f"None of the {len(CHECKS)} checks of the journal found a problem. Checks of losses "
            f"need at least {ENOUGH} log entries.",
            "good",
            "no warnings",
        )


def _sheets(samples: Sequence[Path]) -> Iterator[Block]:
    newest = next(filter(_is_readable, reversed(samples)), None)
    if newest is None:
        return
    yield Heading("Samples")
    yield Picture(newest, _caption(newest), LARGE)
    earlier = samples[: samples.index(newest)]
    if not earlier:
        return
    spread = spread_rows(len(earlier), EARLIER_SHEETS)
    chosen = filter(_is_readable, (earlier[index] for index in spread))
    yield Paragraph("Earlier in the run; click a sheet to enlarge it.")
    yield Gallery([Picture(path, _caption(path), SMALL) for path in chosen])


def _is_readable(sheet: Path) -> bool:
    """Whether a sheet can be read; a damaged one is left out of the page."""
    try:
        images.read_pixels(sheet)
    except ImageError as error:
        logger.warning("Left out: %s", error)
        return False
    return True


def _caption(sheet: Path) -> str:
    name = sheet.stem
    return f"After {int(name):,} images" if name.isdecimal() else name


def _validation_table(history: History) -> Table:
    rows = []
    for name, curve in history.validation.items():
        best = _best(name, curve)
        rows.append(
            [
                name,
                f"{curve.y[0]:.3g}",
                f"{curve.y[best]:.3g}",
                f"{curve.x[best]:,.0f}",
                f"{curve.y[-1]:.3g}",
                MEANING.get(name, ""),
            ]
        )
    columns = ["figure", "first", "best", "at images", "newest", "meaning"]
    points = len(next(iter(history.validation.values())))
    return Table(columns, rows, f"From {points} validations of the averaged weights.")


def _best(name: str, curve: Curve) -> int:
    distance = np.abs(curve.y - 1) if name == "sharpness" else curve.y
    return int(distance.argmin())


def _machine_table(history: History) -> Table:
    names = list(dict.fromkeys(name for _, facts in history.machines for name in facts))
    rows = [
        [f"{images:,}", *(facts.get(name, "") for name in names)]
        for images, facts in history.machines
    ]
    return Table(["from image", *names], rows, "Where the run started, and where it was resumed.")


def _size(history: History) -> str:
    model = history.config.model
    return f"{model.image_size} pixels, {model.stylemap_size} by {model.stylemap_size} cells"


def duration(seconds: float) -> str:
    """Format a duration in minutes, hours or days."""
    minutes = round(seconds / 60)
    if minutes < 1:
        return "under a minute"
    if minutes < 60:
        return f"{minutes} min"
    if minutes < 48 * 60:
        return f"{minutes // 60} h {minutes % 60:02} min"
    return f"{minutes // 1440} days {minutes % 1440 // 60} h"

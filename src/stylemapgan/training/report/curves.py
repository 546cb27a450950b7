"""A run's journal as charts."""

from collections.abc import Iterator, Mapping

import numpy as np

from stylemapgan.config import TrainConfig
from stylemapgan.pages import Chart, Series
from stylemapgan.training import schedule
from stylemapgan.training.report.history import Curve, History

BINS = 150
"""Points of a line at most: keeps a chart of any journal below 30 KB."""
X_LABEL = "images seen"

LOSSES = {
    "Discriminator": ("d/real", "d/generated", "d/reconstructed"),
    "Fooling the discriminator": ("g/adversarial", "e/domain_guided"),
    "Stylemaps of random images, found again": ("e/latent",),
    "Gradient penalty": ("d/r1", "d/r2"),
    "Overfitting of the discriminator": ("d/sign_real", "augmentation/p"),
}
"""Title of a chart → losses in it; those of reconstruction stand beside their validation."""
LOGARITHMIC = ("Gradient penalty",)
VALIDATION = {
    "mse": ("Error of reconstructions (MSE)", "e/reconstruction"),
    "perceptual": ("Perceptual distance of reconstructions", "e/perceptual"),
    "sharpness": ("Sharpness of reconstructions, photos = 1", ""),
    "frechet": ("Fréchet distance of random images", ""),
}
"""Validation figure → title of its chart, and the loss that is its equal in training."""


def charts(history: History) -> list[Chart]:
    """Every curve of a run, in groups."""
    marks = phases(history.config.training)
    drawn = [*_validation_charts(history, marks), *_loss_charts(history, marks)]
    speed = binned("images per second", history.speed)
    drawn.append(Chart("Speed", [speed], "images/s", x_label=X_LABEL, marks=marks))
    return [*drawn, _step_sizes(history.config.training, marks)]


def phases(config: TrainConfig) -> dict[str, int]:
    """Where something changes in the course of a run."""
    places = {"adversarial": config.adversarial_from}
    if config.perceptual_network != "none":
        places["perceptual"] = config.perceptual_from
    if config.cooldown:
        places["cooldown"] = config.images - config.cooldown
    return {name: place for name, place in places.items() if place > 0}


def binned(label: str, curve: Curve) -> Series:
    """Mean of each bin, with a band from its 10th to its 90th percentile.

    Few points stay as they are, without a band.
    """
    if len(curve) <= BINS:
        return Series(label, curve.x.tolist(), curve.y.tolist())
    parts = np.array_split(np.where(np.isfinite(curve.y), curve.y, np.nan), BINS)
    low, high = np.transpose([np.percentile(part, (10, 90)) for part in parts])
    return Series(
        label,
        [float(part.mean()) for part in np.array_split(curve.x, BINS)],
        [float(part.mean()) for part in parts],
        low.tolist(),
        high.tolist(),
    )


def _validation_charts(history: History, marks: Mapping[str, int]) -> Iterator[Chart]:
    for name, (title, loss) in VALIDATION.items():
        series = []
        if loss in history.losses:
            series.append(binned("training", history.losses[loss]))
        if name in history.validation:
            series.append(binned("validation", history.validation[name]))
        if series:
            is_error = name != "sharpness"
            yield Chart(title, series, log_y=is_error, x_label=X_LABEL, marks=marks)


def _loss_charts(history: History, marks: Mapping[str, int]) -> Iterator[Chart]:
    shown = {loss for _, loss in VALIDATION.values()}
    for title, names in LOSSES.items():
        series = [binned(name, history.losses[name]) for name in names if name in history.losses]
        shown |= set(names)
        if series:
            is_log = title in LOGARITHMIC
            yield Chart(title, series, log_y=is_log, x_label=X_LABEL, marks=marks)
    for name in sorted(history.losses.keys() - shown):
        yield Chart(name, [binned(name, history.losses[name])], x_label=X_LABEL, marks=marks)


def _step_sizes(config: TrainConfig, marks: Mapping[str, int]) -> Chart:
    """The schedule of the whole run, also of what is still to come."""
    corners = {max(place - config.batch, 0) for place in marks.values()} | set(marks.values())
    even = np.linspace(0, config.images, BINS).astype(int).tolist()
    x = sorted(corners | set(even))
    schedules = {
        "generator and encoder": schedule.learning_rate,
        "discriminator": schedule.discriminator_learning_rate,
    }
    series = [
        Series(label, x, [rate(config, seen) for seen in x]) for label, rate in schedules.items()
    ]
    return Chart("Step sizes (planned)", series, x_label=X_LABEL, marks=marks)

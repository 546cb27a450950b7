"""Charts of a run's journal."""

from collections.abc import Iterator, Mapping

import numpy as np

from stylemapgan.pages import Chart, Series
from stylemapgan.training.report.history import Curve, History

BINS = 150
"""Most points of a line, so that a chart of any journal stays below 30 KB."""
X_LABEL = "images seen"

LOSSES = {
    "Discriminator": ("d/real", "d/generated", "d/reconstructed"),
    "Adversarial losses of generator and encoder": ("g/adversarial", "e/domain_guided"),
    "Discriminator of features": ("f/real", "f/generated", "f/reconstructed"),
    "Losses of generator and encoder by features": ("g/features", "e/features"),
    "Latent reconstruction: stylemaps of generated images": ("e/latent",),
    "Gradient penalty": ("d/r1", "d/r2"),
    "Overfitting of the discriminator": ("d/sign_real", "augmentation/p"),
}
"""Title of a chart → its losses; losses of reconstruction are drawn with their validation."""
LOGARITHMIC = ("Gradient penalty",)
VALIDATION = {
    "mse": ("Error of reconstructions (MSE)", "e/reconstruction"),
    "perceptual": ("Perceptual distance of reconstructions", "e/perceptual"),
    "sharpness": ("Sharpness of reconstructions, photos = 1", ""),
    "frechet": ("Fréchet distance of random images", ""),
}
"""Validation figure → title of its chart, and the corresponding training loss."""


def charts(history: History) -> list[Chart]:
    """Draw every curve of a run, in groups."""
    marks = history.phases
    drawn = [*_validation_charts(history, marks), *_loss_charts(history, marks)]
    speed = binned("images per second", history.speed)
    drawn.append(Chart("Speed", [speed], "images/s", x_label=X_LABEL, marks=marks))
    rates = [binned(name, curve) for name, curve in history.learning_rates.items()]
    if rates:
        drawn.append(Chart("Learning rates", rates, x_label=X_LABEL, marks=marks))
    return drawn


def binned(label: str, curve: Curve) -> Series:
    """Average a curve in bins, with a band from the 10th to the 90th percentile of each.

    Curves of few points are drawn as they are, without a band.
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

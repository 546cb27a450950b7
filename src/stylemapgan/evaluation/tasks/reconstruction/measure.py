"""How much of a photo comes back after encoding and decoding."""

from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar

import numpy as np
from jaxtyping import Float64, Int64

from stylemapgan.data import spread_rows
from stylemapgan.evaluation.context import EvaluationContext
from stylemapgan.evaluation.findings import (
    Description,
    Figure,
    Findings,
    Sheet,
    mean_figure,
)
from stylemapgan.evaluation.judges.features import PictureDistance
from stylemapgan.evaluation.tasks.abstract import AbstractTask, measure_encodings
from stylemapgan.images import contact_sheet
from stylemapgan.methods.abstract import AbstractMethod, Capability
from stylemapgan.metrics.pictures import ms_ssim, mse, psnr, scale_weights, ssim
from stylemapgan.pages.blocks import Chart, Series
from stylemapgan.types import Images

MEASURES: Mapping[str, Callable[[Images, Images], Float64[np.ndarray, " pictures"]]] = {
    "mse": mse,
    "psnr": psnr,
    "ssim": ssim,
    "ms-ssim": ms_ssim,
}
"""Measures computed from pixels."""
DESCRIPTIONS: Mapping[str, Description] = {
    "mse": {
        "name": "mse",
        "title": "MSE",
        "about": "Mean squared difference to the photo, on [-1, 1] (Kim et al., CVPR 2021, "
        "section 4); four times the figure on [0, 1].",
        "better": "lower",
        "is_main": True,
    },
    "psnr": {
        "name": "psnr",
        "title": "PSNR",
        "about": "10 log10(range² / MSE) of each photo, then the mean (ITU-T J.340).",
        "better": "higher",
        "unit": "dB",
    },
    "ssim": {
        "name": "ssim",
        "title": "SSIM",
        "about": "Structural similarity in windows of 11x11 pixels, mean over colours (Wang et "
        "al., IEEE TIP 13, 2004).",
        "better": "higher",
    },
    "ms-ssim": {
        "name": "ms-ssim",
        "title": "MS-SSIM",
        "about": "Structural similarity at several scales, as many as fit the pictures "
        "(Wang, Simoncelli and Bovik, Asilomar 2003).",
        "better": "higher",
    },
}
SHOWN = 8
"""Photos in each row of a sheet."""
ORDINARY_ROWS = 3
TILE = 128
"""Pixels that each picture is shown at."""
SHARES = np.linspace(0, 1, 101)
"""Shares of the photos at which the chart has points."""


class Reconstruction(AbstractTask):
    """Encode photos, decode them, and compare."""

    name: ClassVar[str] = "reconstruction"
    title: ClassVar[str] = "Reconstruction"
    about: ClassVar[str] = (
        "Every test photo is encoded and decoded. How much of it comes back? No edit can be closer "
        "to a photo than this."
    )
    needs: ClassVar[Capability | None] = "reconstructs"

    def obstacle(self, context: EvaluationContext) -> str | None:
        """Intervals need more than one photo."""
        return "Reconstruction needs at least 2 test photos." if len(context.data) < 2 else None

    def measure(self, context: EvaluationContext) -> Findings:
        """Compare every photo with its reconstruction."""
        return measure_encodings(
            context, "reconstructs", lambda method: self._measure(context, method)
        )

    def _measure(self, context: EvaluationContext, method: AbstractMethod) -> Findings:
        found = measure_photos(context, method)
        names, bootstrap = context.data.names, context.bootstrap
        figures = [
            mean_figure(found[name], names, bootstrap, **described)
            for name, described in DESCRIPTIONS.items()
        ]
        figures += [
            mean_figure(found[each.name], names, bootstrap, **_describe(each, number))
            for number, each in enumerate(context.distances)
        ]
        return Findings(
            figures=tuple(figures),
            sheets=(_extremes(context, method, found), _ordinary(context, method, found)),
            charts=(_chart(figures[0]),),
            notes=("Pictures are compared before they are rounded to 256 levels.",),
            settings={"MS-SSIM scales": len(scale_weights(*[context.image_size] * 2))},
        )


def measure_photos(
    context: EvaluationContext, method: AbstractMethod
) -> dict[str, Float64[np.ndarray, " photos"]]:
    """Compute every measure for every test photo, by the measure's name."""
    measures = {**MEASURES, **{distance.name: distance for distance in context.distances}}
    batches: dict[str, list[Float64[np.ndarray, " pictures"]]] = {name: [] for name in measures}
    latents = context.latents(method)
    for rows in context.batches(len(context.data), "comparing reconstructions"):
        photos = context.data.images(rows)
        reconstructed = context.decode(method, latents[rows])
        for name, measure in measures.items():
            batches[name].append(measure(reconstructed, photos))
    return {name: np.concatenate(found) for name, found in batches.items()}


def _describe(distance: PictureDistance, number: int) -> Description:
    return {
        "name": distance.name.split(" (")[0].lower().replace(" ", "-"),
        "title": distance.name,
        "about": "How different photo and reconstruction look to a network; mean over photos.",
        "better": "lower",
        "is_main": number == 0,
    }


def _extremes(
    context: EvaluationContext,
    method: AbstractMethod,
    found: Mapping[str, Float64[np.ndarray, " photos"]],
) -> Sheet:
    """Show the best, the median and the worst reconstructions."""
    distance = context.distances[0].name
    rising = np.argsort(found[distance], kind="stable")
    shown = min(SHOWN, len(rising))
    middle = (len(rising) - shown) // 2
    bands = {
        "best": rising[:shown],
        "median": rising[middle : middle + shown],
        "worst": rising[::-1][:shown],
    }
    titles = [
        f"{name}\n{found[distance][rows].min():.3f} to {found[distance][rows].max():.3f}"
        for name, rows in bands.items()
    ]
    return Sheet(
        "best-median-worst",
        _draw(context, method, titles, list(bands.values())),
        f"The best, the median and the worst reconstructions by {distance}, each below its photo.",
    )


def _ordinary(
    context: EvaluationContext,
    method: AbstractMethod,
    found: Mapping[str, Float64[np.ndarray, " photos"]],
) -> Sheet:
    """Show photos spread evenly over the data."""
    rows = spread_rows(len(context.data), SHOWN * ORDINARY_ROWS)
    bands = [rows[start : start + SHOWN] for start in range(0, len(rows), SHOWN)]
    titles = [f"MSE {found['mse'][band].mean():.3f}" for band in bands]
    return Sheet(
        "spread",
        _draw(context, method, titles, bands),
        "Photos spread evenly over the data, not selected; the MSE is the mean of the row.",
    )


def _draw(
    context: EvaluationContext,
    method: AbstractMethod,
    titles: Sequence[str],
    bands: Sequence[Int64[np.ndarray, " _"]],
) -> Images:
    """Lay out pairs of rows: photos, and their reconstructions."""
    latents = context.latents(method)
    rows = [
        pictures
        for band in bands
        for pictures in (context.data.images(band), context.decode(method, latents[band]))
    ]
    row_titles = [title for name in titles for title in ("photo", f"reconstruction\n{name}")]
    return contact_sheet(rows, row_titles, tile=TILE)


def _chart(figure: Figure) -> Chart:
    """Sort the photos by their error."""
    assert figure.shares is not None  # a mean has them
    errors = np.quantile(figure.shares.numerators, SHARES, method="inverted_cdf")
    return Chart(
        title="Error of the photos, sorted",
        series=[Series("MSE", (100 * SHARES).tolist(), errors.tolist())],
        y_label="MSE",
        x_label="share of photos with at most this error, %",
    )

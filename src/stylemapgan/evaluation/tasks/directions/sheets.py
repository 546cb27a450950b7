"""Charts over the amount of a push, and a sheet of pushed photos."""

import numpy as np

from stylemapgan.evaluation.context import EvaluationContext
from stylemapgan.evaluation.findings import Sheet
from stylemapgan.evaluation.tasks.directions.pushes import AMOUNTS, PushedPhotos, Pushes, push
from stylemapgan.images import contact_sheet
from stylemapgan.metrics.edit_errors import Shares
from stylemapgan.pages.blocks import Chart, Series
from stylemapgan.types import Images

EXAMPLES = 2
"""Photos shown for each direction."""
TILE = 112
"""Pixels that each picture is shown at."""
SHOWN_AMOUNTS = (0.0, *AMOUNTS)


def direction_charts(pushes: Pushes, found: PushedPhotos, distance: str) -> tuple[Chart, ...]:
    """Draw success, leakage and change over the amount, one line for each direction."""
    titles = {"success": "Success", "leakage": "Leakage", "change": f"Change: {distance}"}
    return tuple(
        Chart(
            title=title,
            series=_lines(pushes, [found.shares(place)[name] for place in range(len(AMOUNTS) + 1)]),
            x_label="amount",
        )
        for name, title in titles.items()
        if name != "leakage" or found.others.any()
    )


def direction_sheet(context: EvaluationContext, pushes: Pushes, found: PushedPhotos) -> Sheet:
    """Show two pushed photos of every direction."""
    rows: list[list[Images]] = []
    titles: list[str] = []
    for number, each in enumerate(pushes.fitted):
        mine = np.flatnonzero(pushes.questions == number)
        shown = mine[(2 * np.arange(EXAMPLES) + 1) * len(mine) // (2 * EXAMPLES)]
        rows.append([picture for row in shown for picture in _example(context, pushes, int(row))])
        success = found.has_it[len(AMOUNTS), mine].mean()
        titles.append(f"{each.question.label}\n{success:.0%} at {AMOUNTS[-1]:g}")
    columns = ["photo", *(f"{amount:g}" for amount in SHOWN_AMOUNTS)] * EXAMPLES
    return Sheet(
        "directions",
        contact_sheet(rows, titles, columns, tile=TILE),
        "Two test photos without the value for each direction, not selected; the reconstruction is "
        "pushed by increasing amounts. The percentage is the success at the largest amount.",
    )


def _lines(pushes: Pushes, shares: list[Shares]) -> list[Series]:
    """Draw one line for each direction that has something to measure."""
    lines: list[Series] = []
    for number, each in enumerate(pushes.fitted):
        mine = pushes.questions == number
        values = [Shares(s.numerators[mine], s.denominators[mine]).value for s in shares]
        lines.append(Series(each.question.label, SHOWN_AMOUNTS, values))
    return lines


def _example(context: EvaluationContext, pushes: Pushes, row: int) -> list[Images]:
    rows = np.array([row])
    return [context.data.images(pushes.photos[rows]), *push(context, pushes, rows)]

"""The figure of errors against time."""

from collections.abc import Sequence
from pathlib import Path

from benchmarks.rivals.entries import first_entries
from benchmarks.rivals.patience import Curve
from stylemapgan.images.atomic import replacing

WIDTH, HEIGHT = 5.0, 3.8
"""Size of a panel, in inches."""
LEGEND = 1.3
"""Width of the legend beside the panels, in inches."""
MARKERS = "osD^vP*Xph<>"


def draw_figure(curves: Sequence[Curve], path: Path) -> None:
    """Draw a panel for each data set: lines for optimisations, points for single passes."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    mpl.rcParams["svg.hashsalt"] = "stylemapgan"  # the same results, the same file
    entries = {entry.name: entry for entry in first_entries()}
    methods = list(dict.fromkeys(entry.method for entry in entries.values()))
    panels = list(dict.fromkeys(entries[curve.entry].cell.data for curve in curves))
    figure = Figure(figsize=(len(panels) * WIDTH + LEGEND, HEIGHT), layout="constrained")
    for data, axes in zip(panels, figure.subplots(1, len(panels), squeeze=False).flat, strict=True):
        for curve in curves:
            entry = entries[curve.entry]
            if entry.cell.data == data:
                number = methods.index(entry.method)
                axes.plot(
                    [point.seconds for point in curve.points],
                    [point.mse for point in curve.points],
                    label=entry.method,
                    marker=MARKERS[number % len(MARKERS)],
                    color=f"C{number % 10}",
                    markersize=4,
                )
        axes.set(xscale="log", yscale="log", title=data)
        axes.set_xlabel("processor time a photo, seconds")
        axes.set_ylabel("mean squared error")
        axes.grid(visible=True, alpha=0.3)
    lines = {line.get_label(): line for axes in figure.axes for line in axes.get_lines()}
    figure.legend(handles=list(lines.values()), loc="outside right upper", fontsize=7)
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as unfinished:
        figure.savefig(unfinished, format=path.suffix[1:], dpi=150, metadata={"Date": None})

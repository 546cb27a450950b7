"""The figure of the ablation: results against the size of the stylemap."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.paper.results import Result
from benchmarks.paper.variants import JOINT, SIZES
from stylemapgan.images.atomic import replacing
from stylemapgan.metrics.intervals import Estimate

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLOURS = {"avatars": "#2f6db3", "hands": "#c2622d"}
STYLES = {"w": "--", "w-plus": "-", "": "-"}
TITLES = {"w": " in w", "w-plus": " in w⁺", "": ""}
WIDTH, HEIGHT = 4.0, 3.2
"""Size of a panel, in inches."""


@dataclass(frozen=True, kw_only=True)
class Panel:
    """A figure against the stylemap's size; `{}` in its key stands for the space."""

    title: str
    task: str
    key: str
    spaces: tuple[str, ...] = ("",)
    baselines: Mapping[str, str] = field(default_factory=dict)
    """Line styles of baselines, which need no model."""


PANELS = (
    Panel(title="Reconstruction: MSE", task="reconstruction", key="mse"),
    Panel(title="Random pictures: Fréchet distance", task="generation", key="frechet (random)"),
    Panel(
        title="Between photos: Fréchet distance",
        task="interpolation",
        key="frechet (between photos)",
    ),
    Panel(
        title="Exchanged part: MSE to the true picture",
        task="swap",
        key="mse ({})",
        spaces=("w", "w-plus"),
        baselines={"do nothing": ":", "copy pixels": "-."},
    ),
)


def draw_figure(results: Sequence[Result], path: Path) -> None:
    """Draw a panel for each measure, the stylemap's size from left to right."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    mpl.rcParams["svg.hashsalt"] = "stylemapgan"  # the same results, the same file
    columns = 2
    rows = -(-len(PANELS) // columns)
    figure = Figure(figsize=(columns * WIDTH, rows * HEIGHT), layout="constrained")
    for panel, axes in zip(PANELS, figure.subplots(rows, columns).flat, strict=True):
        _draw_panel(panel, axes, results)
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as unfinished:
        figure.savefig(unfinished, format=path.suffix[1:], dpi=150, metadata={"Date": None})


def _draw_panel(panel: Panel, axes: "Axes", results: Sequence[Result]) -> None:
    for data in dict.fromkeys(result.data for result in results):
        for space in panel.spaces:
            points = _points(panel, space, results, data)
            if points:
                sizes, estimates = zip(*sorted(points), strict=True)
                axes.errorbar(
                    sizes,
                    [each.value for each in estimates],
                    yerr=[
                        [each.value - each.low for each in estimates],
                        [each.high - each.value for each in estimates],
                    ],
                    label=data + TITLES[space],
                    color=COLOURS[data],
                    linestyle=STYLES[space],
                    marker="o",
                    markersize=3.5,
                    capsize=3,
                )
    axes.set_title(panel.title, fontsize=10)
    for baseline, style in panel.baselines.items():
        found = [result.figure(panel.task, panel.key.format(baseline)) for result in results]
        values = [estimate.value for estimate in found if estimate is not None]
        if values:  # the same for every model
            axes.axhline(values[0], color="grey", linestyle=style, label=baseline)
    axes.set_xscale("log", base=2)
    axes.set_xticks(sorted(SIZES), [str(size) for size in sorted(SIZES)])
    axes.minorticks_off()
    axes.set_xlabel("stylemap, cells along a side")
    axes.set_ylim(bottom=0)
    axes.grid(visible=True, alpha=0.3)
    if axes.has_data():
        axes.legend(fontsize=8)


def _points(
    panel: Panel, space: str, results: Sequence[Result], data: str
) -> list[tuple[int, Estimate]]:
    found = (
        (result.stylemap_size, result.figure(panel.task, panel.key.format(space)))
        for result in results
        if (result.data, result.variant) == (data, JOINT.name)
    )
    return [(size, estimate) for size, estimate in found if estimate is not None]

"""Charts as SVG whose colours follow the page, light or dark."""

import math
import re
import warnings
from collections.abc import Mapping
from html import escape
from io import StringIO
from typing import TYPE_CHECKING, Any

from stylemapgan.errors import MissingExtraError
from stylemapgan.pages.blocks import Chart, Numbers, Series

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH, HEIGHT = 5.2, 2.7
"""Inches; only the proportions matter, since the page scales charts."""
FONT_SIZE = 10.0
PALETTE = 8
"""Number of line colours in the style sheet: `--series-0` and so on."""
DOTTED_UP_TO = 40
"""Lines of at most this many points show each point."""
CHARACTER = 0.017
"""Width of a letter in a mark's name, as a share of the chart's width."""
LINE = 0.075
"""Height of a line of marks' names, as a share of the chart's height."""

AXIS, GRID, TEXT, MARK = "#000001", "#000002", "#000003", "#000004"
SERIES = tuple(f"#0000{16 + index:02x}" for index in range(PALETTE))
VARIABLES = {AXIS: "axis", GRID: "grid", TEXT: "faint", MARK: "mark"} | {
    colour: f"series-{index}" for index, colour in enumerate(SERIES)
}
"""Placeholder colours → the style sheet variables that replace them."""


def draw(chart: Chart, number: int) -> str:
    """Draw a chart.

    Args:
        chart: What to draw.
        number: Position on the page, which makes ids inside the SVG unique.

    Raises:
        MissingExtraError: Matplotlib is not installed.
    """
    try:
        import matplotlib as mpl
        from matplotlib.figure import Figure
    except ModuleNotFoundError:
        raise MissingExtraError("matplotlib", "reports") from None
    options: dict[Any, Any] = {
        "font.size": FONT_SIZE,
        "svg.fonttype": "none",
        "svg.hashsalt": f"chart-{number}",
        "axes.unicode_minus": True,
        "axes.formatter.use_mathtext": False,
    }
    with mpl.rc_context(options):
        figure = Figure(figsize=(WIDTH, HEIGHT), layout="constrained")
        _fill(figure, chart)
        drawing = StringIO()
        with warnings.catch_warnings():  # the browser has glyphs that Matplotlib's font lacks
            warnings.filterwarnings("ignore", message=".*missing from font.*")
            figure.savefig(drawing, format="svg", transparent=True, metadata={"Date": None})
    return _for_page(drawing.getvalue(), chart)


def last_value(series: Series) -> str:
    """Format the last finite value; empty if there is none."""
    finite = [value for value in series.y if math.isfinite(value)]
    return f"{finite[-1]:.3g}" if finite else ""


def _fill(figure: "Figure", chart: Chart) -> None:
    axes = figure.add_subplot()
    _set_axes(axes, chart)
    drawn = [_draw_line(axes, each, SERIES[i % PALETTE]) for i, each in enumerate(chart.series)]
    if not any(drawn):
        axes.text(0.5, 0.5, "no data yet", color=TEXT, ha="center", transform=axes.transAxes)
        axes.set(xticks=[], yticks=[])
        return
    if chart.log_y and any(y > 0 for each in chart.series for y in each.y if math.isfinite(y)):
        axes.set_yscale("log", nonpositive="mask")
        _write_plain_decades(axes)
    _mark(axes, chart.marks)


def _set_axes(axes: "Axes", chart: Chart) -> None:
    from matplotlib.ticker import EngFormatter

    axes.set_ylabel(chart.y_label, color=TEXT, parse_math=False)
    axes.set_xlabel(chart.x_label, color=TEXT, parse_math=False)
    axes.xaxis.set_major_formatter(EngFormatter(sep=""))
    axes.grid(axis="y", which="major", color=GRID, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(which="both", length=0, labelcolor=TEXT)
    for side, spine in axes.spines.items():
        spine.set_visible(side == "bottom")
        spine.set_color(AXIS)


def _draw_line(axes: "Axes", series: Series, colour: str) -> bool:
    """Draw one line and its band; return whether it had any points."""
    x, y = _finite(series.x), _finite(series.y)
    shown = [i for i, pair in enumerate(zip(x, y, strict=True)) if not any(map(math.isnan, pair))]
    if not shown:
        return False
    if series.low:
        axes.fill_between(
            x, _finite(series.low), _finite(series.high), color=colour, alpha=0.18, linewidth=0
        )
    is_dotted = len(shown) <= DOTTED_UP_TO
    axes.plot(x, y, color=colour, linewidth=1.6, marker="o" if is_dotted else "", markersize=3.2)
    return True


def _finite(values: Numbers) -> list[float]:
    return [float(value) if math.isfinite(value) else math.nan for value in values]


def _write_plain_decades(axes: "Axes") -> None:
    """Label a logarithmic axis with 0.01 instead of powers of ten."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    low, high = axes.get_ylim()
    decades = math.log10(high / low)
    steps = (1, 2, 3, 5) if decades < 1 else (1, 2, 5) if decades < 3 else (1,)
    axes.yaxis.set_major_locator(LogLocator(subs=steps, numticks=12))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.yaxis.set_minor_formatter(NullFormatter())


def _mark(axes: "Axes", marks: Mapping[str, int | float]) -> None:
    """Draw a line at each mark, its name above the chart; names that would overlap are stacked."""
    left, right = axes.get_xlim()
    inside = {name: x for name, x in marks.items() if left <= x <= right}
    ends: list[float] = []  # right end of the last name in each row
    for name, x in sorted(inside.items(), key=lambda item: item[1]):
        width = CHARACTER * len(name)
        middle = min(max((x - left) / (right - left), width / 2), 1 - width / 2)
        row = next((i for i, end in enumerate(ends) if middle - width / 2 > end), len(ends))
        ends[row : row + 1] = [middle + width / 2]
        axes.axvline(x, color=MARK, linewidth=1, linestyle=(0, (2, 2)), zorder=0.5)
        axes.text(
            middle,
            1.02 + LINE * row,
            name,
            color=TEXT,
            fontsize=0.85 * FONT_SIZE,
            ha="center",
            transform=axes.transAxes,
            parse_math=False,
        )


def _for_page(svg: str, chart: Chart) -> str:
    """Reduce Matplotlib's SVG to what HTML needs, in the page's colours."""
    body = svg[svg.index("<svg") :]
    body = re.sub(r"<metadata>.*?</metadata>|<!--.*?-->", "", body, flags=re.DOTALL)
    body = re.sub(r"<defs>\s*<style.*?</style>\s*</defs>", "", body, flags=re.DOTALL)
    body = re.sub(r"<[^>]*>", lambda tag: _restyled(tag[0]), body)  # labels stay as they are
    box = re.search(r"viewBox=\"[^\"]*\"", body)
    assert box is not None  # Matplotlib always writes one
    rest = body[body.index(">") + 1 :]
    return f'<svg {box[0]} role="img" aria-label="{_description(chart)}">{rest}'.strip()


def _restyled(tag: str) -> str:
    """Give one tag the page's font and colours."""
    tag = re.sub(r"^<g id=\"[^\"]*\"", "<g", tag)
    tag = re.sub(r"font: ([\d.]+px)[^;\"]*", r"font-size: \1", tag)
    tag = tag.replace("xlink:href", "href")
    for colour, variable in VARIABLES.items():
        tag = tag.replace(colour, f"var(--{variable})")
    return tag


def _description(chart: Chart) -> str:
    """Describe the chart for screen readers."""
    lines = [f"{each.label} last {last_value(each) or 'unknown'}" for each in chart.series]
    return escape(f"Line chart: {chart.title}. {'; '.join(lines)}.")

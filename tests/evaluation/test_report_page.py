"""The page of an evaluation holds all figures as they are, and loads nothing."""

import csv
import math
import re
from io import StringIO
from xml.etree import ElementTree

import pytest
from evaluations import HARD, ROWS, everything, mean, of_a_set, record, task

from stylemapgan.evaluation.report import blocks, figures_csv, summary_rows, write_report
from stylemapgan.evaluation.report.tables import arrange, figure_blocks
from stylemapgan.pages import Dots, to_html


@pytest.fixture(scope="module")
def html() -> str:
    return to_html("Evaluation", blocks(everything()))


def cells(html: str) -> list[str]:
    """Text of all cells, one space between a value and its interval."""
    page = ElementTree.fromstring(html)
    return [" ".join(" ".join(cell.itertext()).split()) for cell in page.iter("td")]


def numbers(text: str) -> list[str]:
    plain = text.replace(",", "").replace("\N{MINUS SIGN}", "-").replace("∞", "inf")
    return re.findall(r"-?(?:inf|[\d.]+(?:e[-+]\d+)?)", plain)


def is_rounded(shown: str, exact: float) -> bool:
    """Tell whether the last digit shown is right."""
    step = 10.0 ** -len(shown.partition(".")[2])
    return float(shown) == exact or abs(float(shown) - exact) <= 0.5001 * step


def test_the_page_loads_nothing(html):
    targets = re.findall(r'(?:src|href|srcset|action|data)="([^"]*)"', html)
    assert targets
    assert all(target.startswith(("data:image/", "#")) for target in targets)
    assert "<script" not in html
    assert "@import" not in html


def test_every_figure_stands_on_the_page_with_its_interval(html):
    shown = [numbers(cell) for cell in cells(html)]
    for told in everything().tasks:
        for figure in told.findings.figures:
            estimate = figure.estimate
            ends = [estimate.value, estimate.low, estimate.high]
            wanted = [each for each in ends if not math.isnan(each)]
            assert any(
                found and all(map(is_rounded, found, wanted)) and len(found) in (1, len(wanted))
                for found in shown
            ), figure.key


def test_what_a_figure_means_and_what_was_left_out_stand_on_the_page(html):
    text = "".join(ElementTree.fromstring(html).itertext())
    for told in (
        "Sums of kept.",
        "The mean of mse.",
        "Parts are drawn.",
        "There are no triples.",
        "The worst & the best.",
        "MSE <of all>",
        "abacus",
        "ab12",
        "cd34",
    ):
        assert told in text, told


def test_long_matrices_are_folded_but_whole(html):
    page = ElementTree.fromstring(html)
    (details,) = [each for each in page.iter("details") if each.find(".//table") is not None]
    folded = ["".join(cell.itertext()).split("\n")[0] for cell in details.iter("td")]
    assert "h, w-plus" in folded
    assert "a, w" not in folded


def test_charts_show_the_rows_that_their_table_shows_at_once():
    ways, parts = ("w", "w-plus", "do nothing"), "abcdefgh"
    by_part = [f"{part}, {way}" for part in parts for way in ways]
    figures = [mean("error", HARD, variant=way) for way in ways]
    figures += [mean("taken", HARD, variant=each, is_main=True) for each in (*ways, *by_part)]
    (chart,) = [block for block in figure_blocks(figures, 0.95) if isinstance(block, Dots)]
    assert [dot.label for dot in chart.dots] == list(ways)


def test_figures_of_the_same_variants_become_columns():
    figures = everything().tasks[1].findings.figures
    arranged = arrange(figures)
    assert arranged.listed == []
    (matrix,) = arranged.matrices
    assert list(matrix) == ["kept", "taken"]
    assert len(matrix["kept"]) == 16


def test_the_table_for_programs_is_exact():
    lines = list(csv.DictReader(StringIO(figures_csv(everything()))))
    figures = [figure for each in everything().tasks for figure in each.findings.figures]
    assert len(lines) == len(figures)
    for line, figure in zip(lines, figures, strict=True):
        assert (line["name"], line["variant"]) == (figure.name, figure.variant)
        assert float(line["value"]) == figure.estimate.value
        assert float(line["low"]) == pytest.approx(figure.estimate.low, abs=0, nan_ok=True)
        assert int(line["count"]) == figure.estimate.count


def test_the_summary_lists_main_figures_and_all_where_a_task_names_none():
    plain = task("plain", [mean("mse", HARD), of_a_set("frechet", 5, 4, 6)])
    rows = summary_rows([*everything().tasks, plain])
    assert [(row.task, row.variant) for row in rows] == [
        ("Reconstruction", ""),
        ("Editing", "a, w-plus"),
        ("Editing", "a, w-plus"),
        ("Plain", ""),
        ("Plain", ""),
    ]
    assert rows[0].figure == "MSE <of all>\N{NO-BREAK SPACE}↓"
    assert rows[0].count == str(len(ROWS))
    assert float(rows[0].value) == pytest.approx(HARD.mean(), rel=0.01)


def test_an_evaluation_without_any_task_has_a_page_too(tmp_path):
    page, table = write_report(tmp_path, record("empty"))
    assert "No task is finished yet." in page.read_text("utf-8")
    assert len(table.read_text("utf-8").splitlines()) == 1

"""Evaluations and comparisons for people: pages, tables of figures, lines for the terminal."""

from stylemapgan.evaluation.report.comparison_files import write_comparison
from stylemapgan.evaluation.report.comparison_page import comparison_blocks, comparison_rows
from stylemapgan.evaluation.report.evaluation_page import blocks, figures_csv, write_report
from stylemapgan.evaluation.report.numbers import SummaryRow, summary_rows

__all__ = [
    "SummaryRow",
    "blocks",
    "comparison_blocks",
    "comparison_rows",
    "figures_csv",
    "summary_rows",
    "write_comparison",
    "write_report",
]

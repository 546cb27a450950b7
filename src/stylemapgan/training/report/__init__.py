"""The report of a run as one page; works without PyTorch."""

from stylemapgan.training.report.run_page import write_report

__all__ = ["write_report"]

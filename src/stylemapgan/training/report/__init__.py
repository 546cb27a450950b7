"""A run on one page: how it went, what it made, what is wrong with it. PyTorch is not needed."""

from stylemapgan.training.report.run_page import write_report

__all__ = ["write_report"]

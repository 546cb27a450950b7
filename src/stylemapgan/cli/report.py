"""`stylemapgan report`."""

from pathlib import Path

from stylemapgan.training.report import write_report


def report(run: Path, /, *, output: Path | None = None) -> None:
    """Write a report of a run: curves, sample sheets and warnings.

    The page is one file that loads nothing from elsewhere; it may be written while the run goes on.

    Args:
        run: Folder of the run.
        output: Where to; RUN/report.html if left out.
    """
    page = output or run / "report.html"
    write_report(run, page)
    print(f"wrote {page}")

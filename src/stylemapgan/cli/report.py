"""`stylemapgan report`."""

from pathlib import Path

from stylemapgan.training.report import write_report


def report(run: Path, /, *, output: Path | None = None) -> None:
    """Write a report of a run: curves, sample sheets and warnings.

    The report is one self-contained HTML file. It can be written while the run is training.

    Args:
        run: Folder of the run.
        output: File to write; RUN/report.html if not given.
    """
    page = output or run / "report.html"
    write_report(run, page)
    print(f"wrote {page}")

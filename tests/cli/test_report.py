"""`stylemapgan report` writes one page, or says why not."""

import json

import pytest

from stylemapgan.cli.report import report
from stylemapgan.config import preset, to_toml
from stylemapgan.errors import TrainingError


@pytest.fixture
def run(tmp_path):
    (tmp_path / "config.toml").write_text(to_toml(preset("tiny-32")), encoding="utf-8")
    entry = {"images": 40, "losses": {"d/real": 0.7}, "images_per_second": 4.0}
    (tmp_path / "journal.jsonl").write_text(json.dumps(entry) + "\n")
    return tmp_path


def test_the_page_lies_in_the_run_if_nothing_else_is_said(run, capsys):
    report(run)
    assert (run / "report.html").is_file()
    assert capsys.readouterr().out == f"wrote {run}/report.html\n"


def test_the_page_goes_where_it_should(run, tmp_path):
    report(run, output=tmp_path / "pages" / "mine.html")
    assert "<title>" in (tmp_path / "pages" / "mine.html").read_text("utf-8")
    assert not (run / "report.html").exists()


def test_another_folder_is_refused(tmp_path):
    with pytest.raises(TrainingError, match="does not hold a run"):
        report(tmp_path)
    assert list(tmp_path.iterdir()) == []

"""An evaluation on disk comes back as it was, and tells when it is another one."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest

from stylemapgan.config.evaluation import EvaluationConfig
from stylemapgan.errors import DataError
from stylemapgan.evaluation.findings import Figure, Findings, Sheet, mean_figure
from stylemapgan.evaluation.records import (
    Subject,
    TaskRecord,
    is_done,
    read_evaluation,
    read_task,
    write_head,
    write_task,
)
from stylemapgan.metrics.edit_errors import Shares
from stylemapgan.metrics.intervals import Bootstrap, Estimate
from stylemapgan.pages.blocks import Chart, Series

SUBJECT = Subject(
    model={"name": "a.safetensors", "sha256": "00"},
    data={"name": "photos", "sha256": "11"},
    networks={"features": "mean colours"},
    config=EvaluationConfig(seed=3),
)


def record(task="reconstruction"):
    values = np.random.default_rng(0).random(5) / 3
    rows = tuple(f"{row}.png" for row in range(5))
    mse = mean_figure(
        values, rows, Bootstrap(), name="mse", title="MSE", about="Squared.", better="lower"
    )
    endless = Figure(
        name="psnr", title="PSNR", about="dB.", estimate=Estimate(math.inf, 3.0, math.inf, 5)
    )
    chart = Chart("Errors", (Series("mse", (0, 1, 2), (0.5, math.nan, math.inf)),), log_y=True)
    sheet = Sheet("worst", np.full((1, 3, 4, 6), 0.25, np.float32), "The worst.")
    findings = Findings(
        figures=(mse, endless), sheets=(sheet,), charts=(chart,), notes=("One.",), settings={"n": 5}
    )
    return TaskRecord(
        task=task, title="Reconstruction", about="How.", findings=findings, seconds=2.0
    )


def test_figures_come_back_to_the_last_bit(tmp_path):
    write_head(tmp_path, SUBJECT, {"device": "abacus"}, {})
    written = record()
    write_task(tmp_path, written)
    read = read_task(tmp_path, "reconstruction")
    for ours, theirs in zip(written.findings.figures, read.findings.figures, strict=True):
        assert ours.estimate == theirs.estimate
        assert (ours.key, ours.better, ours.rows) == (theirs.key, theirs.better, theirs.rows)
    shares, found = written.findings.figures[0].shares, read.findings.figures[0].shares
    assert isinstance(shares, Shares)
    assert isinstance(found, Shares)
    assert np.array_equal(shares.numerators, found.numerators)
    assert read.findings.figures[1].shares is None


def test_charts_sheets_and_notes_come_back(tmp_path):
    write_head(tmp_path, SUBJECT, {}, {})
    read = write_task(tmp_path, record()).findings
    (chart,) = read.charts
    assert chart.log_y
    assert chart.series[0].y[0] == 0.5
    assert math.isnan(chart.series[0].y[1])
    assert math.isinf(chart.series[0].y[2])
    assert read.sheets[0].images == tmp_path / "pictures" / "reconstruction-worst.png"
    assert read.sheets[0].images.is_file()
    assert (read.notes, read.settings) == (("One.",), {"n": 5})


def test_a_task_is_done_once_its_figures_are_on_disk(tmp_path):
    write_head(tmp_path, SUBJECT, {}, {})
    assert not is_done(tmp_path, "reconstruction")
    write_task(tmp_path, record())
    assert is_done(tmp_path, "reconstruction")


def test_tasks_come_back_in_the_order_asked_for(tmp_path):
    write_head(tmp_path, SUBJECT, {"device": "abacus"}, {"swap": "There are no triples."})
    for task in ("a", "b", "c"):
        write_task(tmp_path, record(task))
    read = read_evaluation(tmp_path, ["c", "missing", "a"])
    assert [each.task for each in read.tasks] == ["c", "a", "b"]
    assert read.subject == SUBJECT
    assert read.machine == {"device": "abacus"}
    assert read.left_out == {"swap": "There are no triples."}


def test_records_of_versions_without_methods_can_be_read(tmp_path):
    write_head(tmp_path, SUBJECT, {}, {})
    write_task(tmp_path, record())
    head, task = tmp_path / "evaluation.json", tmp_path / "tasks" / "reconstruction.json"
    values = json.loads(task.read_text("utf-8"))
    del values["left_out"]
    for figure in values["figures"]:
        del figure["methods"]
    task.write_text(json.dumps(values), "utf-8")
    subject = json.loads(head.read_text("utf-8"))
    del subject["subject"]["methods"]
    head.write_text(json.dumps(subject), "utf-8")
    read = read_evaluation(tmp_path)
    assert read.subject.methods == ()
    (figure, _) = read.tasks[0].findings.figures
    assert figure.methods == ()
    assert figure.estimate == record().findings.figures[0].estimate
    with pytest.raises(DataError, match="another evaluation \\(methods differ"):
        write_head(tmp_path, replace(SUBJECT, methods=("w",)), {}, {})


def test_a_folder_keeps_to_one_evaluation(tmp_path):
    write_head(tmp_path, SUBJECT, {}, {})
    write_head(tmp_path, SUBJECT, {}, {})
    other = replace(SUBJECT, config=EvaluationConfig(seed=4))
    with pytest.raises(DataError, match=r"another evaluation \(config.seed differ"):
        write_head(tmp_path, other, {}, {})


def test_what_is_no_evaluation_or_damaged_is_refused_in_one_line(tmp_path):
    with pytest.raises(DataError, match="holds no evaluation"):
        read_evaluation(tmp_path)
    write_head(tmp_path, SUBJECT, {}, {})
    write_task(tmp_path, record())
    (tmp_path / "tasks" / "reconstruction.json").write_text("{")
    with pytest.raises(DataError, match=r"reconstruction\.json is damaged"):
        read_evaluation(tmp_path)

"""A method that is one class and one line in the registry takes part in everything."""

import csv
import json
from io import StringIO
from typing import ClassVar, final

import numpy as np
import pytest

from stylemapgan.cli.compare import app as compare_app
from stylemapgan.evaluation.records import Subject
from stylemapgan.evaluation.report import write_report
from stylemapgan.evaluation.run import evaluate
from stylemapgan.evaluation.tasks.task_registry import choose_tasks
from stylemapgan.methods.abstract import Capabilities
from stylemapgan.methods.baselines import AbstractPixelMethod
from stylemapgan.methods.registry import METHODS, open_methods


@final
class AveragePhotos(AbstractPixelMethod):
    """Averages the two photos under the mask."""

    name: ClassVar[str] = "average"
    about: ClassVar[str] = "Averages source and reference under the mask."

    def paste(self, source, reference, mask):
        """Take half of each."""
        return np.where(mask > 0, (source + reference) / 2, source)


@pytest.fixture
def registered(monkeypatch):
    monkeypatch.setitem(METHODS, "average", AveragePhotos)


def values(findings):
    return {figure.key: figure.estimate.value for figure in findings.figures}


def test_it_is_measured_where_it_can_act_and_left_out_elsewhere(
    registered, context, tiny_editor, tmp_path
):
    context.methods = open_methods(tiny_editor, ["w-plus", "average", "do-nothing"])
    subject = Subject(model={"name": "tiny"}, data={"name": "spots"}, networks={})
    tasks = choose_tasks(["local-editing", "reconstruction"])
    record = evaluate(context, tasks, tmp_path, subject)
    reconstruction, editing = (task.findings for task in record.tasks)
    assert reconstruction.left_out["average"] == "does not encode photos"
    found = values(editing)
    assert found["mse-src (halves, average)"] == 0
    nothing = found["mse-ref (halves, do nothing)"]
    assert found["mse-ref (halves, average)"] == pytest.approx(nothing / 4, rel=1e-5)
    page, table = write_report(tmp_path, record)
    assert "does not encode photos" in page.read_text("utf-8")
    lines = list(csv.DictReader(StringIO(table.read_text("utf-8"))))
    assert "halves, average" in {line["variant"] for line in lines}


def test_an_evaluation_of_it_alone_leaves_out_whole_tasks(registered, context, tiny_editor):
    context.methods = open_methods(tiny_editor, ["average"])
    reconstruction, editing = choose_tasks(["reconstruction", "local-editing"])
    reason = reconstruction.reason_to_leave_out(context)
    assert reason == "No method can be measured: average: does not encode photos."
    assert editing.reason_to_leave_out(context) is None
    figures = editing.measure(context).figures
    assert {figure.variant for figure in figures} == {"halves, average"}
    assert all(figure.is_main for figure in figures)


def test_it_is_compared_with_methods_of_a_model(registered, data_folder, tmp_path, capsys):
    models = ["hands-64:average", "hands-64:w-plus"]
    options = ["--tasks", "local-editing", "--edits", "4", "--photos", "6", "--engine", "torch"]
    arguments = [*models, "--data", str(data_folder), "--output", str(tmp_path), *options]
    compare_app(arguments, exit_on_error=False, print_error=False, result_action="return_value")
    document = json.loads((tmp_path / "compare.json").read_text("utf-8"))
    assert [model["name"] for model in document["models"]] == models
    (source_errors,) = [each for each in document["figures"] if each["name"] == "mse-src"]
    assert source_errors["variant"] == "halves"
    assert source_errors["is_main"]
    assert source_errors["winner"] == models[0]
    assert source_errors["models"][models[0]]["value"] == 0
    assert "measuring hands-64, method average" in capsys.readouterr().out


@final
class NamesOnly(AbstractPixelMethod):
    """Edits a part by its name, and needs maps of parts."""

    name: ClassVar[str] = "by name"
    about: ClassVar[str] = "Edits a part by its name."
    capabilities: ClassVar[Capabilities] = Capabilities(
        edits_by_part=True, reconstructs=True, needs_label_map=True
    )

    def paste(self, source, reference, mask):
        """Change nothing."""
        return source


def test_reasons_to_leave_a_method_out_name_what_it_can_do_or_needs(context):
    context.methods = (NamesOnly(32),)
    (method,) = context.methods
    assert context.why_not(method, "edits_by_mask") == "edits parts by name only, not by mask"
    assert "needs a map of parts" in (context.why_not(method, "reconstructs") or "")

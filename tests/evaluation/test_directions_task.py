"""Pushes along directions are judged by whether the value appears, and what else changes."""

import json
import sys
from dataclasses import replace

import numpy as np
import pytest
from toy_faces import SIZE, PixelEditor, write_faces

from stylemapgan.evaluation.cache import FeatureCache
from stylemapgan.evaluation.data import open_test_data
from stylemapgan.evaluation.judges.attribute_classifier import attribute_judge
from stylemapgan.evaluation.tasks.directions.measure import Directions
from stylemapgan.evaluation.tasks.directions.pushes import draw_pushes, fit_directions, push
from stylemapgan.evaluation.tasks.directions.questions import (
    Question,
    choose_questions,
    tied_to,
)
from stylemapgan.methods.registry import open_methods


@pytest.fixture(scope="module")
def faces(tmp_path_factory):
    folder = tmp_path_factory.mktemp("faces")
    write_faces(folder, triples=0)
    return folder


@pytest.fixture
def face_context(context, faces):
    """An editor whose stylemaps are the pictures: directions of pixels do work."""
    cache = FeatureCache(faces / "cache")  # the judge learns once for all tests here
    data = open_test_data(faces, SIZE)
    return replace(context, methods=open_methods(PixelEditor()), data=data, cache=cache)


@pytest.fixture(scope="module")
def measured():
    """Where the findings are kept, so that they are measured once for all tests here."""
    return []


@pytest.fixture
def findings(face_context, measured):
    if not measured:
        measured.append(Directions().measure(face_context))
    return measured[0]


def by_key(findings):
    return {figure.key: figure for figure in findings.figures}


def test_pushes_that_work_succeed_and_leave_other_attributes(findings):
    found = by_key(findings)
    success = [found[f"success (all directions, amount {n})"].estimate.value for n in range(4)]
    assert success[0] < 0.2
    assert success[3] > 0.8
    assert found["leakage (all directions, amount 0)"].estimate.value == 0
    assert found["leakage (all directions, amount 1)"].estimate.value < 0.3
    assert found["change (all directions, amount 0)"].estimate.value == 0


def test_figures_are_what_a_plain_loop_counts(findings, face_context):
    found = by_key(findings)
    classifier = attribute_judge(face_context).classifier
    fitted = fit_directions(face_context, face_context.main, classifier)
    pushes = draw_pushes(face_context, face_context.main, fitted)
    appeared, changed = [], []
    for row, photo in enumerate(pushes.photos):
        question = fitted[pushes.questions[row]].question
        assert face_context.data.attributes[question.attribute][photo] != question.value
        pictures = push(face_context, pushes, np.array([row]))
        before, after = (classifier.judge(pictures[place])[0] for place in (0, 2))
        for at, name in enumerate(classifier.attributes):
            if name == question.attribute:
                appeared.append(classifier.vocabulary[name][after[at]] == question.value)
            else:
                changed.append(before[at] != after[at])
    assert found["success (all directions, amount 2)"].estimate.value == np.mean(appeared)
    assert found["leakage (all directions, amount 2)"].estimate.value == np.mean(changed)


@pytest.mark.slow
def test_directions_do_not_depend_on_the_batch_and_are_the_same_again(face_context, tiny_editor):
    methods = open_methods(tiny_editor)
    findings = [
        by_key(Directions().measure(replace(face_context, methods=methods, config=config)))
        for config in (replace(face_context.config, batch=batch) for batch in (7, 20, 20))
    ]
    for key, figure in findings[0].items():
        assert figure.estimate.value == pytest.approx(findings[1][key].estimate.value, abs=1e-3)
        assert findings[1][key].estimate.value == pytest.approx(
            findings[2][key].estimate.value, nan_ok=True
        )


def test_charts_and_the_sheet_show_every_direction(findings):
    assert [chart.title for chart in findings.charts] == [
        "Success",
        "Leakage",
        "Change: Grid distance",
    ]
    labels = {series.label for series in findings.charts[0].series}
    assert len(labels) == findings.settings["directions"] == 2
    assert {label.split(":")[0] for label in labels} == {"background colour", "glasses"}
    assert [sheet.name for sheet in findings.sheets] == ["directions"]


def test_with_one_attribute_there_is_no_leakage_and_the_notes_say_so(face_context, tmp_path):
    write_faces(tmp_path, triples=0)
    table = tmp_path / "attributes.jsonl"
    faces = [json.loads(line) for line in table.read_text().splitlines()]
    for face in faces:
        del face["background_colour"]
    table.write_text("".join(json.dumps(face) + "\n" for face in faces))
    findings = Directions().measure(replace(face_context, data=open_test_data(tmp_path, SIZE)))
    assert "leakage" not in {figure.name for figure in findings.figures}
    assert [chart.title for chart in findings.charts] == ["Success", "Change: Grid distance"]
    assert any("no leakage to measure" in note for note in findings.notes)


def test_a_missing_package_is_an_obstacle_that_names_the_extra(face_context, monkeypatch):
    assert Directions().obstacle(face_context) is None
    monkeypatch.setitem(sys.modules, "sklearn.svm", None)
    assert "pip install 'stylemapgan[directions]'" in (Directions().obstacle(face_context) or "")


def test_photos_without_attributes_are_an_obstacle(context):
    assert "attributes.jsonl or labels.csv" in (Directions().obstacle(context) or "")


def test_the_commonest_value_of_every_attribute_is_asked_first():
    table = {
        "hair": ["bob"] * 60 + ["bun"] * 20 + ["wild"] * 20,
        "glasses": ["none", "round"] * 50,
        "lenses": ["none", "clear"] * 50,  # says the same as glasses
        "name": ["ann"] * 99 + ["bob"],
    }
    asked = choose_questions(table, table, list(table), most=9)
    assert asked == [
        Question("hair", "bob"),
        Question("glasses", "none"),
        Question("hair", "bun"),
        Question("hair", "wild"),
    ]
    assert choose_questions(table, table, list(table), most=2) == asked[:2]


def test_unknown_values_neither_answer_nor_deny():
    question, table = Question("hair", "bob"), {"hair": ["bob", "", "bun"]}
    assert question.answers(table).tolist() == [True, False, False]
    assert question.denials(table).tolist() == [False, False, True]


def test_attributes_that_exclude_the_value_are_tied_to_it():
    table = {
        "beard": ["none"] * 50 + ["long"] * 50,
        "beard_colour": ["none"] * 50 + ["black", "red"] * 25,
        "hat": ["cap", "none"] * 50,
        "rare": ["x"] * 95 + ["y"] * 5,
    }
    assert tied_to(Question("beard", "none"), table) == {"beard", "beard_colour"}
    assert tied_to(Question("hat", "cap"), table) >= {"hat"}
    assert "rare" not in tied_to(Question("beard", "none"), table)

"""Judges are trained once for each data, and told from their photos' labels how good they are."""

from dataclasses import replace

import numpy as np
import pytest
from toy_faces import SIZE, write_faces

from stylemapgan.evaluation.data import open_test_data
from stylemapgan.evaluation.judges.attribute_classifier import attribute_judge, attribute_obstacle
from stylemapgan.evaluation.judges.part_segmenter import part_judge, part_obstacle


@pytest.fixture(scope="module")
def faces(tmp_path_factory):
    folder = tmp_path_factory.mktemp("faces")
    write_faces(folder, training=30, triples=0)
    return folder


@pytest.fixture
def face_context(context, faces):
    return replace(context, data=open_test_data(faces, SIZE))


def listened_to(context):
    """The same, and what it says while it works."""
    heard = []
    return replace(context, on_progress=lambda what, done, total: heard.append(what)), heard


@pytest.mark.parametrize("judge", [attribute_judge, part_judge])
def test_a_judge_is_trained_once(face_context, judge):
    first, heard_first = listened_to(face_context)
    second, heard_second = listened_to(face_context)
    figures = [judge(context).figures(context) for context in (first, second)]
    assert "training a judge" in heard_first
    assert "training a judge" not in heard_second
    for ours, theirs in zip(*figures, strict=True):
        assert (ours.key, ours.estimate) == (theirs.key, theirs.estimate)


def test_other_labels_are_learned_anew(context, tmp_path):
    for seed in ("first", "second"):
        write_faces(tmp_path / seed, training=30, tested=4, triples=0)
    table = tmp_path / "second" / "attributes.jsonl"
    table.write_text(table.read_text().replace("round", "square"))
    for folder in ("first", "second"):
        listening, heard = listened_to(
            replace(context, data=open_test_data(tmp_path / folder, SIZE))
        )
        attribute_judge(listening)
        assert "training a judge" in heard


def test_the_accuracy_of_a_judge_is_the_share_of_its_right_answers(face_context):
    judge, data = attribute_judge(face_context), face_context.data
    right = {name: [] for name in judge.classifier.attributes}
    for row in range(len(data)):
        said = judge.classifier.judge(data.images(slice(row, row + 1)))[0]
        for at, name in enumerate(judge.classifier.attributes):
            value = judge.classifier.vocabulary[name][said[at]]
            right[name].append(value == data.attributes[name][row])
    found = {figure.variant: figure.estimate.value for figure in judge.figures(face_context)}
    for name, answers in right.items():
        assert found[name] == np.mean(answers)
    assert found["all attributes"] == pytest.approx(np.mean([*right.values()]))


def test_data_that_cannot_teach_is_an_obstacle(context):
    assert "attributes.jsonl or labels.csv" in (attribute_obstacle(context.data) or "")
    assert "It needs maps of parts" in (part_obstacle(context.data) or "")


def test_data_that_can_teach_is_none(face_context):
    assert attribute_obstacle(face_context.data) is None
    assert part_obstacle(face_context.data) is None

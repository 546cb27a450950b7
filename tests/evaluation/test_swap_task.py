"""Swaps are compared with the true result, and a perfect editor shows what perfect is."""

from dataclasses import replace

import numpy as np
import pytest
from toy_faces import SIZE, PixelEditor, write_faces

from stylemapgan import images
from stylemapgan.errors import DataError
from stylemapgan.evaluation.cache import FeatureCache
from stylemapgan.evaluation.data import TripleFiles, open_test_data
from stylemapgan.evaluation.judges.attribute_classifier import attribute_judge
from stylemapgan.evaluation.tasks.swap.against_truth import (
    choose_triples,
    open_swaps,
    wanted_values,
)
from stylemapgan.evaluation.tasks.swap.measure import Swap
from stylemapgan.images import read, read_mask
from stylemapgan.methods.registry import open_methods


@pytest.fixture(scope="module")
def faces(tmp_path_factory):
    folder = tmp_path_factory.mktemp("faces")
    write_faces(folder)
    return folder


@pytest.fixture
def face_context(context, faces):
    """A perfect editor; it swaps what the mask covers, whole and nothing else."""
    cache = FeatureCache(faces / "cache")  # judges learn once for all tests here
    data = open_test_data(faces, SIZE)
    return replace(context, methods=open_methods(PixelEditor()), data=data, cache=cache)


@pytest.fixture(scope="module")
def measured():
    """Where the findings are kept, so that they are measured once for all tests here."""
    return []


@pytest.fixture
def findings(face_context, measured):
    if not measured:
        measured.append(Swap().measure(face_context))
    return measured[0]


@pytest.fixture
def found(findings):
    return by_key(findings)


def by_key(findings):
    return {figure.key: figure for figure in findings.figures}


def opened(context):
    return open_swaps(context, choose_triples(context.data.triples, context.config.edits))


def test_the_true_picture_is_perfect(found):
    for name in ("mse", "mse-inside", "grid-distance"):
        assert found[f"{name} (the true picture)"].estimate.value == 0
    assert found["part-iou (the true picture)"].estimate.value == 1


def test_what_the_judge_finds_in_the_true_picture_is_its_own_accuracy_there(found, face_context):
    classifier = attribute_judge(face_context).classifier
    swaps = opened(face_context)
    said = classifier.judge(swaps.truth)
    taken, kept = [], []
    for row, triple in enumerate(swaps.triples):
        for at, name in enumerate(classifier.attributes):
            changed = (triple.part, name) in {
                ("glasses", "glasses"),
                ("background", "background_colour"),
            }
            true = (triple.reference if changed else triple.source)[name]
            (taken if changed else kept).append(classifier.vocabulary[name][said[row, at]] == true)
    assert found["attributes-taken (the true picture)"].estimate.value == np.mean(taken)
    assert found["attributes-kept (the true picture)"].estimate.value == np.mean(kept)


def test_baselines_are_what_a_plain_loop_computes(found, face_context):
    errors = {"copy pixels": [], "do nothing": []}
    inside = {"copy pixels": [], "do nothing": []}
    for triple in face_context.data.triples:
        source, reference, truth = (
            read(triple.folder / f"{name}.png")[0] for name in ("source", "reference", "truth")
        )
        mask = read_mask(triple.folder / "mask.png", SIZE)[0, 0] > 0
        copied = source.copy()
        copied[:, mask] = reference[:, mask]
        for name, result in (("copy pixels", copied), ("do nothing", source)):
            squared = (result.astype(np.float64) - truth) ** 2
            errors[name].append(squared.mean())
            inside[name].extend(squared[:, mask].ravel())
    for name, means in errors.items():
        assert found[f"mse ({name})"].estimate.value == pytest.approx(np.mean(means))
        assert found[f"mse-inside ({name})"].estimate.value == pytest.approx(np.mean(inside[name]))


def test_doing_nothing_takes_nothing_and_keeps_what_the_judge_sees(found):
    assert found["attributes-taken (do nothing)"].estimate.value < 0.2
    assert found["attributes-kept (do nothing)"].estimate.value > 0.8


def test_an_editor_that_copies_pixels_scores_as_copied_pixels_do(found):
    for name in ("mse", "mse-inside", "grid-distance", "part-iou", "attributes-taken"):
        ours = found[f"{name} (w-plus)"].estimate
        assert ours.value == pytest.approx(found[f"{name} (copy pixels)"].estimate.value)
    assert found["mse (reconstructed truth)"].estimate.value == pytest.approx(0)


@pytest.mark.slow
def test_swaps_do_not_depend_on_the_batch_and_are_the_same_again(face_context, tiny_editor):
    methods = open_methods(tiny_editor)
    findings = [
        by_key(Swap().measure(replace(face_context, methods=methods, config=config)))
        for config in (replace(face_context.config, batch=batch) for batch in (1, 5, 5))
    ]
    for key, figure in findings[0].items():
        assert figure.estimate.value == pytest.approx(findings[1][key].estimate.value, abs=1e-6)
        assert findings[1][key].estimate == findings[2][key].estimate


def test_every_figure_has_an_interval_and_the_judges_stand_beside(found):
    for figure in found.values():
        assert figure.estimate.low <= figure.estimate.value <= figure.estimate.high
    assert found["judge-accuracy (all attributes)"].estimate.value > 0.9
    assert found["judge-iou (glasses)"].estimate.value > 0.8
    assert "mse-inside (glasses, w-plus)" in found
    assert [figure.key for figure in found.values() if figure.is_main] == [
        "mse (w-plus)",
        "part-iou (w-plus)",
        "attributes-taken (w-plus)",
    ]


def test_at_full_resolution_results_are_compared_with_large_truths(face_context):
    methods = open_methods(PixelEditor(), ["w-plus", "copy-pixels"])
    config = replace(face_context.config, resolution=2 * SIZE)
    found = by_key(Swap().measure(replace(face_context, methods=methods, config=config)))
    errors = []
    for triple in face_context.data.triples:
        source, reference, truth = (
            read(triple.folder / f"{name}.png", 2 * SIZE)[0]
            for name in ("source", "reference", "truth")
        )
        inside = read_mask(triple.folder / "mask.png", 2 * SIZE)[0, 0] > 0
        errors.append(np.square(np.where(inside, reference, source) - truth).mean())
    assert found["large-mse (copy pixels)"].estimate.value == pytest.approx(
        np.mean(errors), rel=1e-4
    )
    assert found["large-mse (the true picture)"].estimate.value == 0
    assert found["mse (the true picture)"].estimate.value == 0
    for name in ("large-seam", "large-sharpness"):  # results of the model's size are enlarged
        assert (
            found[f"{name} (w-plus)"].estimate.value < found[f"{name} (copy pixels)"].estimate.value
        )


def test_a_resolution_that_does_not_fit_is_an_obstacle(face_context):
    config = replace(face_context.config, resolution=100)
    reason = Swap().obstacle(replace(face_context, config=config)) or ""
    assert "whole multiple of the model's 32 pixels, got 100" in reason


def test_sheets_show_every_part(findings):
    sheets = findings.sheets
    assert [sheet.name for sheet in sheets] == ["parts", "best", "worst"]
    heights = [images.to_bytes(sheet.images).shape[1] for sheet in sheets]
    assert heights[0] < heights[1] == heights[2]  # two parts, six swaps


def test_without_maps_and_attributes_pictures_are_compared_all_the_same(context, tmp_path):
    write_faces(tmp_path, training=10, tested=4, triples=4)
    (tmp_path / "attributes.jsonl").unlink()
    (tmp_path / "labels" / "parts.txt").unlink()
    findings = Swap().measure(replace(context, data=open_test_data(tmp_path, SIZE)))
    names = {figure.name for figure in findings.figures}
    assert names == {"mse", "mse-inside", "grid-distance"}
    assert any("Attributes are not judged: It needs training photos" in n for n in findings.notes)
    assert any("Parts are not judged: It needs maps" in note for note in findings.notes)


def test_data_without_true_results_is_an_obstacle(context):
    assert "stylemapgan avatars" in (Swap().obstacle(context) or "")


def test_a_missing_picture_is_named(face_context, tmp_path):
    lost = TripleFiles(tmp_path, "glasses", {}, {})
    with pytest.raises(DataError, match=r"truth\.png: draw the triples again"):
        open_swaps(face_context, [lost])


def test_fewer_swaps_are_as_many_of_each_part(tmp_path):
    parts = ["hair"] * 5 + ["eyes"] * 2 + ["nose"] * 5
    triples = [TripleFiles(tmp_path / f"{n}", part, {}, {}) for n, part in enumerate(parts)]
    chosen = [triple.part for triple in choose_triples(triples, 8)]
    assert sorted(chosen) == ["eyes"] * 2 + ["hair"] * 3 + ["nose"] * 3
    assert len(choose_triples(triples, 100)) == 12


def test_colours_of_a_part_change_only_where_they_differ(face_context):
    classifier = attribute_judge(face_context).classifier
    face = {"background_colour": "red", "glasses": "none"}
    swap = TripleFiles(face_context.data.folder, "glasses", face, {**face, "glasses": "none"})
    wanted, changes = wanted_values(classifier, [swap])
    assert not changes.any()
    words = dict(zip(classifier.attributes, wanted[0], strict=True))
    assert classifier.vocabulary["glasses"][words["glasses"]] == "none"

"""Local edits are measured pixel by pixel over the whole set, beside what anybody can do."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from pixel_editor import PixelEditor

from stylemapgan.evaluation.data import open_test_data
from stylemapgan.evaluation.findings import Findings
from stylemapgan.evaluation.tasks.local_editing import sheets as sheets_of_edits
from stylemapgan.evaluation.tasks.local_editing.local_edits import halves_of, parts_of
from stylemapgan.evaluation.tasks.local_editing.measure import LocalEditing, measure_edits
from stylemapgan.evaluation.tasks.local_editing.sheets import edit_sheets, part_taken
from stylemapgan.images.levels import to_numpy
from stylemapgan.methods.registry import open_methods
from stylemapgan.metrics.path import draw_pairs

SIZE = 32
EDITS = 8
PARTS = ("sky", "sun", "nothing")


@pytest.fixture
def context(context, tiny_editor):
    """Without methods that put edits back into photos: they take long, and have other tests."""
    quick = ["w", "w-plus", "copy-pixels", "poisson", "do-nothing"]
    methods = open_methods(tiny_editor, quick)
    return replace(context, methods=methods, config=replace(context.config, edits=EDITS))


@pytest.fixture
def context_with_parts(context, tmp_path, data_folder):
    """Maps with a sun of another size and place in each picture; too small in the first two."""
    (tmp_path / "val").symlink_to(data_folder / "val")
    labels = tmp_path / "labels" / "val"
    labels.mkdir(parents=True)
    (tmp_path / "labels" / "parts.txt").write_text("".join(f"{part}\n" for part in PARTS))
    for number in range(len(context.data)):
        values = np.zeros((SIZE, SIZE), dtype=np.uint8)
        side = 1 if number < 2 else 2 + number
        values[number : number + side, 5 : 5 + side] = 1
        Image.fromarray(values).save(labels / f"{number:02}.png")
    return replace(context, data=open_test_data(tmp_path, SIZE))


def values(findings: Findings) -> dict[str, float]:
    return {figure.key: figure.estimate.value for figure in findings.figures}


def naive_figures(edited, source, reference, mask) -> tuple[float, float, float]:
    """Visit every pixel of every edit."""
    outside, inside, steps, natural = [], [], 0.0, 0.0
    count, size = len(edited), edited.shape[-1]
    pictures = [each.astype(np.float64) for each in (edited, source, reference)]
    for n in range(count):
        for y in range(size):
            for x in range(size):
                e, s, r = (each[n, :, y, x] for each in pictures)
                errors, other = (inside, r) if mask[n, 0, y, x] else (outside, s)
                errors += [(a - b) ** 2 for a, b in zip(e, other, strict=True)]
                for v, u in ((y + 1, x), (y, x + 1)):
                    if max(v, u) < size and mask[n, 0, y, x] != mask[n, 0, v, u]:
                        hard = [
                            float(np.linalg.norm(p[n, :, y, x] - p[n, :, v, u])) for p in pictures
                        ]
                        steps += hard[0]
                        natural += (hard[1] + hard[2]) / 2
    return sum(outside) / len(outside), sum(inside) / len(inside), steps / natural


@pytest.mark.parametrize("space", ["w", "w-plus"])
def test_figures_are_those_of_a_loop_over_single_edits_and_pixels(context, tiny_editor, space):
    found = values(LocalEditing().measure(context))
    pairs = draw_pairs(len(context.data), EDITS, context.config.seed)
    editor = tiny_editor
    edited, masks = [], []
    for row, (own, other) in enumerate(zip(pairs.starts, pairs.ends, strict=True)):
        mask = np.zeros((1, 1, SIZE, SIZE), dtype=np.float32)
        if row % 2:
            mask[..., 16:, :] = 1
        else:
            mask[..., 16:] = 1
        edit = editor.blend if space == "w" else editor.blend_w_plus
        result = edit(*(context.data.images(np.array([each])) for each in (own, other)), mask)
        edited.append(np.clip(to_numpy(result), -1, 1))
        masks.append(mask)
    source, reference = context.data.images(pairs.starts), context.data.images(pairs.ends)
    expected = naive_figures(np.concatenate(edited), source, reference, np.concatenate(masks))
    for name, value in zip(("mse-src", "mse-ref", "seam"), expected, strict=True):
        assert found[f"{name} (halves, {space})"] == pytest.approx(value, rel=1e-4)


def test_batches_do_not_change_figures(rebatched):
    small, large = (values(LocalEditing().measure(rebatched(batch))) for batch in (3, 8))
    assert small == pytest.approx(large, rel=1e-4)
    exact = [key for key in small if "copy pixels" in key or "do nothing" in key]
    assert {key: small[key] for key in exact} == {key: large[key] for key in exact}


def test_the_same_seed_gives_the_same_figures_and_another_one_other_pairs(context):
    first, again = (values(LocalEditing().measure(context)) for _ in range(2))
    other = values(LocalEditing().measure(replace(context, config=replace(context.config, seed=5))))
    assert first == again
    assert other["mse-ref (halves, do nothing)"] != first["mse-ref (halves, do nothing)"]


def test_copied_pixels_have_no_error_but_a_seam_and_nothing_done_keeps_the_source(context):
    found = values(LocalEditing().measure(context))
    assert found["mse-src (halves, copy pixels)"] == 0
    assert found["mse-ref (halves, copy pixels)"] == 0
    assert found["seam (halves, copy pixels)"] > 2
    assert found["mse-src (halves, do nothing)"] == 0
    assert found["mse-ref (halves, do nothing)"] > 0.1


def test_an_editor_without_loss_does_what_copying_pixels_does(context):
    found = values(LocalEditing().measure(replace(context, methods=open_methods(PixelEditor()))))
    for name in ("mse-src", "mse-ref", "seam"):
        for space in ("w", "w-plus"):
            assert found[f"{name} (halves, {space})"] == found[f"{name} (halves, copy pixels)"]


def test_parts_are_taken_where_the_reference_has_them_if_they_are_large_enough(context_with_parts):
    data = context_with_parts.data
    sources, references = np.arange(10), (np.arange(10) + 1) % 10
    edits = parts_of(data, sources, references, seed=0)
    assert len(edits) == 10  # the sky is everywhere
    assert set(edits.parts) == {"sky", "sun"}
    for row, (part, reference) in enumerate(zip(edits.parts, references, strict=True)):
        is_part = data.part_maps(np.array([reference]))[0] == PARTS.index(part)
        np.testing.assert_array_equal(edits.masks(slice(row, row + 1))[0, 0], is_part)
        assert part == "sky" or reference >= 2
    assert edits.names[0] == f"00.png + {edits.parts[0]} of 01.png"


def test_pairs_without_a_part_to_exchange_are_left_out(context_with_parts):
    labels = context_with_parts.data.folder / "labels" / "val"
    for number in (0, 1):  # nothing but sky
        Image.fromarray(np.zeros((SIZE, SIZE), dtype=np.uint8)).save(labels / f"{number:02}.png")
    edits = parts_of(context_with_parts.data, np.array([5, 6, 7]), np.array([0, 4, 1]), seed=0)
    assert (edits.sources.tolist(), edits.references.tolist()) == ([6], [4])


def test_each_part_has_figures_of_its_own_that_add_up(context_with_parts):
    findings = LocalEditing().measure(context_with_parts)
    figures = {figure.key: figure for figure in findings.figures}
    for name in ("mse-src", "mse-ref", "seam"):
        of_all = figures[f"{name} (parts, w)"]
        of_parts = [figures[f"{name} ({part}, w)"] for part in ("sky", "sun")]
        assert of_all.shares is not None
        for share in ("numerators", "denominators"):
            total = sum(getattr(each.shares, share).sum() for each in of_parts)
            assert getattr(of_all.shares, share).sum() == pytest.approx(total)
        assert sorted(of_all.rows) == sorted(row for each in of_parts for row in each.rows)
        assert of_all.is_main is False
        assert figures[f"{name} (parts, w-plus)"].is_main
        assert not figures[f"{name} (halves, w-plus)"].is_main
    assert any("nothing" in note for note in findings.notes)


def test_sheets_show_edits_and_the_worst_first(context, monkeypatch):
    for rows in ("SHOWN", "WORST"):  # all of them: columns are as wide as their titles
        monkeypatch.setattr(sheets_of_edits, rows, EDITS)
    pairs = draw_pairs(len(context.data), EDITS, 0)
    edits = halves_of(context.data, pairs.starts, pairs.ends)
    measured = measure_edits(context, edits)
    sheets = edit_sheets(context, "halves", edits, measured)
    assert [each.name for each in sheets] == [
        "halves",
        *(f"halves-worst-{w}" for w in ("seams", "references")),
    ]
    assert all(np.asarray(each.images).shape[:2] == (1, 3) for each in sheets)
    steps = measured["w-plus"]["seam"]
    worst = int(np.argmax(steps.numerators - steps.denominators))
    order = np.roll(np.arange(EDITS), -worst)  # the worst comes first already, whatever is drawn
    moved = replace(
        edits,
        sources=edits.sources[order],
        references=edits.references[order],
        parts=tuple(edits.parts[row] for row in order),
    )
    again = edit_sheets(context, "halves", moved, measure_edits(context, moved))
    tile = np.s_[..., :160, :]  # titles and the first row
    shown = [np.asarray(sheet.images)[tile] for sheet in again]
    np.testing.assert_allclose(shown[0], shown[1], atol=0.02)


def test_what_is_taken_is_shown_and_the_rest_faintly(context):
    pairs = draw_pairs(len(context.data), 2, 0)
    given = halves_of(context.data, pairs.starts, pairs.ends).pictures(slice(0, 2))
    shown = part_taken(given)
    inside = np.broadcast_to(given.mask > 0, shown.shape)
    np.testing.assert_array_equal(shown[inside], given.reference[inside])
    assert shown[~inside].min() > 0.6


def test_edits_take_the_half_that_their_mask_covers(context):
    lossless = replace(context, methods=open_methods(PixelEditor()))
    pairs = draw_pairs(len(context.data), 2, 0)
    edits = halves_of(context.data, pairs.starts, pairs.ends)
    given = edits.pictures(slice(0, 1))
    for method in lossless.methods[:2]:
        edited = edits.carry_out(lossless, method, slice(0, 1))
        np.testing.assert_array_equal(edited[..., 16:], given.reference[..., 16:])
        np.testing.assert_array_equal(edited[..., :16], given.source[..., :16])


def test_a_single_photo_has_nothing_to_borrow_from(context):
    lonely = replace(context.data, rows=context.data.rows[:1])
    assert "at least 2" in str(LocalEditing().obstacle(replace(context, data=lonely)))
    assert LocalEditing().obstacle(context) is None

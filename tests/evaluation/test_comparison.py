"""A winner is named where the figures can tell, and nowhere else."""

import csv
import json
from dataclasses import replace
from io import StringIO

import numpy as np
import pytest
from evaluations import HARD, ROWS, everything, mean, of_a_set, record, task

from stylemapgan.config.evaluation import EvaluationConfig
from stylemapgan.errors import DataError
from stylemapgan.evaluation.comparability import of_method
from stylemapgan.evaluation.comparison import Comparison, compare, difference
from stylemapgan.evaluation.findings import Figure, share_figure, whole_set
from stylemapgan.evaluation.report import comparison_blocks, comparison_rows
from stylemapgan.evaluation.report.comparison_files import (
    comparison_csv,
    comparison_json,
    write_comparison,
)
from stylemapgan.metrics.edit_errors import Shares
from stylemapgan.metrics.intervals import Bootstrap, Estimate
from stylemapgan.pages import to_html

NOISE = np.random.default_rng(2).normal(0, 0.004, len(ROWS))


def compared(*figures: Figure, **changed) -> Comparison:
    return compare([record("abc"[i], task("t", [f]), **changed) for i, f in enumerate(figures)])


def winner(*figures: Figure) -> int | None:
    return compared(*figures).figures[0].winner


def test_a_small_difference_on_the_same_photos_is_enough():
    worse, better = mean("mse", HARD), mean("mse", HARD - 0.01 + NOISE)
    assert better.estimate.high > worse.estimate.low  # their own intervals overlap
    assert winner(worse, better) == 1
    assert winner(better, worse) == 0


def test_the_paired_interval_is_narrower_than_the_unpaired_one():
    one, other = mean("mse", HARD), mean("mse", HARD - 0.01 + NOISE)
    paired = difference(one, other, Bootstrap())
    unpaired = difference(one, replace(other, rows=ROWS[::-1]), Bootstrap())
    assert paired.value == pytest.approx(unpaired.value)
    assert paired.high - paired.low < (unpaired.high - unpaired.low) / 5
    assert winner(one, replace(other, rows=ROWS[::-1])) is None


def test_the_paired_interval_is_that_of_the_differences():
    apart = 0.01 - NOISE
    found = difference(mean("mse", HARD), mean("mse", HARD - apart), Bootstrap())
    error = apart.std(ddof=1) / np.sqrt(len(apart))
    assert found.value == pytest.approx(apart.mean())
    assert found.low == pytest.approx(apart.mean() - 1.96 * error, abs=0.2 * error)
    assert found.high == pytest.approx(apart.mean() + 1.96 * error, abs=0.2 * error)


def test_ratios_with_other_denominators_are_drawn_together():
    weights = np.linspace(1, 3, len(ROWS))

    def ratio(tops: np.ndarray, bottoms: np.ndarray) -> Figure:
        shares = Shares(tops, bottoms)
        return share_figure(shares, ROWS, Bootstrap(), name="iou", title="IoU", about="Sums.")

    one, other = ratio(HARD, weights), ratio(HARD * 2.2, weights * 2)
    found = difference(other, one, Bootstrap())
    assert found.value == pytest.approx(0.1 * HARD.sum() / weights.sum())
    assert found.low > 0
    same = difference(ratio(HARD * 2, weights * 2), one, Bootstrap())
    assert (same.low, same.value, same.high) == pytest.approx((0, 0, 0), abs=1e-12)


def test_equal_models_differ_by_nothing_and_nobody_wins():
    comparison = compare([everything(), everything()])
    assert comparison.names == ["small (1)", "small (2)"]
    for each in comparison.figures:
        if each.is_paired:
            (apart,) = each.differences
            assert (apart.low, apart.value, apart.high) == (0, 0, 0)
        assert each.winner is None


def test_figures_of_sets_are_told_apart_like_independent_normal_variables():
    one, other = of_a_set("frechet", 10, 9, 11), of_a_set("frechet", 8.7, 7.7, 9.7)
    found = difference(one, other, Bootstrap())
    assert (found.value, found.low, found.high) == pytest.approx(
        (1.3, 1.3 - np.sqrt(2), 1.3 + np.sqrt(2))
    )
    assert winner(one, other) is None
    assert winner(one, of_a_set("frechet", 8.5, 7.5, 9.5)) == 1


def test_the_best_of_three_must_be_apart_from_both():
    far, near, best = (of_a_set("frechet", value, value - 1, value + 1) for value in (20, 11, 10))
    assert winner(far, near, best) is None
    assert winner(far, of_a_set("frechet", 15, 14, 16), best) == 2


def test_higher_can_be_better_and_neither_never_wins():
    low, high = HARD, HARD + 1
    assert winner(mean("ssim", low, "higher"), mean("ssim", high, "higher")) == 1
    assert winner(mean("seam", low, "neither"), mean("seam", high, "neither")) is None


def test_nobody_wins_without_intervals_or_with_another_definition():
    def memory(value: float) -> Figure:
        return Figure(
            name="m", title="M", estimate=whole_set(float(value), 1), about="A", better="lower"
        )

    assert winner(memory(3), memory(9)) is None
    one, other = mean("mse", HARD), mean("mse", HARD + 1, about="On [0, 1].")
    assert winner(one, other) is None


def test_a_photo_that_both_bring_back_exactly_counts_as_no_difference():
    perfect = np.where(np.arange(len(ROWS)) == 3, np.inf, 30 + HARD)
    found = difference(
        mean("psnr", perfect), mean("psnr", np.where(np.isinf(perfect), np.inf, perfect - 1)),
        Bootstrap(),
    )  # fmt: skip
    assert found.value == pytest.approx((len(ROWS) - 1) / len(ROWS))


def test_models_of_other_sizes_have_no_winner_but_in_time():
    tasks = [
        (task("reconstruction", [mean("mse", HARD + i)]), task("runtime", [mean("p50", HARD + i)]))
        for i in range(2)
    ]
    comparison = compare(
        [
            record("a", *tasks[0]),
            record("b", *tasks[1], model={"image size": "64 pixels"}, data={"sha256": "ef56"}),
        ]
    )
    assert [each.winner for each in comparison.figures] == [None, 0]
    assert len(comparison.remarks) == 1


def test_times_of_other_machines_have_no_winner():
    tasks = [task("runtime", [mean("p50", HARD + i)]) for i in range(2)]
    comparison = compare(
        [record("a", tasks[0]), record("b", tasks[1], machine={"device": "slide rule"})]
    )
    assert comparison.figures[0].winner is None


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"data": {"sha256": "ef56"}}, r"different photos \(spots and spots\)"),
        ({"data": {"name": "x"}, "model": {"image size": "64 pixels"}}, "different photos"),
        ({"networks": {"features": "Inception"}}, "features: mean colours and Inception"),
        ({"config": EvaluationConfig(seed=4)}, "seed: 0 and 4"),
    ],
)
def test_evaluations_that_mean_different_things_are_refused(changed, said):
    one = task("t", [mean("mse", HARD)])
    with pytest.raises(DataError, match=said):
        compare([record("a", one), record("b", one, **changed)])


def test_settings_that_only_change_the_pace_may_differ():
    one = task("t", [mean("mse", HARD)])
    config = EvaluationConfig(batch=3, runs=10)
    assert compare([record("a", one), record("b", one, config=config)]).figures


def test_figures_that_only_one_has_are_left_out_and_none_in_common_is_refused():
    both, alone = mean("mse", HARD), mean("lpips", HARD)
    comparison = compare([record("a", task("t", [alone, both])), record("b", task("t", [both]))])
    assert [each.first.name for each in comparison.figures] == ["mse"]
    with pytest.raises(DataError, match="no figure in common"):
        compare([record("a", task("t", [alone])), record("b", task("t", [both]))])
    with pytest.raises(DataError, match="at least 2"):
        compare([record("a", task("t", [both]))])


def test_the_table_for_programs_the_json_and_the_page_agree(tmp_path):
    worse, better = mean("mse", HARD, is_main=True), mean("mse", HARD - 0.01 + NOISE, is_main=True)
    comparison = compared(worse, better)
    told = json.loads(comparison_json(comparison))
    (figure,) = told["figures"]
    assert figure["winner"] == "b"
    assert figure["models"]["a"]["value"] == worse.estimate.value
    lines = list(csv.DictReader(StringIO(comparison_csv(comparison))))
    assert [line["wins"] for line in lines] == ["", "yes"]
    assert float(lines[1]["difference_low"]) == figure["differences"]["b"]["low"]
    (row,) = comparison_rows(comparison)
    assert row[-1] == "b"
    html = to_html("Comparison", comparison_blocks(comparison))
    assert "<strong>b</strong>" in html
    assert f"<strong>{row[2].splitlines()[0]}</strong>" in html
    assert "http://" not in html
    assert "https://" not in html
    files = write_comparison(tmp_path, comparison)
    assert [file.name for file in files] == ["compare.html", "compare.csv", "compare.json"]
    assert files[2].read_text("utf-8") == comparison_json(comparison)


def test_sheets_of_one_name_stand_beside_each_other():
    html = to_html("Comparison", comparison_blocks(compare([everything("a"), everything("b")])))
    assert html.count('class="gallery large"') == 1
    assert "a. The worst &amp; the best." in html
    assert "b. The worst &amp; the best." in html


def test_an_estimate_without_interval_never_stands_apart():
    assert not Estimate(3.0, np.nan, np.nan, 1).is_apart_from(0.0)


def test_an_evaluation_is_reduced_to_one_method_where_it_was_measured():
    def edits(method: str, **told) -> Figure:
        return mean("mse", HARD, variant=f"halves, {method}", methods=(method,), **told)

    photos = mean("distance", HARD, variant="real test photos")
    invented = mean("distance", HARD, variant="random", methods=("w", "w-plus"))
    whole = record(
        "m",
        task("edits", [edits("w"), edits("w-plus", is_main=True)]),
        task("g", [invented, photos]),
    )
    reduced = of_method(whole, "w")
    assert reduced.subject.model["name"] == "m:w"
    (figure,) = reduced.tasks[0].findings.figures
    assert (figure.variant, figure.is_main) == ("halves", True)
    assert len(reduced.tasks[1].findings.figures) == 2
    whole = record("m", task("edits", [edits("poisson")]), task("g", [invented, photos]))
    assert of_method(whole, "poisson").tasks[1].findings.figures == ()
    with pytest.raises(DataError, match="no figures of the method other"):
        of_method(whole, "other")

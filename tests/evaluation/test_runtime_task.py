"""Times are those of what they say; no test asks how long anything takes."""

from dataclasses import replace

import numpy as np
import pytest
from pixel_editor import PixelEditor

from stylemapgan.evaluation.memory import STATUS, forget_peak, peak_mebibytes
from stylemapgan.evaluation.tasks.runtime.measure import Runtime, quantile, rate
from stylemapgan.evaluation.tasks.runtime.timing import WORKS, time_runs, works
from stylemapgan.images.levels import to_numpy
from stylemapgan.metrics.intervals import Bootstrap


@pytest.fixture
def context(context):
    return replace(context, config=replace(context.config, runs=4, batch=3))


def test_every_work_is_timed_for_one_picture_and_in_batches(context):
    findings = Runtime().measure(context)
    figures = {figure.key: figure for figure in findings.figures}
    for work in WORKS:
        half, most = (figures[f"{name} ({work})"].estimate for name in ("p50", "p95"))
        assert 0 < half.low <= half.value <= half.high
        assert half.value <= most.value
        assert half.count == 4
        assert figures[f"rate ({work})"].estimate.value > 0
    assert {figure.unit for figure in findings.figures} == {"ms", "pictures/s", "MiB"}
    assert {"engine", "device", "threads", "processor", "batch"} <= set(findings.settings)
    assert findings.settings["engine"] == "PyTorch"
    parameters = sum(
        each.numel()
        for network in (context.editor.networks.generator, context.editor.networks.encoder)
        for each in network.parameters()
    )
    assert figures["size"].estimate.value == 4 * parameters / 2**20


def test_an_editor_nobody_can_look_into_has_times_but_no_size(context):
    findings = Runtime().measure(replace(context, editor=PixelEditor()))
    names = {figure.name for figure in findings.figures}
    assert {"p50", "p95", "rate"} <= names
    assert "size" not in names
    assert findings.settings["engine"] == "PixelEditor"


@pytest.mark.parametrize("count", [1, 3])
def test_works_do_what_they_are_called(context, count):
    editor = context.editor
    photos = context.data.images(slice(0, count))
    references = context.data.images(slice(1, count + 1))
    half = np.zeros((1, 1, 32, 32), dtype=np.float32)
    half[..., 16:, :] = 1
    made = {name: work() for name, work in works(context, count).items()}
    assert set(made) == set(WORKS)
    expected = {
        "encode": editor.encode(photos),
        "decode": editor.reconstruct(photos),
        "edit and show": editor.blend_w_plus(photos, references, half),
    }
    for name, value in expected.items():
        np.testing.assert_allclose(to_numpy(made[name]), to_numpy(value), atol=1e-5)
    embedded = editor.resize(editor.encode(photos))
    for ours, theirs in zip(made["embed"], embedded, strict=True):
        np.testing.assert_allclose(to_numpy(ours), to_numpy(theirs), atol=1e-5)
    np.testing.assert_allclose(
        to_numpy(editor.synthesize(made["edit"])), to_numpy(expected["edit and show"]), atol=1e-5
    )


def test_calls_that_warm_up_are_not_timed():
    calls = []
    times = time_runs(lambda: calls.append(0) or [0], runs=5, warm_up=2)
    assert (len(calls), len(times)) == (7, 5)


def test_quantiles_and_rates_are_those_of_a_sorted_list():
    times = np.array([9.0, 1, 3, 7, 5, 2, 8, 4, 6, 10, 11])
    estimate = quantile(times, 0.5, Bootstrap())
    assert estimate.value == sorted(times)[5]
    assert estimate.low < estimate.value < estimate.high
    assert quantile(times, 0.95, Bootstrap()).value == pytest.approx(10.5)
    assert rate(times, 12, Bootstrap()).value == 12 / (6 / 1_000)  # a dozen in 6 ms


@pytest.mark.skipif(not STATUS.exists(), reason="only Linux tells how much memory a process needs")
def test_the_peak_holds_what_was_let_go_until_it_is_forgotten():
    before = peak_mebibytes()
    large = np.ones(100 * 2**17)  # 100 MiB
    del large
    assert before is not None
    peak = peak_mebibytes()
    assert peak is not None
    assert forget_peak()
    now = peak_mebibytes()
    assert now is not None
    assert peak - now > 90

"""Times are those of what they say; no test asks how long anything takes."""

import mmap
from dataclasses import replace

import numpy as np
import pytest
import torch
from pixel_editor import PixelEditor

from stylemapgan.config.presets import VECTOR_TINY_32
from stylemapgan.evaluation.tasks.runtime.measure import Runtime, quantile, rate
from stylemapgan.evaluation.tasks.runtime.timing import (
    STATUS,
    STEPS,
    count_operations,
    peak_mebibytes,
    reset_peak,
    steps_of,
    time_runs,
)
from stylemapgan.images.levels import to_numpy
from stylemapgan.methods.backbone import VectorEncoder, VectorGenerator
from stylemapgan.methods.backbone.opening import Backbone
from stylemapgan.methods.backbone.result_cache import ResultCache
from stylemapgan.methods.neural_collage import NeuralCollage, NeuralCollageSettings
from stylemapgan.methods.registry import main_method, open_methods
from stylemapgan.metrics.intervals import Bootstrap
from stylemapgan.models import Discriminator


@pytest.fixture
def context(context):
    return replace(context, config=replace(context.config, runs=4, batch=3))


def test_every_step_is_timed_for_one_picture_and_in_batches(context, tiny_editor):
    findings = Runtime().measure(context)
    figures = {figure.key: figure for figure in findings.figures}
    steps = [*STEPS, "w, edit and show", "poisson, edit and show", "copy pixels, edit"]
    for step in steps:
        half, most = (figures[f"{name} ({step})"].estimate for name in ("p50", "p95"))
        assert 0 < half.low <= half.value <= half.high
        assert half.value <= most.value
        assert half.count == 4
        assert figures[f"rate ({step})"].estimate.value > 0
    assert {figure.unit for figure in findings.figures} == {
        "ms",
        "pictures/s",
        "MiB",
        "GFLOP",
    }
    assert {"engine", "device", "threads", "processor", "batch"} <= set(findings.settings)
    assert findings.settings["engine"] == "PyTorch"
    parameters = sum(
        each.numel()
        for network in (tiny_editor.networks.generator, tiny_editor.networks.encoder)
        for each in network.parameters()
    )
    assert figures["size"].estimate.value == 4 * parameters / 2**20


def test_an_editor_without_networks_has_times_but_no_size(context):
    findings = Runtime().measure(replace(context, methods=open_methods(PixelEditor())))
    names = {figure.name for figure in findings.figures}
    assert {"p50", "p95", "rate"} <= names
    assert not names & {"size", "operations"}
    assert findings.settings["engine"] == "PixelEditor"


@pytest.mark.parametrize("count", [1, 3])
def test_steps_do_what_they_are_called(context, tiny_editor, count):
    editor, method = tiny_editor, context.main
    photos = context.data.images(slice(0, count))
    references = context.data.images(slice(1, count + 1))
    half = np.zeros((1, 1, 32, 32), dtype=np.float32)
    half[..., 16:, :] = 1
    made = {name: step() for name, step in steps_of(context, method, count).items()}
    assert set(made) == set(STEPS)
    stylemaps = made["encode"].arrays["stylemap"]
    expected = {
        "decode": editor.reconstruct(photos),
        "edit and show": editor.blend_w_plus(photos, references, half),
    }
    for name, value in expected.items():
        np.testing.assert_allclose(to_numpy(made[name]), to_numpy(value), atol=1e-5)
    encoded = editor.encode(photos)
    np.testing.assert_allclose(to_numpy(stylemaps), to_numpy(encoded), atol=1e-5)
    embedded = [encoded, *editor.resize(encoded)]
    for ours, theirs in zip(made["embed"].arrays.values(), embedded, strict=True):
        np.testing.assert_allclose(to_numpy(ours), to_numpy(theirs), atol=1e-5)
    np.testing.assert_allclose(
        to_numpy(method.decode(made["edit"])), to_numpy(expected["edit and show"]), atol=1e-5
    )


def test_an_optimisation_is_timed_anew_although_its_results_are_kept(context, tmp_path):
    torch.manual_seed(0)
    config = VECTOR_TINY_32
    backbone = Backbone(
        generator=VectorGenerator(config),
        encoder=VectorEncoder(config),
        discriminator=Discriminator(config),
    )
    kept = ResultCache("results", tmp_path)
    method = NeuralCollage(backbone, NeuralCollageSettings(steps=1), kept)
    steps = steps_of(context, method, 1)
    assert count_operations(lambda: method.encode(context.data.images(slice(0, 1)))) == 0
    assert count_operations(steps["encode"]) > 0


def test_operations_are_those_of_the_convolutions(tiny_editor):
    convolution = torch.nn.Conv2d(3, 5, 3, padding=1)
    images = torch.zeros(1, 3, 8, 8)
    with torch.inference_mode():
        assert count_operations(lambda: convolution(images)) == 2 * 8 * 8 * 9 * 3 * 5
    assert count_operations(lambda: np.ones(3) @ np.ones(3)) == 0
    method = main_method(open_methods(tiny_editor))
    latent = method.encode(images.new_zeros(1, 3, 32, 32))
    assert count_operations(lambda: method.decode(latent)) > 1e6


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
    with mmap.mmap(-1, 100 * 2**20, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS) as large:
        large.write(bytes(range(256)) * 400 * 2**10)  # memory that no earlier test has freed
    assert before is not None
    peak = peak_mebibytes()
    assert peak is not None
    assert reset_peak()
    now = peak_mebibytes()
    assert now is not None
    assert peak - now > 90

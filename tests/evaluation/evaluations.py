"""Evaluations made by hand, for tests of what becomes of them."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from stylemapgan.config.evaluation import EvaluationConfig
from stylemapgan.evaluation.findings import (
    Better,
    Figure,
    Findings,
    Sheet,
    mean_figure,
    share_figure,
    whole_set,
)
from stylemapgan.evaluation.records import EvaluationRecord, Subject, TaskRecord
from stylemapgan.metrics.edit_errors import Shares
from stylemapgan.metrics.intervals import Bootstrap, Estimate
from stylemapgan.pages.blocks import Chart, Series

ROWS = tuple(f"{row:02}.png" for row in range(40))
HARD = np.random.default_rng(1).gamma(2, 0.05, len(ROWS))
"""How hard each of the photos is for every model."""


def mean(name: str, values: np.ndarray, better: Better = "lower", **described) -> Figure:
    described = {"title": name.upper(), "about": f"The mean of {name}.", **described}
    return mean_figure(values, ROWS, Bootstrap(), name=name, better=better, **described)


def of_a_set(name: str, value: float, low: float, high: float, better: Better = "lower") -> Figure:
    estimate = Estimate(float(value), float(low), float(high), 200)
    return Figure(name=name, title="Distance", estimate=estimate, about="Of sets.", better=better)


def task(name: str, figures: Sequence[Figure], **findings) -> TaskRecord:
    return TaskRecord(
        task=name,
        title=name.capitalize(),
        about=f"All about {name}.",
        findings=Findings(figures=tuple(figures), **findings),
        seconds=12.5,
    )


def record(name: str, *tasks: TaskRecord, **changed: Any) -> EvaluationRecord:
    config = changed.pop("config", EvaluationConfig())
    facts = {
        "model": {"name": name, "image size": "32 pixels", "sha256": "ab12"},
        "data": {"name": "spots", "test photos": "40", "sha256": "cd34"},
        "networks": {"features": "mean colours"},
    }
    for part, told in facts.items():
        told.update(changed.get(part, {}))
    machine = {"device": "abacus", "cores": "2", "threads": "1", "begun": "long ago"}
    return EvaluationRecord(
        subject=Subject(
            config=config,
            methods=changed.get("methods", ()),
            model=facts["model"],
            data=facts["data"],
            networks=facts["networks"],
        ),
        machine=machine | changed.get("machine", {}),
        tasks=tasks,
        left_out={"swap": "There are no triples."},
    )


def everything(name: str = "small") -> EvaluationRecord:
    """An evaluation with all that a page has to cope with."""
    mse = mean("mse", HARD, title="MSE <of all>", is_main=True)
    psnr = Figure(
        name="psnr",
        title="PSNR",
        unit="dB",
        estimate=Estimate(np.inf, 30.25, np.inf, 40),
        about="In decibels.",
        better="higher",
    )
    memory = Figure(name="memory", title="Memory", estimate=whole_set(366.125, 1), about="Peak.")
    parts = [f"{part}, {space}" for part in "abcdefgh" for space in ("w", "w-plus")]
    edits = [
        share_figure(
            Shares(HARD * (1 + number / 10), np.linspace(1, 3, len(ROWS))),
            ROWS,
            Bootstrap(),
            name=measure,
            title=measure.upper(),
            about=f"Sums of {measure}.",
            better="lower",
            variant=variant,
            is_main=number == 1,
        )
        for number, variant in enumerate(parts)
        for measure in ("kept", "taken")
    ]
    sheet = Sheet("worst", np.zeros((1, 3, 24, 32), np.float32), "The worst & the best.")
    chart = Chart("Errors", (Series("mse", (0, 1, 2), (0.5, 0.25, 0.125)),))
    return record(
        name,
        task("reconstruction", [mse, psnr, memory], sheets=(sheet,), charts=(chart,)),
        task("editing", edits, notes=("Parts are drawn.",), settings={"parts": 8}),
    )

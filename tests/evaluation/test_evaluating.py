"""Tasks run one after another, and what is finished stays."""

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
import pytest

from stylemapgan.errors import DataError
from stylemapgan.evaluation.context import EvaluationContext
from stylemapgan.evaluation.findings import Findings, mean_figure
from stylemapgan.evaluation.records import Subject
from stylemapgan.evaluation.run import evaluate
from stylemapgan.evaluation.tasks.abstract import AbstractTask


@dataclass
class Brightness(AbstractTask):
    """How bright test photos are; a small but real task."""

    name: ClassVar[str] = "brightness"
    title: ClassVar[str] = "Brightness"
    about: ClassVar[str] = "How bright are the photos?"
    measured: int = 0

    def measure(self, context: EvaluationContext) -> Findings:
        self.measured += 1
        means = [
            context.data.images(rows).mean(axis=(1, 2, 3))
            for rows in context.batches(len(context.data), "looking")
        ]
        return Findings(
            figures=(
                mean_figure(
                    np.concatenate(means),
                    context.data.names,
                    context.bootstrap,
                    name="brightness",
                    title="Brightness",
                    about="Mean level.",
                ),
            )
        )


class Interrupted(Brightness):
    """A task that somebody stops with Ctrl-C."""

    name: ClassVar[str] = "interrupted"

    def measure(self, context: EvaluationContext) -> Findings:
        raise KeyboardInterrupt


class Impossible(Brightness):
    """A task that this data cannot answer."""

    name: ClassVar[str] = "impossible"

    def obstacle(self, context: EvaluationContext) -> str | None:
        return "There is no moon in the photos."


@dataclass
class Listener:
    heard: list[tuple[str, bool]] = field(default_factory=list)

    def __call__(self, task, record):
        self.heard.append((task.name, record is not None))


SUBJECT = Subject(model={"name": "tiny"}, data={"name": "drawn"}, networks={})


def test_what_is_finished_before_an_interrupt_is_not_measured_again(context, tmp_path):
    first, folder = Brightness(), tmp_path / "report"
    with pytest.raises(KeyboardInterrupt):
        evaluate(context, [first, Interrupted()], folder, SUBJECT)
    again, listener = Brightness(), Listener()
    record = evaluate(context, [again], folder, SUBJECT, listener)
    assert (first.measured, again.measured) == (1, 0)
    assert listener.heard == [("brightness", True)]
    (task,) = record.tasks
    naive = np.mean([context.data.images(slice(row, row + 1)) for row in range(len(context.data))])
    assert task.findings.figures[0].estimate.value == pytest.approx(naive, abs=1e-6)


def test_what_the_data_cannot_answer_is_left_out_with_its_reason(context, tmp_path):
    impossible, listener = Impossible(), Listener()
    record = evaluate(context, [impossible, Brightness()], tmp_path / "r", SUBJECT, listener)
    assert impossible.measured == 0
    assert record.left_out == {"impossible": "There is no moon in the photos."}
    assert listener.heard == [("brightness", False), ("brightness", True)]


def test_a_folder_of_another_model_is_not_mixed_with_this_one(context, tmp_path):
    evaluate(context, [Brightness()], tmp_path / "r", SUBJECT)
    other = Subject(model={"name": "small"}, data=SUBJECT.data, networks={})
    with pytest.raises(DataError, match=r"model\.name"):
        evaluate(context, [Brightness()], tmp_path / "r", other)


def test_progress_counts_every_row_once_and_ends_full(context, tmp_path):
    told = []
    context.on_progress = lambda *step: told.append(step)
    context.config = type(context.config)(batch=2)
    evaluate(context, [Brightness()], tmp_path / "r", SUBJECT)
    count = len(context.data)
    assert told[0] == ("looking", 0, count)
    assert told[-1] == ("looking", count, count)
    assert [done for _, done, _ in told] == sorted({done for _, done, _ in told})

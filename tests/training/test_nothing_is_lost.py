"""Whatever ends or disturbs a run, what it has learnt is saved, and never half an update."""

import resource
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
import torch
from sameness import assert_same_model
from torch import Tensor

from stylemapgan.errors import StorageError, TrainingError
from stylemapgan.features.perceptual import AbstractPerceptualDistance
from stylemapgan.methods.runs import resume, start
from stylemapgan.training.loop import Run
from stylemapgan.training.run_logger import Progress


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> Path:
    """Where a run that nothing disturbs goes; made when first asked for."""
    return tmp_path_factory.mktemp("whole") / "run"


def assert_ends_like_undisturbed(run: Path, settings, whole: Path) -> None:
    if not whole.exists():
        start(settings(), whole).train()
    assert_same_model(run, whole)


class NoDistance(AbstractPerceptualDistance):
    def forward(self, one: Tensor, other: Tensor) -> Tensor:
        raise ZeroDivisionError("no distance today")


def test_reports_that_fail_are_told_once_each_and_cost_nothing(settings, tmp_path, caplog, whole):
    run = start(settings(sample_every=4), tmp_path / "run")
    run._validator.distance = NoDistance()
    (tmp_path / "run" / "samples").rmdir()
    (tmp_path / "run" / "samples").write_text("a file where sheets should go")
    ticks = iter(range(100))

    def lose_the_journal() -> bool:
        if next(ticks) == 2:
            (tmp_path / "run" / "journal.jsonl").rename(tmp_path / "kept.jsonl")
            (tmp_path / "run" / "journal.jsonl").mkdir()
        return False

    def show(progress: Progress) -> None:
        raise BrokenPipeError("reader closed")

    run.train(lose_the_journal, show)
    assert_ends_like_undisturbed(tmp_path / "run", settings, whole)
    messages = [record.getMessage() for record in caplog.records]
    begins = (
        "Validation failed (ZeroDivisionError: no",
        "The sample sheet failed (",
        "Writing the journal failed (",
        "Showing progress failed (BrokenPipeError: reader",
    )
    assert len(messages) == len(begins)
    for begin, line in zip(begins, messages, strict=True):
        assert line.startswith(begin)
        assert line.endswith("; training continues.")
        assert "\n" not in line
    assert '"warning": "Validation failed' in (tmp_path / "kept.jsonl").read_text()


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, RuntimeError, BrokenPipeError])
def test_whatever_ends_a_run_between_two_updates_saves_it(settings, tmp_path, error, whole):
    run = start(settings(snapshot_every=1_000), tmp_path / "run")

    def end() -> bool:
        if run.state.images_seen == 12:
            raise error("enough")
        return False

    with pytest.raises(error, match="enough"):
        run.train(end)
    again = resume(tmp_path / "run")
    assert again.state.images_seen == 12
    again.train()
    assert_ends_like_undisturbed(tmp_path / "run", settings, whole)


def end_in_the_fourth_update(run: Run, optimizer: str, error: type[BaseException]) -> None:
    """Raise when that optimiser is about to move weights, before anybody takes note of it."""

    def end(*_: object) -> None:
        if run.state.updates == 3:
            raise error

    getattr(run.state, optimizer).register_step_pre_hook(end)
    hooks = getattr(run.state, optimizer)._optimizer_step_pre_hooks
    hooks.move_to_end(next(reversed(hooks)), last=False)


@pytest.mark.parametrize(
    ("optimizer", "saved"), [("generator_optimizer", 12), ("discriminator_optimizer", 8)]
)
def test_an_update_is_saved_only_if_none_of_its_weights_has_moved(
    settings, tmp_path, optimizer, saved
):
    run = start(settings(adversarial_from=0, mapping_head_start=False), tmp_path / "run")
    end_in_the_fourth_update(run, optimizer, MemoryError)
    expected = (
        rf"^Out of memory in .*: .*--resume\. The newest good state was saved at {saved} images\.$"
    )
    with pytest.raises(TrainingError, match=expected):
        run.train()
    again = resume(tmp_path / "run")
    assert again.state.images_seen == saved
    again.train()
    start(again.config, tmp_path / "undisturbed").train()
    assert_same_model(tmp_path / "run", tmp_path / "undisturbed")


def test_a_run_that_breaks_before_anything_is_saved_says_so(settings, tmp_path):
    run = start(settings(learning_rate=1e30, snapshot_every=1_000), tmp_path / "run")
    with pytest.raises(TrainingError, match="No state was saved yet, so --resume starts from "):
        run.train()
    assert not list((tmp_path / "run" / "state").iterdir())


@contextmanager
def full_disk() -> Iterator[None]:
    """Let no file grow beyond what a journal needs."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_costs_a_snapshot_and_not_the_run(settings, tmp_path, caplog, whole):
    run = start(settings(snapshot_every=4), tmp_path / "run")
    state = tmp_path / "run" / "state" / "latest.pt"

    def full_for_one_snapshot() -> bool:
        if run.state.images_seen == 8:
            disk.enter_context(full_disk())
        if run.state.images_seen == 12:
            disk.close()
            assert torch.load(state, weights_only=True)["images_seen"] == 8
        return False

    with ExitStack() as disk:
        run.train(full_for_one_snapshot)
    (message,) = [record.getMessage() for record in caplog.records]
    assert message.startswith("Not saved at 12 images: ")
    assert str(tmp_path / "run") in message
    assert "\n" not in message
    assert_ends_like_undisturbed(tmp_path / "run", settings, whole)


def test_a_last_state_that_cannot_be_written_is_an_error_and_the_one_before_stays_good(
    settings, tmp_path, whole
):
    run = start(settings(), tmp_path / "run")
    run.train(should_stop=lambda: run.state.images_seen == 12)
    with (
        full_disk(),
        pytest.raises(StorageError, match=r"The newest good state was saved at 12 im"),
    ):
        run.train(should_stop=lambda: run.state.images_seen == 16)
    assert not list((tmp_path / "run").rglob(".*.part"))
    again = resume(tmp_path / "run")
    assert again.state.images_seen == 12
    again.train()
    assert_ends_like_undisturbed(tmp_path / "run", settings, whole)

"""Running out of memory is explained; other errors are left alone."""

import pytest
import torch

from stylemapgan.config import TrainConfig
from stylemapgan.errors import TrainingError
from stylemapgan.methods.runs import start
from stylemapgan.training.context import StepContext
from stylemapgan.training.memory_limits import out_of_memory_explained


def test_a_tensor_too_large_for_any_machine_is_explained():
    config = TrainConfig(batch=16)
    with (
        pytest.raises(TrainingError, match=r"^Out of memory in the penalty, with 16 images a pass"),
        out_of_memory_explained("the penalty", config, 16),
    ):
        torch.empty(2**60)


def test_the_advice_is_smaller_passes_as_long_as_they_divide():
    for images, advice in ((8, "set accumulate to 2"), (4, "use more processes")):
        with (
            pytest.raises(TrainingError, match=advice),
            out_of_memory_explained("the penalty", TrainConfig(), images),
        ):
            raise torch.OutOfMemoryError("CUDA out of memory.")


def test_other_errors_pass_through():
    with (
        pytest.raises(RuntimeError, match="shapes"),
        out_of_memory_explained("the penalty", TrainConfig(), 4),
    ):
        raise RuntimeError("shapes do not fit")


def test_a_run_names_the_phase_that_ran_out(settings, tmp_path):
    run = start(settings(adversarial_from=0), tmp_path / "run")

    class Greedy(torch.nn.Module):
        def forward(self, images: torch.Tensor) -> torch.Tensor:
            return torch.empty(2**60)

    run.state.encoder.to_stylemap = Greedy()  # pyright: ignore[reportAttributeAccessIssue]
    with pytest.raises(TrainingError, match=r"^Out of memory in the generator's update, with 4 im"):
        run.update(StepContext(run.fabric, run.config.training, None))

"""Latents of many photos descend at once, each on a loss of its own."""

import time

import pytest
import torch
from torch import Tensor

from stylemapgan.methods.backbone.minimising import Descent, minimise

TARGETS = torch.tensor([[1.0, -2.0], [0.3, 0.1], [-4.0, 4.0]])


def distance(values: Tensor, rows: Tensor) -> Tensor:
    return (values - TARGETS[rows]).square().sum(dim=1)


def descent(steps: int, **others) -> Descent:
    return Descent(steps=steps, learning_rate=0.1, **others)


def test_the_steps_are_those_of_adam():
    far = torch.tensor([[9.0, -8.0], [3.0, 5.0]])

    def apart(values: Tensor, rows: Tensor) -> Tensor:
        return (values - far[rows]).square().sum(dim=1)

    found = minimise(torch.zeros(2, 2), apart, descent(7))
    for row in range(2):
        value = torch.zeros(1, 2, requires_grad=True)
        adam = torch.optim.Adam([value], lr=0.1)
        for _ in range(7):
            adam.zero_grad()
            apart(value, torch.tensor([row])).backward()
            adam.step()
        torch.testing.assert_close(found.values[row : row + 1], value.detach())
        torch.testing.assert_close(found.losses[row], apart(value, torch.tensor([row]))[0])


def test_a_photo_ends_where_it_ends_alone():
    """Although the others stop at other steps."""
    start = torch.tensor([[1.0, -2.0], [0.0, 0.0], [-3.0, 0.0]])
    together = minimise(start, distance, descent(300, patience=5))
    for row in range(3):
        alone = minimise(
            start[row : row + 1],
            lambda values, rows, row=row: distance(values, rows + row),
            descent(300, patience=5),
        )
        torch.testing.assert_close(together.values[row : row + 1], alone.values, atol=0, rtol=0)


def test_the_best_latent_is_kept():
    """Also if later ones are worse: a learning rate of 1 overshoots."""
    seen = []

    def noted(values: Tensor, rows: Tensor) -> Tensor:
        losses = distance(values, rows)
        seen.append(losses.detach())
        return losses

    found = minimise(torch.zeros(3, 2), noted, Descent(steps=9, learning_rate=1.0))
    lowest = torch.stack(seen).min(dim=0).values
    assert (lowest < seen[-1]).any()
    torch.testing.assert_close(found.losses, lowest)
    torch.testing.assert_close(distance(found.values, torch.arange(3)), lowest)


def test_a_photo_whose_loss_does_not_fall_stops_alone():
    counts = [0, 0, 0]

    def counted(values: Tensor, rows: Tensor) -> Tensor:
        for row in rows.tolist():
            counts[row] += 1
        return distance(values, rows)

    start = TARGETS.clone()
    start[2] = 0
    minimise(start, counted, descent(30, patience=5))
    assert counts == [6, 6, 31]  # the first look, and those that were waited for


def test_past_its_deadline_it_still_returns_the_start_or_better():
    start = torch.zeros(3, 2)
    steps = []
    late = descent(1_000, deadline=time.monotonic())
    found = minimise(start, distance, late, steps.append)
    assert steps == [1]
    assert (found.losses <= distance(start, torch.arange(3))).all()


@pytest.mark.parametrize("steps", [0, 3])
def test_steps_are_reported(steps):
    reported = []
    minimise(torch.zeros(3, 2), distance, descent(steps), reported.append)
    assert reported == list(range(1, steps + 1))


def test_a_loss_that_is_no_number_leaves_the_start():
    start = torch.ones(2, 2)
    found = minimise(start, lambda values, _: values.sum(dim=1) * torch.nan, descent(2))
    torch.testing.assert_close(found.values, start)

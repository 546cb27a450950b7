"""Adaptive augmentation keeps the promises its docstring makes."""

import pytest
import torch
from torch import Tensor, nn
from torch._subclasses.fake_tensor import FakeTensorMode

from stylemapgan import losses
from stylemapgan.augment import GROUPS, ada
from stylemapgan.augment.ada_colour import change_colours, corrupt
from stylemapgan.augment.ada_filter import filter_bands
from stylemapgan.augment.ada_geometry import draw_general_motion, warp
from stylemapgan.types import Share

PAPER = ("blit", "geometry", "colour")
SELECTIONS = [*[(group,) for group in GROUPS], PAPER, GROUPS]


def photos(batch: int = 8, size: int = 32) -> Tensor:
    return torch.rand(batch, 3, size, size) * 2 - 1


def test_p_of_zero_returns_the_images_as_they_are_and_draws_nothing(seeded):
    images, randomness = photos(), seeded()
    assert torch.equal(ada(images, GROUPS, 0.0, randomness), images)
    assert torch.equal(randomness.generator.get_state(), seeded().generator.get_state())


def test_no_groups_change_nothing(seeded):
    images = photos()
    assert torch.equal(ada(images, (), 1.0, seeded()), images)


@pytest.mark.parametrize("groups", SELECTIONS)
def test_shares_of_a_batch_together_are_the_whole_batch(groups, seeded):
    images = photos()
    whole = ada(images, groups, 0.7, seeded())
    for share in Share().split(2):
        part = ada(images[share.rows], groups, 0.7, seeded(share))
        torch.testing.assert_close(part, whole[share.rows])


@pytest.mark.parametrize("groups", SELECTIONS)
def test_equal_states_give_equal_changes_and_later_states_others(groups, seeded):
    images, randomness = photos(), seeded()
    first = ada(images, groups, 0.7, randomness)
    assert torch.equal(first, ada(images, groups, 0.7, seeded()))
    assert not torch.equal(first, ada(images, groups, 0.7, randomness))


@pytest.mark.parametrize("group", GROUPS)
def test_any_p_above_zero_draws_equally_much(group, seeded):
    little, much = seeded(), seeded()
    ada(photos(), (group,), 0.1, little)
    ada(photos(), (group,), 1.0, much)
    assert torch.equal(little.generator.get_state(), much.generator.get_state())


def test_groups_happen_in_the_papers_order_whatever_order_is_given(seeded):
    images = photos()
    forward = ada(images, GROUPS, 1.0, seeded())
    assert torch.equal(forward, ada(images, GROUPS[::-1], 1.0, seeded()))


def test_a_higher_p_changes_more_images(seeded):
    images = photos(200, 16)
    untouched = []
    for p in (0.05, 0.2, 0.5):
        changed = ada(images, PAPER, p, seeded())
        untouched.append((changed - images).abs().amax(dim=(1, 2, 3)).lt(1e-5).sum().item())
    assert 200 > untouched[0] > untouched[1] > untouched[2]


def test_autocast_and_half_precision_change_nothing_but_the_input(seeded):
    images = photos().bfloat16()
    expected = ada(images.float(), GROUPS, 0.7, seeded())
    with torch.autocast("cpu", torch.bfloat16):
        changed = ada(images, GROUPS, 0.7, seeded())
    assert changed.dtype == torch.float32
    assert torch.equal(changed, expected)


@pytest.mark.parametrize("groups", SELECTIONS)
def test_memory_can_be_planned_with_fake_tensors(groups, seeded):
    with FakeTensorMode():
        assert ada(photos(), groups, 0.7, seeded()).shape == (8, 3, 32, 32)


def test_the_images_given_are_left_alone(seeded):
    images = photos()
    before = images.clone()
    ada(images, GROUPS, 1.0, seeded())
    assert torch.equal(images, before)


class TestWhatLeaks:
    """The distribution of images can be inferred from that of changed ones while p < 1.

    Poses are the eight ways in which a square can lie; pixel blitting turns one into another.
    """

    def poses(self) -> Tensor:
        """A picture with four differently light quarters, in all poses."""
        picture = torch.tensor([[-0.9, -0.3], [0.3, 0.9]]).kron(torch.ones(8, 8))
        turned = [picture.rot90(turns) for turns in range(4)]
        both = torch.stack(turned + [image.flip(1) for image in turned])
        return both[:, None].expand(-1, 3, -1, -1)

    def recognise(self, images: Tensor) -> Tensor:
        """Name the pose of each image by its quarters' centres, which shifts do not reach."""
        known = self.poses()[:, 0, 4::8, 4::8].flatten(1)  # (poses, 4)
        seen = images[:, 0, 4::8, 4::8].flatten(1)
        return torch.cdist(seen, known).argmin(dim=1)

    def transitions(self, p: float) -> Tensor:
        """How likely each pose (row) becomes each (column), by the definition of the changes."""
        table = torch.zeros(8, 8, dtype=torch.float64)
        for flip, flip_share in ((False, 1 - p / 2), (True, p / 2)):
            for turns, turn_share in enumerate((1 - p * 3 / 4, p / 4, p / 4, p / 4)):
                moved = self.poses().flip(3) if flip else self.poses()
                become = self.recognise(moved.rot90(turns, (2, 3)))
                table[torch.arange(8), become] += flip_share * turn_share
        return table

    def poses_seen(self, shares: Tensor, p: float, randomness) -> Tensor:
        """Change many images whose poses have the given shares, and count the poses again."""
        images = self.poses().repeat_interleave((shares * 20_000).long(), dim=0)
        poses = self.recognise(ada(images, ("blit",), p, randomness))
        return poses.bincount(minlength=8).double() / len(images)

    def test_shares_of_poses_are_recovered_from_changed_images(self, seeded):
        shares = torch.tensor([0.6, 0.0, 0.1, 0.05, 0.25, 0.0, 0.0, 0.0], dtype=torch.float64)
        seen = self.poses_seen(shares, 0.5, seeded())
        assert (seen - shares).abs().max() > 0.2  # the changed images lie differently
        recovered = torch.linalg.solve(self.transitions(0.5).T, seen)
        torch.testing.assert_close(recovered, shares, atol=0.05, rtol=0)

    def test_at_p_of_one_all_poses_are_equally_frequent_whatever_the_images_were(self, seeded):
        shares = torch.tensor([1.0, 0, 0, 0, 0, 0, 0, 0], dtype=torch.float64)
        seen = self.poses_seen(shares, 1.0, seeded())
        torch.testing.assert_close(seen, torch.full_like(seen, 1 / 8), atol=0.015, rtol=0)


class TestGradientPenalty:
    """R1 differentiates the discriminator's gradient at the images, through the changes."""

    def change(self, images: Tensor, chances) -> Tensor:
        """All differentiable parts of `ada`, at the precision of the images."""
        chances = chances(len(images), 0.8)
        images = warp(images, draw_general_motion(chances, images.shape[-1]))
        images = filter_bands(change_colours(images, chances), chances)
        return corrupt(images, chances)

    def discriminator(self) -> nn.Sequential:
        layers = (nn.Conv2d(3, 2, 3), nn.Softplus(), nn.Flatten(), nn.Linear(72, 1))
        return nn.Sequential(*layers).double()

    def test_its_gradient_at_the_weights_is_a_finite_difference(self, chances):
        discriminator, images = self.discriminator(), photos(3, 8).double()

        def penalty() -> Tensor:
            real = images.clone().requires_grad_()
            logits = discriminator(self.change(real, chances))
            (gradient,) = torch.autograd.grad(logits.sum(), real, create_graph=True)
            return gradient.square().sum()

        penalty().backward()
        weights = discriminator[0].weight
        assert isinstance(weights, Tensor)
        assert weights.grad is not None
        numeric = torch.zeros_like(weights)
        step = 1e-5
        for place in range(weights.numel()):
            around = []
            for sign in (1, -1):
                weights.data.view(-1)[place] += sign * step
                around.append(penalty().item())
                weights.data.view(-1)[place] -= sign * step
            numeric.data.view(-1)[place] = (around[0] - around[1]) / (2 * step)
        assert numeric.abs().max() > 1e-3
        torch.testing.assert_close(weights.grad, numeric, atol=1e-8, rtol=1e-5)

    @pytest.mark.parametrize("groups", SELECTIONS)
    def test_every_group_lets_it_through_under_autocast(self, groups, seeded):
        discriminator = self.discriminator().float()
        real = photos(3, 8).requires_grad_()
        with torch.autocast("cpu", torch.bfloat16):
            logits = discriminator(ada(real, groups, 0.8, seeded()))
        losses.gradient_penalty(logits, real).backward()
        gradient = discriminator.get_parameter("0.weight").grad
        assert gradient is not None
        assert gradient.isfinite().all()
        assert gradient.abs().max() > 0

"""The discriminator of features mixes them at random and judges patches at every resolution."""

import pytest
import torch
from torch import Tensor

from stylemapgan.losses import hinge_fake, hinge_real, raised
from stylemapgan.models import FeatureDiscriminator

WIDTHS = (3, 5, 7)


@pytest.fixture
def network() -> FeatureDiscriminator:
    return FeatureDiscriminator(WIDTHS).eval()


def features(batch: int = 2) -> list[Tensor]:
    return [torch.randn(batch, width, 16 // 2**i, 16 // 2**i) for i, width in enumerate(WIDTHS)]


def test_every_head_gives_logits_of_the_coarsest_size(network):
    assert [tuple(each.shape) for each in network(features())] == [(2, 1, 4, 4)] * 3


def test_a_coarse_feature_reaches_all_heads_and_a_fine_one_its_own(network):
    given = features()
    before = network(given)
    for level, reached in ((0, [False, False, True]), (2, [True, True, True])):
        changed = list(given)
        changed[level] = given[level] + 1
        moved = [
            not torch.allclose(one, other)
            for one, other in zip(before, network(changed), strict=True)
        ]
        assert moved == reached  # heads from coarse to fine


def test_a_head_judges_patches(network):
    given = features()
    changed = [each.clone() for each in given]
    changed[0][..., 0, 0] += 1
    one, other = network(given)[-1], network(changed)[-1]
    differs = (one - other).abs().amax(dim=(0, 1)) > 1e-6
    assert differs[0, 0]
    assert not differs[3, 3]


def test_projections_are_drawn_from_the_random_numbers_and_do_not_learn(network):
    drawn = []
    for _ in range(2):
        torch.manual_seed(5)
        drawn.append(FeatureDiscriminator(WIDTHS).state_dict())
    assert all(torch.equal(drawn[0][name], drawn[1][name]) for name in drawn[0])
    fixed = {name for name, value in network.named_parameters() if not value.requires_grad}
    assert fixed == {name for name, _ in network.named_parameters() if name.startswith("across_")}


def test_hinge_losses_agree_with_naive_loops():
    logits = [torch.randn(2, 1, 4, 4), torch.randn(2, 1, 2, 2)]
    plain = [each.flatten().tolist() for each in logits]
    real = sum(sum(max(0.0, 1 - x) for x in each) / len(each) for each in plain)
    fake = sum(sum(max(0.0, 1 + x) for x in each) / len(each) for each in plain)
    assert hinge_real(logits).item() == pytest.approx(real, rel=1e-5)
    assert hinge_fake(logits).item() == pytest.approx(fake, rel=1e-5)
    assert raised(logits).item() == pytest.approx(-sum(sum(x) / len(x) for x in plain), rel=1e-4)

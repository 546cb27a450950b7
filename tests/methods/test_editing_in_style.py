"""Editing in Style finds channels that show a part, and edits that part through them."""

import math

import numpy as np
import pytest
import torch
from scipy.optimize import linprog
from torch import Tensor

from stylemapgan.checkpoints.method_file import MethodCheckpoint
from stylemapgan.config import VectorConfig
from stylemapgan.config.presets import VECTOR_TINY_32
from stylemapgan.editing.edit import Edit, Part, Push
from stylemapgan.errors import ConfigError, EditError
from stylemapgan.images.levels import to_numpy
from stylemapgan.methods.backbone.opening import Backbone, open_backbone
from stylemapgan.methods.editing_in_style import EditingInStyle, EditingInStyleSettings
from stylemapgan.methods.style_catalogue import (
    channel_energies,
    channel_shares,
    choose_channels,
    layer_of,
    membership,
    parts_under,
)

SIZE = 32
CHANNELS = 2 * sum(VECTOR_TINY_32.generator_widths)
QUARTERS = 4


def quarters_backbone(checkpoint: MethodCheckpoint) -> Backbone:
    """A generator of which each of the first four channels shows a quarter of the picture.

    Convolutions pass these channels on and drop all others; styles differ a little.
    """
    backbone = open_backbone(checkpoint)
    synthesis = backbone.generator.synthesis
    constant = torch.zeros_like(synthesis.constant)
    for quarter in range(QUARTERS):
        row, column = 2 * (quarter // 2), 2 * (quarter % 2)
        constant[0, quarter, row : row + 2, column : column + 2] = 1.0
    synthesis.constant.copy_(constant)
    for name, weight in synthesis.to_styles.named_parameters():
        if name.endswith("weight"):
            weight.mul_(0.1)
    for name, weight in synthesis.layers.named_parameters():
        if name.endswith("weight"):
            weight.zero_()
            for channel in range(QUARTERS):
                weight[channel, channel, 1, 1] = 1.0
    return backbone


def opened(checkpoint: MethodCheckpoint, **settings) -> EditingInStyle:
    return EditingInStyle.open(checkpoint, EditingInStyleSettings(pictures=10, **settings))


@pytest.fixture(scope="module")
def method(backbone_checkpoint) -> EditingInStyle:
    return opened(backbone_checkpoint, parts=5, epsilon=20.0)


@pytest.fixture(scope="module")
def quarters(backbone_checkpoint) -> EditingInStyle:
    settings = EditingInStyleSettings(pictures=10, parts=QUARTERS, epsilon=2.0)
    return EditingInStyle(quarters_backbone(backbone_checkpoint), settings)


def shown(method: EditingInStyle, latent) -> np.ndarray:
    return to_numpy(method.decode(latent))


def naive_shares(layers: list[Tensor], inside: Tensor) -> list[list[float]]:
    """M by its formula, in loops and float64, for membership of 4x4 positions."""
    shares = [[] for _ in range(inside.shape[1])]
    for activations in layers:
        pictures, channels, rows, columns = activations.shape
        for c in range(channels):
            totals = [0.0] * len(shares)
            for n in range(pictures):
                values = activations[n, c].double()
                a = (values - values.mean()) / values.std(correction=0)
                for y in range(rows):
                    for x in range(columns):
                        for k in range(len(shares)):
                            if rows == 8:
                                u = float(inside[n, k, y // 2, x // 2])
                            elif rows == 2:
                                u = float(inside[n, k, 2 * y : 2 * y + 2, 2 * x : 2 * x + 2].mean())
                            else:
                                u = float(inside[n, k, y, x])
                            totals[k] += float(a[y, x]) ** 2 * u / (rows * columns)
            for k, total in enumerate(totals):
                shares[k].append(total / sum(totals))
    return shares


def test_shares_are_those_of_the_formula():
    layers = [torch.randn(3, 2, size, size) * 4 + 1 for size in (2, 4, 8)]
    numbers = torch.randint(3, (3, 4, 4))
    inside = torch.nn.functional.one_hot(numbers, 3).movedim(-1, 1).float()
    found = channel_shares(channel_energies(layers, inside))
    torch.testing.assert_close(found, torch.tensor(naive_shares(layers, inside)), rtol=1e-3, atol=0)
    torch.testing.assert_close(found.sum(dim=0), torch.ones(6))


def test_a_channel_that_does_nothing_has_no_shares():
    inside = torch.ones(1, 1, 4, 4)
    shares = channel_shares(channel_energies([torch.zeros(1, 2, 4, 4)], inside))
    assert torch.equal(shares, torch.zeros(1, 2))


def test_positions_belong_to_the_centre_of_largest_cosine():
    activations, centres = torch.randn(2, 3, 4, 4), torch.nn.functional.normalize(torch.randn(5, 3))
    found = membership(activations, centres)
    for picture in range(2):
        for row in range(4):
            for column in range(4):
                vector = activations[picture, :, row, column].tolist()
                cosines = [sum(map(float.__mul__, vector, each)) for each in centres.tolist()]
                expected = [float(each == max(cosines)) for each in cosines]
                assert found[picture, :, row, column].tolist() == expected


@pytest.mark.parametrize(
    ("epsilon", "rho", "expected"),
    [
        (0.0, 0.0, [0, 0, 0, 0]),
        (0.1, 0.0, [0, 1, 0, 0]),
        (0.2, 0.0, [0, 1, 0, 0.25]),
        (0.5, 0.0, [0, 1, 0, 1]),
        (0.9, 0.0, [0.5, 1, 0, 1]),
        (100.0, 0.0, [1, 1, 1, 1]),
        (100.0, 0.1, [1, 1, 1, 1]),
        (100.0, 0.125, [1, 1, 0, 1]),
        (100.0, 0.6, [0, 1, 0, 0]),
    ],
)
def test_channels_are_taken_in_the_order_of_their_shares(epsilon, rho, expected):
    shares = torch.tensor([[0.2, 0.9, 0.125, 0.6]])  # they cost 0.8, 0.1, 0.875 and 0.4
    torch.testing.assert_close(
        choose_channels(shares, epsilon, rho), torch.tensor([expected]) * 1.0
    )


def test_channels_that_do_nothing_elsewhere_are_taken_unless_epsilon_is_0():
    shares = torch.tensor([[1.0, 0.5, 1.0]])
    assert choose_channels(shares, 0.0, 0.0).tolist() == [[0, 0, 0]]
    torch.testing.assert_close(choose_channels(shares, 1e-3, 0.0), torch.tensor([[1, 0.002, 1]]))
    assert choose_channels(shares, math.inf, -1.0).tolist() == [[1, 1, 1]]


@pytest.mark.parametrize("epsilon", [0.7, 3.0, 9.5])
def test_no_other_choice_does_more_in_the_part_at_that_cost(epsilon):
    shares = torch.rand(2, 30)
    found = choose_channels(shares, epsilon, 0.0)
    for m, q in zip(shares.double().numpy(), found.double().numpy(), strict=True):
        best = linprog(-m, A_ub=[1 - m], b_ub=[epsilon], bounds=(0, 1))
        np.testing.assert_allclose(q @ m, -best.fun, rtol=1e-4)
        np.testing.assert_allclose(q @ (1 - m), epsilon, rtol=1e-4)


def test_parts_lie_under_masks_by_more_than_half():
    numbers = torch.tensor([[0, 0, 1, 1], [0, 0, 1, 1], [2, 2, 2, 2], [2, 2, 2, 3]])
    inside = torch.nn.functional.one_hot(numbers, 5).movedim(-1, 0)[None].float()
    mask = torch.zeros(1, 1, 8, 8)
    mask[..., :4, :6] = 1.0  # all of part 0, half of part 1
    assert parts_under([mask], [inside])[0].tolist() == [True, False, False, False, False]
    mask[..., 4, :] = 1.0  # and two sevenths of part 2
    assert parts_under([mask], [inside])[0].tolist() == [True, False, False, False, False]
    mask[..., 4:, :6] = 1.0  # and six sevenths of it
    assert parts_under([mask], [inside])[0].tolist() == [True, False, True, False, False]


def test_if_no_part_lies_under_a_mask_the_one_that_does_most_is_edited():
    numbers = torch.tensor([[0, 0, 1, 1], [0, 0, 1, 1], [2, 2, 2, 2], [2, 2, 2, 3]])
    inside = torch.nn.functional.one_hot(numbers, 4).movedim(-1, 0)[None].float()
    mask = torch.zeros(1, 1, 4, 4)
    mask[..., 1:3, 1:3] = 1.0
    mask[..., 1, 1] = 0.75  # of parts 0 and 2 less than of part 1
    mask[..., 2, 1] = 0.0
    assert parts_under([mask], [inside])[0].tolist() == [False, True, False, False]


def test_a_mask_lies_on_the_source_and_on_the_reference():
    ours = torch.tensor([[[[1.0, 1.0], [0.0, 0.0]], [[0.0, 0.0], [1.0, 1.0]]]])
    theirs = ours.flip(dims=(2,))
    top = torch.tensor([[[[1.0, 1.0], [0.0, 0.0]]]])
    assert parts_under([top, top.flip(dims=(2,))], [ours, theirs])[0].tolist() == [True, False]


@pytest.mark.parametrize(
    ("size", "constant", "layer"), [(32, 4, 5), (64, 4, 7), (128, 4, 7), (96, 6, 5), (8, 4, 1)]
)
def test_the_layer_of_32_positions_is_grouped_or_the_nearest(size, constant, layer):
    levels = (size // constant).bit_length()
    widths = (4,) * levels
    config = VectorConfig(
        image_size=size,
        constant_size=constant,
        style_channels=4,
        generator_widths=widths,
        encoder_widths=widths,
        discriminator_widths=widths,
    )
    assert layer_of(config, 32) == layer


def test_latents_show_what_style_vectors_do(method):
    z = np.random.default_rng(3).standard_normal((2, VECTOR_TINY_32.style_channels))
    with torch.no_grad():
        w_plus = method.generator.mapping(torch.from_numpy(z).float())
        middle = w_plus.mean(dim=0, keepdim=True)
        noise = method.generator.synthesis.fixed_noise(0)
        expected = method.generator.synthesize(torch.cat([w_plus, middle]), noise)
    latent = method.sample(2, 3)
    between = method.interpolate(latent[:1], latent[1:], np.array([0.5], np.float32))
    np.testing.assert_allclose(shown(method, latent), expected[:2], rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(shown(method, between), expected[2:], rtol=1e-5, atol=1e-5)


def test_quarters_of_pictures_are_found(quarters):
    numbers = quarters.catalogue.layer
    assert numbers == 5
    latent = quarters.sample(3, 7)
    found = quarters._membership(latent).argmax(dim=1).numpy()
    half = found.shape[-1] // 2
    corners = found[:, [half // 2, -half // 2]][..., [half // 2, -half // 2]].reshape(3, QUARTERS)
    assert all(len(set(each)) == QUARTERS for each in corners)
    assert (corners == corners[:1]).all()
    expected = corners[0].reshape(2, 2).repeat(half, axis=0).repeat(half, axis=1)
    assert (found == expected).mean() > 0.95


def test_channels_are_found_that_act_in_one_part_only(quarters):
    shares, first = quarters.catalogue.shares, 0
    parts = set()
    for width in np.repeat(VECTOR_TINY_32.generator_widths, 2):
        own = shares[:, first : first + QUARTERS]
        parts.add(tuple(own.argmax(dim=0).tolist()))
        # A quarter of the positions at sqrt(3) and the others at -sqrt(1/3) would give 3/4.
        assert (own.max(dim=0).values > 0.7).all()
        first += width
    assert len(parts) == 1
    assert len(set(parts.pop())) == QUARTERS


def test_an_edit_of_a_part_changes_that_part(quarters):
    source, reference = quarters.sample(1, 0), quarters.sample(1, 1)
    inside = quarters._membership(source)
    before = shown(quarters, source)
    for part in range(QUARTERS):
        edited = quarters.edit_parts(source, reference, [part])
        change = np.abs(shown(quarters, edited) - before).mean(axis=1)[0]
        where = inside[0, part].numpy().repeat(2, axis=0).repeat(2, axis=1) > 0
        assert change[where].mean() > 1.5 * change[~where].mean()


def test_scales_go_to_the_references_by_q_and_shifts_stay(method):
    source, reference = method.sample(2, 0), method.sample(2, 1)
    edited = method.edit_parts(source, reference, [1, 3], strength=0.5)
    shares = method.catalogue.shares[[1, 3]].sum(dim=0, keepdim=True)
    q = 0.5 * choose_channels(shares, method.settings.epsilon, method.settings.rho).numpy()
    assert 0 < (q > 0).sum() < CHANNELS
    ours, theirs = source.arrays["scales"], reference.arrays["scales"]
    np.testing.assert_allclose(
        edited.arrays["scales"], ours + q * (theirs - ours), rtol=1e-5, atol=1e-5
    )
    np.testing.assert_array_equal(edited.arrays["shifts"], source.arrays["shifts"])


def test_no_budget_changes_nothing_and_an_endless_one_takes_all_scales(method, backbone_checkpoint):
    source, reference = method.sample(1, 0), method.sample(1, 1)
    for epsilon, rho, expected in ((0.0, 0.0, source), (math.inf, -1.0, reference)):
        other = opened(backbone_checkpoint, epsilon=epsilon, rho=rho)
        edited = other.edit_parts(source, reference, [2])
        np.testing.assert_allclose(
            edited.arrays["scales"], expected.arrays["scales"], rtol=1e-5, atol=1e-5
        )


def test_a_mask_over_everything_takes_all_scales(method):
    source, reference = method.sample(1, 0), method.sample(1, 1)
    everywhere = np.ones((1, 1, SIZE, SIZE), np.float32)
    edited = method.edit(source, Edit(parts=(Part(reference=reference, mask=everywhere),)))
    np.testing.assert_allclose(
        edited.arrays["scales"], reference.arrays["scales"], rtol=1e-5, atol=1e-5
    )


def test_a_mask_lies_on_the_reference_where_the_part_comes_from(quarters):
    source, reference = quarters.sample(1, 0), quarters.sample(1, 1)
    part = int(quarters._membership(source)[0, :, 2, 2].argmax())
    mask = np.zeros((1, 1, SIZE, SIZE), np.float32)
    mask[..., :16, :16] = 1  # all of a quarter of the reference, but a quarter of it in the source
    moved = Part(reference=reference, mask=mask, shift=(0, 12))
    by_mask = quarters.edit(source, Edit(parts=(moved,)))
    by_number = quarters.edit_parts(source, reference, [part])
    np.testing.assert_allclose(by_mask.arrays["scales"], by_number.arrays["scales"], atol=1e-6)


def test_a_mask_over_a_part_edits_that_part(quarters):
    source, reference = quarters.sample(1, 0), quarters.sample(1, 1)
    part = int(quarters._membership(source)[0, :, 2, 2].argmax())
    mask = np.zeros((1, 1, SIZE, SIZE), np.float32)
    mask[..., :16, :16] = 1
    by_mask = quarters.edit(
        source, Edit(parts=(Part(reference=reference, mask=mask, strength=0.5),))
    )
    by_number = quarters.edit_parts(source, reference, [part], strength=0.5)
    for name, array in by_number.arrays.items():
        np.testing.assert_allclose(by_mask.arrays[name], array, atol=1e-6)


def test_photos_are_segmented_at_their_own_size(method, photos):
    large = photos.repeat(2, axis=2).repeat(2, axis=3)
    small, numbers = method.segment(photos), method.segment(large)
    assert small.shape == (5, SIZE, SIZE)
    np.testing.assert_array_equal(numbers, small.repeat(2, axis=1).repeat(2, axis=2))
    inside = method._membership(method.encode(photos)).numpy()
    for row, column in ((0, 0), (9, 30), (31, 17)):
        expected = inside[:, :, row // 2, column // 2].argmax(axis=1)
        np.testing.assert_array_equal(small[:, row, column], expected)


def test_the_catalogue_is_the_same_every_time_and_tells_how_far_it_is(method, backbone_checkpoint):
    again, steps = opened(backbone_checkpoint, parts=5), []
    again.watch(lambda *step: steps.append(step))
    assert torch.equal(again.catalogue.centres, method.catalogue.centres)
    assert torch.equal(again.catalogue.shares, method.catalogue.shares)
    assert steps == [(8, 20), (10, 20), (18, 20), (20, 20)]


def test_what_does_not_exist_is_refused(method):
    latent = method.sample(1, 0)
    with pytest.raises(EditError, match=r"numbered from 0 to 4, got \[5\]"):
        method.edit_parts(latent, latent, [5])
    with pytest.raises(EditError, match="strength must be"):
        method.edit_parts(latent, latent, [0], strength=1.5)
    with pytest.raises(EditError, match="Batches of 2, 3"):
        method.edit_parts(method.sample(2, 0), method.sample(3, 0), [0])
    with pytest.raises(EditError, match="has no directions"):
        method.edit(latent, Edit(pushes=(Push(direction=np.zeros(1), amount=1.0),)))
    for parts in (0, 256):
        with pytest.raises(ConfigError, match=f"parts must be at .*, got {parts}"):
            EditingInStyleSettings(parts=parts)
    with pytest.raises(ConfigError, match="epsilon must not be negative"):
        EditingInStyleSettings(epsilon=-1.0)

"""Refining brings a photo back better, changes only the stylemap, and never makes it worse."""

import itertools

import numpy as np
import pytest
import torch

from stylemapgan import images
from stylemapgan.checkpoints.networks import Networks
from stylemapgan.config import preset
from stylemapgan.editing import Editor
from stylemapgan.editing.refinement import RefineConfig, refine
from stylemapgan.errors import ConfigError, EditError
from stylemapgan.features.perceptual import AbstractPerceptualDistance
from stylemapgan.models import Encoder, Generator


@pytest.fixture(scope="module")
def photo() -> np.ndarray:
    smooth = np.linspace(-0.8, 0.8, 32, dtype=np.float32)
    return np.stack([np.add.outer(smooth, k * smooth) / 2 for k in (-1, 0, 1)])[None]


@pytest.fixture
def editor(networks) -> Editor:
    return Editor(networks)


class MeanColour(AbstractPerceptualDistance):
    """A distance with a weight, as the real ones have."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = torch.nn.Parameter(torch.ones(3))

    def forward(self, one: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
        difference = one.mean(dim=(2, 3)) - other.mean(dim=(2, 3))
        return (self.weight * difference.square()).sum(dim=1)


def error_of(editor: Editor, stylemap: torch.Tensor, photo: np.ndarray) -> float:
    picture = editor.decode(stylemap).double().numpy()
    return float(np.mean((picture - photo) ** 2))


def domain_gap(editor: Editor, stylemap: torch.Tensor) -> float:
    return float((editor.encode(editor.decode(stylemap)) - stylemap).square().mean())


def test_the_errors_are_those_of_the_stylemaps(editor, photo):
    found = refine(editor, photo, RefineConfig(steps=15))
    assert found.error_before == pytest.approx(error_of(editor, editor.encode(photo), photo))
    assert found.error_after == pytest.approx(error_of(editor, found.stylemap, photo))
    assert found.error_after < 0.9 * found.error_before
    assert found.errors[0] == found.error_before
    assert len(found.errors) == found.steps + 1 == 16
    assert not found.stylemap.requires_grad


def test_the_first_step_follows_a_gradient_found_by_nudging():
    """Adam's first step has the learning rate's length against the sign of each derivative."""
    torch.manual_seed(0)
    config = preset("tiny-32").model
    generator, encoder = Generator(config).eval().double(), Encoder(config).eval().double()
    target = torch.rand(1, 3, 32, 32, dtype=torch.float64) * 2 - 1

    def loss(w: torch.Tensor) -> torch.Tensor:
        picture = generator.synthesize(w)
        error = (picture - target).square().mean()
        return error + 0.5 * (encoder(picture) - w).square().mean()

    with torch.no_grad():
        start = encoder(target)
        slopes = []
        for index in range(5):
            nudge = torch.zeros_like(start).view(-1)
            nudge[index * 7] = 1e-5
            nudge = nudge.view_as(start)
            slopes.append(float(loss(start + nudge) - loss(start - nudge)) / 2e-5)

    editor = Editor(Networks(generator=generator.float(), encoder=encoder.float()))
    settings = RefineConfig(steps=1, learning_rate=1e-4, in_domain=0.5)
    found = refine(editor, target.float(), settings)

    moved = (found.stylemap - start.float()).view(-1)[: 5 * 7 : 7]
    np.testing.assert_allclose(moved, -1e-4 * np.sign(slopes), rtol=0.05)


def test_nothing_is_left_in_the_networks(editor, photo, networks):
    distance = MeanColour()
    parameters = [*networks.generator.parameters(), *networks.encoder.parameters()]
    parameters[0].requires_grad_(False)  # as it was set, so it stays
    try:
        before = [parameter.clone() for parameter in parameters]
        refine(editor, photo, RefineConfig(steps=2), distance=distance)
        assert all(parameter.grad is None for parameter in [*parameters, distance.weight])
        assert [p.requires_grad for p in parameters] == [False] + [True] * (len(parameters) - 1)
        assert distance.weight.requires_grad
        assert all(torch.equal(*pair) for pair in zip(parameters, before, strict=True))
    finally:
        parameters[0].requires_grad_(True)


def test_the_networks_are_freed_even_if_a_step_fails(editor, photo, networks):
    def fail(step: int, error: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        refine(editor, photo, RefineConfig(steps=2), on_step=fail)
    assert all(p.requires_grad for p in networks.generator.parameters())


def test_a_step_far_too_long_gives_the_encoders_stylemap_back(editor, photo):
    found = refine(editor, photo, RefineConfig(steps=5, learning_rate=1e4))
    assert min(found.errors[1:]) > found.error_before
    assert found.error_after == found.error_before
    torch.testing.assert_close(found.stylemap, editor.encode(photo).clone(), rtol=0, atol=0)


def test_a_picture_of_other_worth_is_never_worse_in_error(editor, photo):
    """However much the pull counts, the error that is told does not grow."""
    settings = RefineConfig(steps=20, in_domain=1e4, learning_rate=0.1)
    found = refine(editor, photo, settings)
    assert found.error_after <= found.error_before
    assert error_of(editor, found.stylemap, photo) <= found.error_before * (1 + 1e-5)


def test_it_ends_early_once_nothing_is_gained(editor, photo):
    found = refine(editor, photo, RefineConfig(steps=100, learning_rate=1e4, patience=3))
    assert found.steps == 3


def test_every_step_is_told_and_the_error_told_never_grows(editor, photo):
    told: list[tuple[int, float]] = []
    found = refine(
        editor,
        photo,
        RefineConfig(steps=12, learning_rate=0.5),
        on_step=lambda step, error: told.append((step, error)),
    )
    assert [step for step, _ in told] == list(range(1, found.steps + 1))
    assert told[-1][1] == found.error_after


def test_it_stops_when_asked_and_keeps_the_best_so_far(editor, photo):
    questions = itertools.count()
    found = refine(editor, photo, RefineConfig(steps=50), should_stop=lambda: next(questions) == 4)
    assert found.steps == 4
    assert found.error_after == pytest.approx(error_of(editor, found.stylemap, photo))
    at_once = refine(editor, photo, should_stop=lambda: True)
    assert (at_once.steps, at_once.error_after) == (0, at_once.error_before)


def test_the_same_photo_is_refined_the_same_way_every_time(editor, photo):
    one, other = (refine(editor, photo, RefineConfig(steps=5)) for _ in range(2))
    assert torch.equal(one.stylemap, other.stylemap)


def test_the_pull_keeps_stylemaps_near_those_of_the_encoder(editor, photo):
    free = refine(editor, photo, RefineConfig(steps=25, in_domain=0.0))
    held = refine(editor, photo, RefineConfig(steps=25, in_domain=10.0))
    assert domain_gap(editor, held.stylemap) < 0.95 * domain_gap(editor, free.stylemap)
    assert free.error_after < held.error_after


def test_a_distance_counts_by_its_weight(editor, photo):
    def colour_gap(weight: float) -> float:
        settings = RefineConfig(steps=20, learning_rate=0.1, perceptual=weight)
        found = refine(editor, photo, settings, distance=MeanColour())
        pictures = editor.decode(found.stylemap), torch.as_tensor(photo)
        return float((pictures[0].mean(dim=(2, 3)) - pictures[1].mean(dim=(2, 3))).square().sum())

    assert colour_gap(100.0) < 0.95 * colour_gap(0.0)


def test_it_works_where_gradients_are_off(editor, photo):
    with torch.inference_mode():
        found = refine(editor, photo, RefineConfig(steps=5))
    assert found.error_after < found.error_before
    mixed = Editor(editor.networks, precision="bf16-mixed")
    assert refine(mixed, photo, RefineConfig(steps=5)).errors == pytest.approx(found.errors)


def test_one_photo_at_a_time(editor, photo):
    with pytest.raises(EditError, match="one picture at a time"):
        refine(editor, np.concatenate([photo, photo]))
    with pytest.raises(EditError, match="32x32"):
        refine(editor, photo[..., :16])


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("steps", 0),
        ("steps", 10_001),
        ("learning_rate", 0.0),
        ("learning_rate", float("nan")),
        ("in_domain", -0.1),
        ("perceptual", float("inf")),
        ("patience", 0),
    ],
)
def test_settings_that_make_no_sense_are_refused(setting, value):
    with pytest.raises(ConfigError, match=f"got {value}"):
        RefineConfig(**{setting: value})


@pytest.mark.slow
def test_photos_of_hands_come_back_with_half_the_error(hands):
    editor = Editor.load("hands-64", precision="32-true")
    paths = sorted((hands / "val").iterdir())[::70]
    found = [refine(editor, images.read(path, editor.image_size)) for path in paths]
    before, after = (sum(getattr(each, f"error_{when}") for each in found) for when in
                     ("before", "after"))  # fmt: skip
    assert after < 0.6 * before
    gaps = [domain_gap(editor, each.stylemap) for each in found]
    encoded = [domain_gap(editor, editor.encode(images.read(path, 64))) for path in paths]
    assert sum(gaps) < 3 * sum(encoded)

"""SEAN as a method: what edits take from where, and what it refuses."""

import dataclasses

import numpy as np
import pytest
import torch

from stylemapgan.checkpoints.method_file import MethodCheckpoint
from stylemapgan.config import preset
from stylemapgan.config.presets import VECTOR_TINY_32
from stylemapgan.editing.edit import Edit, Part, Push
from stylemapgan.editing.edit_masks import PartMask
from stylemapgan.errors import CheckpointError, ConfigError, EditError
from stylemapgan.methods.abstract import Latent
from stylemapgan.methods.sean.method import SEAN
from stylemapgan.methods.sean.recipe import RECIPE
from stylemapgan.training.recipe import new_state

PARTS = ("wall", "face", "hair")


def packed(parts: tuple[str, ...] = PARTS) -> MethodCheckpoint:
    """The model file of fresh networks."""
    vector = dataclasses.replace(VECTOR_TINY_32, parts=parts)
    config = dataclasses.replace(preset("tiny-32"), method="sean", vector=vector)
    checkpoint = RECIPE.pack(config, new_state(RECIPE, config, torch.device("cpu")))
    assert isinstance(checkpoint, MethodCheckpoint)
    return checkpoint


@pytest.fixture(scope="module")
def sean() -> SEAN:
    torch.manual_seed(0)
    return SEAN.open(packed())


@pytest.fixture(scope="module")
def label_maps() -> np.ndarray:
    """A wall; a face in the middle; hair above it, but only in the second photo."""
    maps = np.zeros((2, 32, 32), np.uint8)
    maps[:, 12:24, 8:24] = 1
    maps[1, 4:12, 8:24] = 2
    return maps


@pytest.fixture(scope="module")
def latents(sean, photos, label_maps) -> tuple[Latent, Latent]:
    both = sean.encode(photos[:2], label_maps)
    return both[:1], both[1:]


def paste(sean, latents, mask, **changes) -> Latent:
    part = Part(reference=latents[1], mask=mask, **changes)
    return sean.edit(latents[0], Edit(parts=(part,)))


def styles_at(latent: Latent) -> np.ndarray:
    """The style of each pixel: (photos, channels, height, width)."""
    if "shares" in latent.arrays:
        shares = latent.arrays["shares"]
    else:
        rows = np.arange(latent.arrays["styles"].shape[1])
        shares = latent.arrays["label_map"][:, None] == rows[:, None, None]
    return np.einsum("nmc,nmhw->nchw", latent.arrays["styles"], shares)


def test_under_a_mask_pixels_take_the_references_regions_and_styles(sean, latents, mask):
    source, reference = latents
    edited = paste(sean, latents, mask)
    inside = mask[0, 0] > 0
    maps = [each.arrays["label_map"][0] for each in (source, reference, edited)]
    np.testing.assert_array_equal(maps[2], np.where(inside, maps[1], maps[0]))
    assert (maps[2] != maps[0]).any()
    own, theirs, found = (styles_at(each)[0] for each in (source, reference, edited))
    np.testing.assert_allclose(found, np.where(inside, theirs, own), atol=1e-6)


def test_a_soft_mask_mixes_styles_and_changes_regions_from_one_half_on(sean, latents, mask):
    source, reference = latents
    own, theirs = styles_at(source), styles_at(reference)
    for strength, shows in ((0.25, source), (0.75, reference)):
        edited = paste(sean, latents, np.ones_like(mask), strength=strength)
        np.testing.assert_array_equal(edited.arrays["label_map"], shows.arrays["label_map"])
        mixed = (1 - strength) * own + strength * theirs
        np.testing.assert_allclose(styles_at(edited), mixed, atol=1e-6)


def test_a_moved_part_brings_its_regions_along(sean, latents, mask):
    edited = paste(sean, latents, mask, shift=(8, 4))
    found, theirs = (each.arrays["label_map"][0] for each in (edited, latents[1]))
    np.testing.assert_array_equal(found[16:24, 12:20], theirs[8:16, 8:16])
    np.testing.assert_array_equal(found[:8], latents[0].arrays["label_map"][0][:8])
    styles = styles_at(edited)[0, :, 16:24, 12:20]
    np.testing.assert_allclose(styles, styles_at(latents[1])[0, :, 8:16, 8:16], atol=1e-6)


def test_everything_of_a_reference_is_its_reconstruction(sean, latents, mask):
    edited = paste(sean, latents, np.ones_like(mask))
    np.testing.assert_allclose(sean.decode(edited), sean.decode(latents[1]), atol=1e-5)


def test_a_later_part_covers_those_before_it(sean, latents, mask):
    source, reference = latents
    parts = (
        Part(reference=reference, mask=np.ones_like(mask)),
        Part(reference=source, mask=mask),
    )
    edited = sean.edit(source, Edit(parts=parts))
    inside = mask[0, 0] > 0
    own, theirs, found = (styles_at(each)[0] for each in (source, reference, edited))
    np.testing.assert_allclose(found, np.where(inside, own, theirs), atol=1e-6)


def test_a_part_by_its_name_takes_the_style_alone(sean, latents):
    source, reference = latents
    edited = paste(sean, latents, PartMask(name="face"), strength=0.75)
    np.testing.assert_array_equal(edited.arrays["label_map"], source.arrays["label_map"])
    own, theirs, found = (each.arrays["styles"][0] for each in (source, reference, edited))
    np.testing.assert_allclose(found[1], 0.25 * own[1] + 0.75 * theirs[1], atol=1e-6)
    np.testing.assert_array_equal(found[[0, 2]], own[[0, 2]])
    change = np.abs(sean.decode(edited) - sean.decode(source))[0].mean(axis=0)
    assert change[14:22, 10:22].mean() > change[:4].mean()


def test_a_part_that_the_reference_lacks_stays(sean, latents):
    edited = paste(sean, latents[::-1], PartMask(name="hair"))
    np.testing.assert_array_equal(edited.arrays["styles"], latents[1].arrays["styles"])


def test_edits_can_be_edited_again_by_name(sean, latents, mask):
    edited = paste(sean, latents, mask)
    part = Part(reference=latents[1], mask=PartMask(name="wall"))
    again = sean.edit(edited, Edit(parts=(part,)))
    wall = edited.arrays["label_map"][0] == 0
    theirs = latents[1].arrays["styles"][0, 0]
    found = styles_at(again)[0][:, wall]
    np.testing.assert_allclose(found, np.broadcast_to(theirs[:, None], found.shape), atol=1e-6)


def test_interpolation_mixes_styles_in_the_nearer_photos_label_map(sean, latents):
    positions = np.array([0.25, 0.75], np.float32)
    between = sean.interpolate(*latents, positions)
    maps = np.concatenate([each.arrays["label_map"] for each in latents])
    np.testing.assert_array_equal(between.arrays["label_map"], maps)
    own, theirs = (each.arrays["styles"][0] for each in latents)
    for position, found in zip(positions, between.arrays["styles"], strict=True):
        mixed = (1 - position) * own + position * theirs
        np.testing.assert_allclose(found[:2], mixed[:2], atol=1e-6)
        np.testing.assert_allclose(found[2], theirs[2], atol=1e-6)  # only one shows hair


def test_larger_photos_and_maps_are_shrunk(sean, photos, label_maps):
    large = photos[:2].repeat(2, axis=2).repeat(2, axis=3)
    found = sean.encode(large, label_maps.repeat(2, axis=1).repeat(2, axis=2))
    expected = sean.encode(photos[:2], label_maps)
    for name, array in expected.arrays.items():
        np.testing.assert_allclose(found.arrays[name], array, atol=1e-6)


def test_photos_without_fitting_maps_are_refused(sean, photos, label_maps):
    with pytest.raises(EditError, match="needs the map of parts of each photo"):
        sean.encode(photos[:2])
    with pytest.raises(EditError, match=r"shape \(2, 32, 32\).*got \(1, 32, 32\)"):
        sean.encode(photos[:2], label_maps[:1])
    with pytest.raises(EditError, match="holds the number 3, but the model knows 3 parts"):
        sean.encode(photos[:2], label_maps + 1)


def test_edits_that_make_no_sense_are_refused(sean, latents, mask):
    with pytest.raises(EditError, match="no part 'nose': choose from wall, face, hair"):
        paste(sean, latents, PartMask(name="nose"))
    with pytest.raises(EditError, match="cannot move a part that is given by its name"):
        paste(sean, latents, PartMask(name="face"), shift=(1, 0))
    edited = paste(sean, latents, mask)
    with pytest.raises(EditError, match="from photos, got an edit"):
        paste(sean, (latents[0], edited), PartMask(name="face"))
    with pytest.raises(EditError, match="from photos, got an edit"):
        sean.interpolate(edited, latents[1], np.zeros(1, np.float32))
    with pytest.raises(EditError, match="has no directions"):
        sean.edit(latents[0], Edit(pushes=(Push(direction=0, amount=1.0),)))


def test_files_that_name_no_parts_are_refused():
    checkpoint = packed()
    nameless = {**checkpoint.config, "parts": []}
    with pytest.raises(CheckpointError, match=r"configuration is invalid: .* at least 2 parts"):
        SEAN.open(dataclasses.replace(checkpoint, config=nameless))
    with pytest.raises(ConfigError, match="at least 2 parts, got 1"):
        packed(parts=("everything",))

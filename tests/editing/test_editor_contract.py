"""What every editor promises, whatever runs its networks."""

import numpy as np
import pytest
import torch

from stylemapgan.editing import AbstractEditor, Edit, Editor, OnnxEditor, Part, operations
from stylemapgan.errors import EditError
from stylemapgan.images.levels import to_numpy


@pytest.fixture(scope="module", params=["torch", "onnx"])
def editor(request, networks, exported) -> AbstractEditor:
    return Editor(networks) if request.param == "torch" else OnnxEditor.load(exported)


@pytest.fixture
def photos() -> np.ndarray:
    return np.random.default_rng(0).uniform(-1, 1, (4, 3, 32, 32)).astype(np.float32)


@pytest.fixture
def mask() -> np.ndarray:
    mask = np.zeros((1, 1, 32, 32), np.float32)
    mask[..., 8:24, 16:] = 1
    return mask


def assert_same(images, expected) -> None:
    np.testing.assert_allclose(to_numpy(images), to_numpy(expected), atol=1e-4)


def test_sizes_follow_the_config(editor, photos):
    assert (editor.image_size, editor.stylemap_size) == (32, 4)
    assert editor.encode(photos).shape == (4, editor.config.style_channels, 4, 4)
    assert [len(stylemap) for stylemap in editor.resize(editor.encode(photos))] == [4] * 8
    assert editor.reconstruct(photos).shape == photos.shape


def test_a_painter_paints_what_the_synthesis_does(editor, photos, mask):
    paint = editor.painter()
    ours, theirs = (editor.resize(editor.encode(photo[None])) for photo in photos[:2])
    for shown in (mask, mask[..., ::-1].copy(), np.zeros_like(mask)):
        w_plus = operations.blend_w_plus(ours, theirs, editor.as_mask(shown))
        assert_same(paint(w_plus), editor.synthesize(w_plus))


def test_features_are_coarser_than_the_image(editor, photos):
    features = editor.features(editor.resize(editor.encode(photos)))
    assert features.shape == (4, editor.config.generator_widths[2], 16, 16)


def test_what_nobody_measured_is_left_open(editor):
    assert editor.typical_errors == ()


def test_results_are_float32_and_finite(editor, photos, mask):
    result = editor.blend_w_plus(photos, photos[::-1], mask.astype(np.float64))
    assert str(result.dtype).endswith("float32")
    assert np.isfinite(to_numpy(result)).all()


def test_a_reconstruction_is_a_decoded_stylemap(editor, photos):
    assert_same(editor.reconstruct(photos), editor.decode(editor.encode(photos)))


def test_arrays_and_tensors_give_the_same_pictures(editor, photos, mask):
    with_arrays = editor.transplant(photos[:1], photos[1:2], mask, (4, -4))
    tensors = torch.tensor(photos), torch.tensor(mask)
    assert_same(
        editor.transplant(tensors[0][:1], tensors[0][1:2], tensors[1], (4, -4)), with_arrays
    )


def test_read_only_and_mirrored_arrays_are_welcome(editor, photos):
    mirrored = photos[..., ::-1]
    mirrored.flags.writeable = False
    assert_same(editor.reconstruct(mirrored), editor.reconstruct(mirrored.copy()))


@pytest.mark.parametrize("edit", ["blend", "blend_w_plus", "transplant"])
def test_an_empty_mask_keeps_the_source(editor, photos, mask, edit):
    result = getattr(editor, edit)(photos[:2], photos[2:], np.zeros_like(mask))
    assert_same(result, editor.reconstruct(photos[:2]))


@pytest.mark.parametrize("edit", ["blend", "blend_w_plus", "transplant"])
def test_a_full_mask_takes_the_reference(editor, photos, mask, edit):
    result = getattr(editor, edit)(photos[:2], photos[2:], np.ones_like(mask))
    assert_same(result, editor.reconstruct(photos[2:]))


@pytest.mark.parametrize("edit", ["blend", "blend_w_plus", "transplant"])
def test_a_single_reference_serves_many_sources(editor, photos, mask, edit):
    edit = getattr(editor, edit)
    together = edit(photos[:3], photos[3:], mask)
    apart = [edit(photos[i : i + 1], photos[3:], mask) for i in range(3)]
    assert_same(together, np.concatenate([to_numpy(one) for one in apart]))


def test_blend_is_arithmetic_of_stylemaps_the_caller_may_keep(editor, photos, mask):
    ours, theirs = editor.encode(photos[:1]), editor.encode(photos[1:2])
    by_hand = editor.decode(operations.blend(ours, theirs, editor.as_mask(mask)))
    assert_same(editor.blend(photos[:1], photos[1:2], mask), by_hand)


def test_parts_are_transplanted_one_after_another(editor, photos, mask):
    parts = [
        Part(reference=photos[1:2], mask=mask, shift=(0, -8)),
        Part(reference=photos[2:3], mask=np.ones_like(mask), shift=(16, 0), strength=0.5),
    ]
    w_plus = editor.resize(editor.encode(photos[:1]))
    for part in parts:
        reference = editor.resize(editor.encode(part.reference))
        weight = editor.as_mask(part.mask)
        w_plus = operations.transplant(w_plus, reference, weight, part.shift, part.strength)
    assert_same(editor.edit(photos[:1], Edit(parts=tuple(parts))), editor.synthesize(w_plus))


def test_a_morph_leads_from_the_source_to_the_transplant(editor, photos, mask):
    part = Part(reference=photos[1:2], mask=mask, shift=(4, 4), strength=0.8)
    frames = editor.morph(photos[:1], part, steps=5)
    assert len(frames) == 5
    assert_same(frames[:1], editor.reconstruct(photos[:1]))
    assert_same(frames[-1:], editor.transplant(photos[:1], photos[1:2], mask, (4, 4), 0.8))


def test_interpolation_leads_from_one_reconstruction_to_the_other(editor, photos):
    frames = editor.interpolate(photos[:1], photos[1:2], steps=20)  # more than one batch
    assert len(frames) == 20
    assert_same(frames[:1], editor.reconstruct(photos[:1]))
    assert_same(frames[-1:], editor.reconstruct(photos[1:2]))


def test_mixing_a_picture_with_itself_reconstructs_it(editor, photos):
    assert_same(editor.mix(photos[:1], photos[:1]), editor.reconstruct(photos[:1]))


def test_the_same_seed_invents_the_same_pictures(editor):
    first, again = editor.generate(3, seed=7), editor.generate(3, seed=7)
    np.testing.assert_array_equal(to_numpy(first), to_numpy(again))
    assert np.abs(to_numpy(editor.generate(3, seed=8)) - to_numpy(first)).max() > 1e-3


def test_more_samples_begin_with_the_same_ones(editor):
    assert_same(editor.sample(9, seed=1)[:2], editor.sample(2, seed=1))


def test_truncation_to_nothing_gives_the_mean(editor):
    assert editor.mean_stylemap.shape == (1, editor.config.style_channels, 4, 4)
    average = editor.decode(editor.mean_stylemap)
    assert_same(editor.generate(2, psi=0.0), np.repeat(to_numpy(average), 2, axis=0))


def test_no_truncation_gives_the_samples(editor):
    assert_same(editor.generate(2, psi=1.0, seed=3), editor.decode(editor.sample(2, seed=3)))


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ((1, 3, 50, 64), "A picture of 50x64 pixels was given, this model edits 32x32"),
        ((3, 32, 32), r"shape \(N, 3, 32, 32\), got \(3, 32, 32\)"),
        ((1, 1, 32, 32), r"shape \(N, 3, 32, 32\), got \(1, 1, 32, 32\)"),
        ((0, 3, 32, 32), r"shape \(N, 3, 32, 32\), got \(0, 3, 32, 32\)"),
    ],
)
def test_pictures_of_another_shape_are_refused(editor, shape, message):
    with pytest.raises(EditError, match=message):
        editor.encode(np.zeros(shape, np.float32))


@pytest.mark.parametrize("make", [np.zeros, torch.zeros])
def test_bytes_are_refused(editor, make):
    dtype = np.uint8 if make is np.zeros else torch.uint8
    with pytest.raises(EditError, match=r"floats in \[-1, 1\], got .*uint8"):
        editor.encode(make((1, 3, 32, 32), dtype=dtype))


def test_masks_of_another_shape_are_refused(editor, photos):
    with pytest.raises(EditError, match=r"shape \(N or 1, 1, 32, 32\), got \(1, 1, 64, 64\)"):
        editor.blend(photos[:1], photos[1:2], np.ones((1, 1, 64, 64), np.float32))


def test_masks_of_bytes_from_0_to_255_are_refused(editor, photos, mask):
    with pytest.raises(EditError, match="got 0 to 255"):
        editor.blend(photos[:1], photos[1:2], 255 * mask)


def test_masks_of_truth_values_are_welcome(editor, photos, mask):
    assert_same(
        editor.blend(photos[:1], photos[1:2], mask > 0),
        editor.blend(photos[:1], photos[1:2], mask),
    )


def test_batches_that_do_not_fit_are_refused(editor, photos, mask):
    with pytest.raises(EditError, match="Batches of 3, 2, 1 do not fit"):
        editor.blend_w_plus(photos[:3], photos[:2], mask)
    with pytest.raises(EditError, match="one picture at a time, got batches of 2, 1"):
        editor.interpolate(photos[:2], photos[:1], steps=3)


def test_senseless_numbers_are_refused(editor, photos, mask):
    with pytest.raises(EditError, match=r"strength must be from 0 to 1, got 1\.5"):
        editor.transplant(photos[:1], photos[1:2], mask, strength=1.5)
    with pytest.raises(EditError, match="steps of a walk must be from 2 to 10,000, got 1"):
        editor.interpolate(photos[:1], photos[1:2], steps=1)
    with pytest.raises(EditError, match="number of pictures must be from 1 to 10,000, got 0"):
        editor.generate(0)

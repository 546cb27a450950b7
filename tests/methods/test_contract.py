"""What holds for every method of editing photos."""

import re

import numpy as np
import pytest

from stylemapgan.editing.edit import Edit, Part, Push
from stylemapgan.errors import EditError
from stylemapgan.images.levels import to_numpy
from stylemapgan.methods.abstract import AbstractMethod, Latent

REFUSALS = {
    "edits_by_mask": lambda method, latent: method.edit(
        latent, Edit(parts=(Part(reference=latent, mask=np.ones((1, 1, 32, 32), np.float32)),))
    ),
    "interpolates": lambda method, latent: method.interpolate(
        latent, latent, np.zeros(len(latent), np.float32)
    ),
    "generates": lambda method, latent: method.sample(2, 0),
    "moves_along_directions": lambda method, latent: method.learn_direction(
        latent, np.arange(len(latent)) % 2 == 0
    ),
}


def encode(method: AbstractMethod, photos: np.ndarray) -> Latent:
    """Encode photos; bright pixels show another part than dark ones, if that matters."""
    if not method.capabilities.needs_label_map:
        return method.encode(photos)
    brightness = photos.mean(axis=1)
    return method.encode(photos, ((brightness > -0.2).astype(np.uint8) + (brightness > 0.2)))


def pasted(method: AbstractMethod, source, reference, mask, **placed) -> np.ndarray:
    if not method.can("edits_by_mask"):
        pytest.skip("it does not edit by mask")
    part = Part(reference=encode(method, reference), mask=mask, **placed)
    return shown(method, method.edit(encode(method, source), Edit(parts=(part,))))


def shown(method: AbstractMethod, latent: Latent) -> np.ndarray:
    return to_numpy(method.decode(latent))


def test_rows_of_a_batch_do_not_influence_each_other(computing, photos, mask):
    sources, references = photos[:2], photos[3:1:-1].copy()
    together = pasted(computing, sources, references, mask)
    for row in range(2):
        alone = pasted(computing, sources[row : row + 1], references[row : row + 1], mask)
        np.testing.assert_allclose(together[row : row + 1], alone, rtol=1e-5, atol=1e-5)


def test_photos_of_a_batch_do_not_influence_each_other(computing, photos):
    together = shown(computing, encode(computing, photos[:2]))
    for row in range(2):
        alone = shown(computing, encode(computing, photos[row : row + 1]))
        np.testing.assert_allclose(together[row : row + 1], alone, rtol=1e-4, atol=1e-5)


def test_an_empty_edit_is_the_reconstruction(method, photos):
    latent = encode(method, photos[:2])
    np.testing.assert_allclose(
        shown(method, method.edit(latent, Edit())), shown(method, latent), rtol=1e-5, atol=1e-5
    )


def test_truncation_goes_to_the_mean_step_by_step(method):
    if not method.can("generates"):
        pytest.skip("it does not generate pictures")
    latent = method.sample(2, 3)
    whole, half, mean = (shown(method, method.truncate(latent, psi)) for psi in (1.0, 0.5, 0.0))
    np.testing.assert_allclose(whole, shown(method, latent), rtol=1e-5, atol=1e-5)
    spreads = [np.abs(each[0] - each[1]).mean() for each in (whole, half, mean)]
    assert spreads[0] > spreads[1] > spreads[2]


def test_a_single_reference_and_mask_stand_for_all(computing, photos, mask):
    one = pasted(computing, photos[1:3], photos[:1], mask)
    repeated = photos[:1].repeat(2, axis=0), mask.repeat(2, axis=0)
    same = pasted(computing, photos[1:3], *repeated)
    np.testing.assert_allclose(one, same, rtol=1e-5, atol=1e-5)


def test_the_same_edit_gives_the_same_picture(computing, photos, mask):
    first, again = (pasted(computing, photos[:1], photos[1:2], mask) for _ in range(2))
    np.testing.assert_array_equal(first, again)


def test_random_pictures_follow_from_the_seed_and_not_from_their_number(method):
    if not method.can("generates"):
        pytest.skip("it does not generate pictures")
    few, many, other = (shown(method, method.sample(*drawn)) for drawn in ((2, 3), (4, 3), (2, 4)))
    np.testing.assert_allclose(few, many[:2], rtol=1e-5, atol=1e-5)
    assert np.abs(few - other).max() > 1e-4
    mean = shown(method, method.truncate(method.sample(2, 3), 0.0))
    np.testing.assert_allclose(mean[0], mean[1], rtol=1e-5, atol=1e-5)


def test_strength_0_is_the_reconstruction(method, photos, mask):
    reconstruction = shown(method, encode(method, photos[:2]))
    edited = pasted(method, photos[:2], photos[2:4], mask, strength=0.0)
    np.testing.assert_allclose(edited, reconstruction, rtol=1e-5, atol=1e-5)


def test_a_photo_pasted_into_itself_is_its_reconstruction(method, photos, mask):
    if method.capabilities.time == "optimisation":
        pytest.skip("an edit optimises towards photos, or is put back into them")
    reconstruction = shown(method, encode(method, photos[:1]))
    edited = pasted(method, photos[:1], photos[:1], mask)
    rounded = 0 if method.can("reconstructs") or method.encoding == "pixels" else 2 / 127.5
    np.testing.assert_allclose(edited, reconstruction, atol=1e-4 + rounded)  # 2 levels of a file


def test_an_empty_mask_changes_nothing(method, photos, mask):
    reconstruction = shown(method, encode(method, photos[:1]))
    edited = pasted(method, photos[:1], photos[1:2], np.zeros_like(mask))
    np.testing.assert_allclose(edited, reconstruction, rtol=1e-5, atol=1e-5)


def test_an_edit_changes_more_inside_its_mask_than_outside(method, photos, mask):
    reconstruction = shown(method, encode(method, photos[:1]))
    change = np.abs(pasted(method, photos[:1], photos[1:2], mask) - reconstruction)[0].mean(axis=0)
    if not method.changes_photos:
        assert change.max() == 0
        return
    assert change[10:14, 10:14].mean() > 0
    if method.encoding == "pixels":  # which have no receptive field
        assert change[mask[0, 0] == 0].max() == 0


def test_prepared_latents_give_the_same_edit(method, photos, mask):
    expected = pasted(method, photos[:2], photos[2:4], mask)
    source, reference = (encode(method, each) for each in (photos[:2], photos[2:4]))
    edit = Edit(parts=(Part(reference=method.prepare(reference), mask=mask),))
    prepared = method.decode(method.edit(method.prepare(source), edit))
    np.testing.assert_allclose(to_numpy(prepared), expected, rtol=1e-5, atol=1e-5)


def test_latents_are_kept_by_rows(method, photos):
    latent = encode(method, photos).on_cpu()
    assert len(latent) == 5
    halves = Latent.join([latent[:2], latent[np.array([2, 3, 4])]])
    for name, array in latent.arrays.items():
        np.testing.assert_array_equal(halves.arrays[name], array)


def test_interpolation_starts_and_ends_at_reconstructions(method, photos):
    if not method.can("interpolates"):
        pytest.skip("it does not interpolate")
    latent = encode(method, photos[:2])
    ends = np.array([0.0, 1.0], np.float32)
    between = method.interpolate(latent[:1], latent[1:], ends)
    np.testing.assert_allclose(shown(method, between), shown(method, latent), atol=1e-4)


def test_a_learned_direction_moves_photos(method, photos):
    if not method.can("moves_along_directions"):
        pytest.skip("it has no directions")
    many = np.concatenate([photos, -photos, photos[::-1] * 0.9, photos[::-1] * -0.9])
    bright = many.mean(axis=(1, 2, 3)) > np.median(many.mean(axis=(1, 2, 3)))
    latent = encode(method, many).on_cpu()
    direction = method.learn_direction(latent, bright)
    assert direction.accuracy is not None
    still, moved = (
        method.edit(latent[:2], Edit(pushes=(Push(direction=direction.step, amount=amount),)))
        for amount in (0.0, 3.0)
    )
    np.testing.assert_allclose(
        shown(method, still), shown(method, latent[:2]), rtol=1e-5, atol=1e-5
    )
    assert np.abs(shown(method, moved) - shown(method, still)).max() > 1e-4


def test_what_is_no_photo_or_no_latent_of_its_own_is_refused(method, photos):
    with pytest.raises(EditError, match="got a latent of other"):
        method.decode(Latent({"other": np.zeros((1, 1))}))
    with pytest.raises(EditError, match=r"was given|must have"):
        encode(method, photos[..., :30])


def test_parts_that_do_not_fit_are_refused(method, photos, mask):
    latent = encode(method, photos[:1])
    with pytest.raises(EditError, match="shape"):
        pasted(method, photos[:1], photos[1:2], mask[..., :30])
    with pytest.raises(EditError, match="takes encoded references, got ndarray"):
        method.edit(latent, Edit(parts=(Part(reference=photos[1:2], mask=mask),)))
    with pytest.raises(EditError, match="cannot turn or scale"):
        pasted(method, photos[:1], photos[1:2], mask, rotation=20.0)
    with pytest.raises(EditError, match="Batches of"):
        pasted(method, photos[:2], photos[:3], mask)


def test_what_a_method_lacks_it_refuses_by_name(method, photos):
    latent = encode(method, photos)
    for capability, ask in REFUSALS.items():
        if not method.can(capability):
            with pytest.raises(
                EditError, match=rf"The method {re.escape(method.name)} (does not|has no)"
            ):
                ask(method, latent)

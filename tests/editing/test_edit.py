"""An `Edit` does what the same operations do one by one, and reads back from JSON."""

import json

import numpy as np
import pytest
import torch

from stylemapgan.editing import BoxMask, Edit, Part, PartMask, PngMask, Push, operations
from stylemapgan.editing.edit_masks import middle_of, turned_mask
from stylemapgan.editing.edit_rendering import edited_w_plus
from stylemapgan.editing.editor import Editor
from stylemapgan.editing.photo import CroppedPhoto, Square
from stylemapgan.editing.photo.square import turned_square
from stylemapgan.errors import EditError
from stylemapgan.images import from_bytes

SIZE = 32


@pytest.fixture(scope="module")
def editor(networks) -> Editor:
    return Editor(networks)


@pytest.fixture(scope="module")
def stylemaps(editor) -> torch.Tensor:
    return editor.sample(3)


def box(top: int, left: int, height: int, width: int) -> torch.Tensor:
    mask = torch.zeros(1, 1, SIZE, SIZE)
    mask[..., top : top + height, left : left + width] = 1
    return mask


def photo(seed: int) -> np.ndarray:
    """An image whose values are levels of bytes, as those of files are."""
    pixels = np.random.default_rng(seed).integers(0, 256, (1, SIZE, SIZE, 3), dtype=np.uint8)
    return from_bytes(pixels)


def test_an_empty_edit_gives_the_reconstruction(editor, stylemaps):
    assert torch.equal(editor.edit(stylemaps[:1], Edit()), editor.decode(stylemaps[:1]))
    assert Edit().touched(SIZE).sum() == 0


def test_a_part_in_its_place_is_a_blend_at_its_strength(editor, stylemaps):
    mask = box(4, 8, 13, 9)
    part = Part(reference=stylemaps[1:2], mask=mask, strength=0.4)
    ours, theirs = editor.resize(stylemaps[:1]), editor.resize(stylemaps[1:2])
    expected = editor.synthesize(operations.blend_w_plus(ours, theirs, 0.4 * mask))

    torch.testing.assert_close(editor.edit(stylemaps[:1], Edit(parts=(part,))), expected)


def test_a_part_that_moves_is_a_transplant(editor, stylemaps):
    mask = box(0, 0, 16, 16)
    part = Part(reference=stylemaps[1:2], mask=mask, shift=(8, -3), strength=0.7)
    ours, theirs = editor.resize(stylemaps[:1]), editor.resize(stylemaps[1:2])
    expected = editor.synthesize(operations.transplant(ours, theirs, mask, (8, -3), 0.7))

    assert torch.equal(editor.edit(stylemaps[:1], Edit(parts=(part,))), expected)


@pytest.mark.parametrize("name", ["blend", "blend_w_plus"])
def test_blends_have_the_bits_of_the_operations_they_are_named_after(editor, name):
    source, reference, mask = photo(1), photo(2), 0.7 * box(5, 6, 13, 17)
    ours, theirs = editor.encode(source), editor.encode(reference)
    if name == "blend":
        expected = editor.decode(operations.blend(ours, theirs, mask))
    else:
        pair = editor.resize(ours), editor.resize(theirs)
        expected = editor.synthesize(operations.blend_w_plus(*pair, mask))

    assert torch.equal(getattr(editor, name)(source, reference, mask), expected)


def test_a_move_has_the_bits_of_a_push(editor, stylemaps):
    source, mask = photo(1), 0.7 * box(5, 6, 13, 17)
    step = 0.1 * stylemaps[1:2]
    expected = editor.decode(operations.push(editor.encode(source), step, -2.5, mask))
    assert torch.equal(editor.move(source, step.numpy(), -2.5, mask.numpy()), expected)


def test_pushes_come_first_then_parts_in_w_then_all_others(editor, stylemaps):
    source, first, second = (stylemaps[index : index + 1] for index in range(3))
    step, mask = torch.full_like(source, 0.2), box(0, 0, 32, 16)
    in_w_plus = Part(reference=first, mask=box(8, 8, 8, 8))
    in_w = Part(reference=second, mask=mask, space="w")
    push = Push(direction=step, amount=-1.5)
    w = operations.blend(source - 1.5 * step, second, mask)
    expected = operations.blend_w_plus(editor.resize(w), editor.resize(first), in_w_plus.mask)

    edited = edited_w_plus(Edit(parts=(in_w_plus, in_w), pushes=(push,)), source, editor.resize, 0)

    for ours, theirs in zip(edited, expected, strict=True):
        torch.testing.assert_close(ours, theirs)


def test_later_parts_cover_earlier_ones(editor, stylemaps):
    everywhere = box(0, 0, SIZE, SIZE)
    parts = tuple(Part(reference=stylemaps[index : index + 1], mask=everywhere) for index in (1, 2))
    edited = editor.edit(stylemaps[:1], Edit(parts=parts))
    torch.testing.assert_close(edited, editor.decode(stylemaps[2:3]))


def test_pictures_stylemaps_and_cropped_photos_give_the_same_edit(editor):
    source, reference = photo(1), photo(2)
    square = Square(x=SIZE / 2, y=SIZE / 2, side=float(SIZE))
    cropped = CroppedPhoto(photo=CroppedPhoto.of_image(reference).photo, square=square)
    mask = BoxMask(x=4, y=8, width=12, height=12)
    edited = [
        editor.edit(ours, Edit(parts=(Part(reference=theirs, mask=mask),)))
        for ours in (source, editor.encode(source), CroppedPhoto.of_image(source))
        for theirs in (reference, editor.encode(reference), cropped)
    ]
    for one in edited[1:]:
        assert torch.equal(one, edited[0])


def test_a_box_is_the_mask_it_describes(editor, stylemaps):
    as_box = Part(reference=stylemaps[1:2], mask=BoxMask(x=8, y=4, width=9, height=13))
    as_array = Part(reference=stylemaps[1:2], mask=box(4, 8, 13, 9))
    one, other = (editor.edit(stylemaps[:1], Edit(parts=(part,))) for part in (as_box, as_array))
    assert torch.equal(one, other)


def test_a_turned_part_comes_from_the_reference_cut_out_anew(editor):
    pixels = CroppedPhoto.of_image(np.tile(photo(3), (1, 1, 4, 4))).photo
    square = Square(x=60.0, y=64.0, side=70.0, rotation=10.0)
    reference, mask = CroppedPhoto(photo=pixels, square=square), box(6, 8, 10, 12).numpy()
    part = Part(reference=reference, mask=mask, rotation=30.0, scale=1.5, shift=(3, -5))

    edited = editor.edit(photo(1), Edit(parts=(part,)))

    pivot = middle_of(mask)
    assert pivot is not None
    again = pixels.crop(turned_square(square, SIZE, pivot, 30.0, 1.5), SIZE)
    expected = editor.transplant(photo(1), again, turned_mask(mask, pivot, 30.0, 1.5), (3, -5))
    assert torch.equal(edited, expected)


def test_a_full_turn_is_none(editor, stylemaps):
    part = Part(reference=stylemaps[1:2], mask=box(0, 0, 8, 8), rotation=360.0)
    assert not part.is_turned
    editor.edit(stylemaps[:1], Edit(parts=(part,)))


def test_touched_is_the_union_of_masks_where_they_land(stylemaps):
    source = stylemaps[:1]
    moved = Part(reference=source, mask=box(2, 3, 4, 5), shift=(10, 20))
    soft = Part(reference=source, mask=0.5 * box(2, 3, 4, 5), strength=0.1)
    unused = Part(reference=source, mask=box(0, 0, 32, 32), strength=0.0)
    push = Push(direction=source, amount=1.0, mask=BoxMask(x=0, y=30, width=2, height=2))
    idle = Push(direction=source, amount=0.0)

    union = Edit(parts=(moved, soft, unused), pushes=(push, idle)).touched(SIZE)

    expected = np.zeros((SIZE, SIZE))
    expected[12:16, 23:28] = 1
    expected[2:6, 3:8] = 0.5
    expected[30:, :2] = 1
    np.testing.assert_array_equal(union[0, 0], expected)


def test_a_turned_part_touches_where_its_mask_turns_to(stylemaps):
    bar = Part(reference="b", mask=BoxMask(x=8, y=14, width=16, height=4), rotation=90.0)
    touched = Edit(parts=(bar,)).touched(SIZE)[0, 0]
    np.testing.assert_allclose(touched, box(8, 14, 16, 4)[0, 0].numpy(), atol=1e-5)


def test_a_push_without_a_mask_touches_everything(stylemaps):
    push = Push(direction=stylemaps[:1], amount=0.1)
    assert Edit(pushes=(push,)).touched(SIZE).min() == 1


def test_numpy_gives_what_torch_gives(editor, stylemaps):
    parts = [
        Part(reference=stylemaps[1:2], mask=box(4, 4, 12, 12), shift=(4, 4)),
        Part(reference=stylemaps[2:3], mask=box(0, 0, 32, 8), space="w"),
    ]
    edit = Edit(parts=tuple(parts))
    plain = edit.resolve(reference=lambda w: w.numpy(), mask=lambda mask, _: mask.numpy())

    def resize(w):
        return [np.asarray(each) for each in editor.resize(w)]

    ours = edited_w_plus(plain, stylemaps[:1].numpy(), resize, 0)
    theirs = edited_w_plus(edit, stylemaps[:1], editor.resize, 0)
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(one, other.numpy(), atol=1e-6)


def test_each_reference_is_encoded_and_resized_once(networks, monkeypatch):
    editor, calls = Editor(networks), []
    for name in ("encode", "resize", "synthesize"):
        original = getattr(editor, name)

        def counted(given, name=name, original=original):
            calls.append(name)
            return original(given)

        monkeypatch.setattr(editor, name, counted)
    source, reference = photo(1), photo(2)
    parts = tuple(
        Part(reference=reference, mask=box(0, left, 8, 8), shift=(left, 0)) for left in (0, 8, 16)
    )

    editor.edit(source, Edit(parts=parts))

    assert sorted(calls) == ["encode", "encode", "resize", "resize", "synthesize"]


EVERYTHING = Edit(
    parts=(
        Part(
            reference="5f1d7a84",
            mask=BoxMask(x=16, y=8, width=24, height=20),
            shift=(3, -8),
            rotation=-12.5,
            scale=1.25,
            strength=0.75,
            space="w",
        ),
        Part(reference="0cc175b9", mask=PartMask(name="hair")),
        Part(reference="0cc175b9", mask=PngMask(content=b"\x89PNG")),
    ),
    pushes=(Push(direction="open-hand", amount=2.0), Push(direction="age", amount=-1.5)),
)


def test_json_gives_the_same_edit_back():
    assert Edit.from_json(json.loads(json.dumps(EVERYTHING.to_json()))) == EVERYTHING
    assert Edit.from_json({}) == Edit()


def test_json_is_what_requests_hold():
    first, second, third = EVERYTHING.to_json()["parts"]
    assert first == {
        "reference": "5f1d7a84",
        "mask": {"box": [16, 8, 24, 20]},
        "shift": [-8, 3],  # to the right, then down
        "rotation": -12.5,
        "scale": 1.25,
        "strength": 0.75,
        "space": "w",
    }
    assert second["mask"] == {"part": "hair"}
    assert third["mask"] == {"png": "iVBORw=="}
    assert EVERYTHING.to_json()["pushes"][0] == {
        "direction": "open-hand",
        "amount": 2.0,
        "mask": None,
    }


def test_an_array_becomes_a_png_that_holds_the_same_mask():
    levels = np.random.default_rng(0).integers(0, 256, (1, 1, SIZE, SIZE))
    mask = (levels / 255).astype(np.float32)
    again = Edit.from_json(Edit(parts=(Part(reference="a", mask=mask),)).to_json())
    np.testing.assert_array_equal(again.parts[0].mask.pixels(SIZE), mask)


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({"part": []}, "Unknown field 'part'; known are: parts, pushes"),
        ({"parts": {}}, "The field 'parts' cannot be '{}'"),
        ({"parts": [{"mask": {"part": "hair"}}]}, "The field 'reference' is missing"),
        ({"parts": ["hair"]}, "Expected a JSON object, got str"),
        ({"strength": True}, "'strength' cannot be 'True'"),
        ({"strength": 1.5}, "The strength must be from 0 to 1, got 1.5"),
        ({"strength": float("nan")}, "The strength must be from 0 to 1, got nan"),
        ({"rotation": 400}, "The rotation must be from -360 to 360 degrees, got 400"),
        ({"scale": 5.0}, "The scale must be from 0.25 to 4, got 5"),
        ({"space": "z"}, "must be w or w-plus, got 'z'"),
        ({"shift": [1]}, r"\[right, down\] in whole pixels, got \[1\]"),
        ({"shift": [1, 2.5]}, r"in whole pixels, got \[1, 2.5\]"),
        ({"mask": {"circle": [1]}}, "A mask is .*, got {'circle'"),
        ({"mask": {"box": [1, 2, 3]}}, "A mask is "),
        ({"mask": {"png": "no base64!"}}, "must be a PNG in base64"),
    ],
)
def test_json_that_makes_no_sense_is_explained_in_one_line(document, message):
    if not {"part", "parts"} & set(document):
        document = {"parts": [{"reference": "a", "mask": {"part": "hair"}, **document}]}
    with pytest.raises(EditError, match=message) as caught:
        Edit.from_json(document)
    assert "\n" not in str(caught.value)


def test_an_amount_beyond_a_hundred_is_refused():
    with pytest.raises(EditError, match="from -100 to 100, got 101"):
        Push(direction="age", amount=101.0)


def test_a_strength_beyond_one_is_refused(stylemaps):
    with pytest.raises(EditError, match=r"from 0 to 1, got 1\.5"):
        Part(reference=stylemaps, mask=box(0, 0, 1, 1), strength=1.5)


def test_a_shift_beyond_the_picture_is_refused(stylemaps):
    with pytest.raises(EditError, match="from -32 to 32 in a picture of 32x32 pixels, got 33"):
        Part(reference=stylemaps, mask=box(0, 0, 1, 1), shift=(0, 33))


def test_what_is_no_mask_is_refused():
    with pytest.raises(EditError, match="got list"):
        Part(reference="a", mask=[[0, 1]])


def test_arrays_have_no_place_in_json(stylemaps):
    part = Part(reference=stylemaps, mask=PartMask(name="hair"))
    with pytest.raises(EditError, match="JSON needs the name of the reference, got Tensor"):
        Edit(parts=(part,)).to_json()


def test_names_must_be_resolved_before_an_edit(editor, stylemaps):
    for edit, name in (
        (Edit(parts=(Part(reference="b.png", mask=box(0, 0, 8, 8)),)), "'b.png'"),
        (Edit(parts=(Part(reference=stylemaps[:1], mask=PartMask(name="hair")),)), "'hair'"),
        (Edit(pushes=(Push(direction="age", amount=1.0),)), "'age'"),
    ):
        with pytest.raises(EditError, match=rf"{name}.* Edit\.resolve"):
            editor.edit(stylemaps[:1], edit)


def test_turning_needs_a_picture(editor, stylemaps):
    part = Part(reference=stylemaps[1:2], mask=box(0, 0, 8, 8), scale=2.0)
    with pytest.raises(EditError, match="needs the picture of its reference"):
        editor.edit(stylemaps[:1], Edit(parts=(part,)))
